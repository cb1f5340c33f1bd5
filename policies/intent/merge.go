package intent

// Drop takes a key out of a layer that is being made.
func (i *Intent) Drop(id ID) {
	if take := table[id].take; take != nil {
		take(i, &Intent{})
	}
	i.Sources[id], i.Digests[id] = Source{}, 0
}

// Merge puts layers together, strongest first: each key comes from the first layer that has it. The lists of requests and
// limits are joined instead, so that a workload's cpu=1 and its Namespace's memory=256Mi both hold.
func Merge(layers ...*Intent) Intent {
	var out Intent
	if len(layers) > 0 && layers[0] != nil {
		out.Malformed = layers[0].Malformed
	}
	for id := range table {
		for _, layer := range layers {
			if layer == nil || !layer.Has(ID(id)) {
				continue
			}
			joined := ID(id) == KeyRequests || ID(id) == KeyLimits
			if out.Has(ID(id)) && !joined {
				break
			}
			if take := table[id].take; take != nil {
				take(&out, layer)
			}
			if !out.Has(ID(id)) {
				out.Sources[id] = layer.Sources[id]
			}
			out.Digests[id] = out.Digests[id]*digestPrime ^ layer.Digests[id]
		}
	}
	return out
}
