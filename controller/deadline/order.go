package deadline

import "container/heap"

// order is a heap of entries by time.
type order[K comparable] []*entry[K]

var _ heap.Interface = (*order[int])(nil)

func (o order[K]) Len() int           { return len(o) }
func (o order[K]) Less(i, j int) bool { return o[i].at.Before(o[j].at) }

func (o order[K]) Swap(i, j int) {
	o[i], o[j] = o[j], o[i]
	o[i].index, o[j].index = i, j
}

// Push is for container/heap.
func (o *order[K]) Push(x any) {
	e, ok := x.(*entry[K])
	if !ok {
		return
	}
	e.index = len(*o)
	*o = append(*o, e)
}

// Pop is for container/heap.
func (o *order[K]) Pop() any {
	last := len(*o) - 1
	e := (*o)[last]
	(*o)[last] = nil
	*o = (*o)[:last]
	e.index = -1
	return e
}
