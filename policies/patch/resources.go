package patch

import (
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/nearest"
)

// side is one of the two sides of a container's resources.
type side uint8

const (
	request side = iota
	limit
)

func (s side) String() string { return [...]string{request: "requests", limit: "limits"}[s] }

// need is one resource of one container: what it has, and what it is to get.
type need struct {
	container *container
	name      corev1.ResourceName
	sides     [2]amount
}

// amount is one side of a need.
type amount struct {
	// have is the user's; nil where there is none, or what there is is Plimsoll's own.
	have *resource.Quantity
	// want is what the settings ask for; nil where they ask for nothing.
	want *resource.Quantity
	by   setting
}

// holds is the value that the container will have; nil where it will have none.
func (a *amount) holds() *resource.Quantity {
	if a.have != nil {
		return a.have
	}
	return a.want
}

// resources fills requests and limits. First it is found what each container needs, then what LimitRanges make of it, for
// each container and for the pod as a whole; only then anything is written.
func resources(b *builder) {
	b.checkContainerNames()
	if len(b.Intent.Requests) == 0 && len(b.Intent.Limits) == 0 && b.Intent.EphemeralStorage == nil {
		return
	}
	cs := b.containers()
	var needs []need
	for i := range cs {
		for _, name := range b.resourcesFor(cs[i].Name) {
			if !b.podLevel(name) {
				needs = append(needs, b.need(&cs[i], name))
			}
		}
	}
	limits := readLimitRanges(b.LimitRanges)
	for i := range needs {
		b.settle(&needs[i], limits.container(needs[i].name))
	}
	b.dropHugePagesAlone(needs)
	b.fitPod(cs, needs, limits)
	for i := range needs {
		b.fill(&needs[i], request)
		b.fill(&needs[i], limit)
	}
}

// resourcesFor lists the resources that the settings speak of for a container, each once.
func (b *builder) resourcesFor(container string) []corev1.ResourceName {
	names := b.Intent.Requests.Resources(container)
	add := func(name corev1.ResourceName) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, name := range b.Intent.Limits.Resources(container) {
		add(name)
	}
	if b.Intent.EphemeralStorage != nil {
		add(corev1.ResourceEphemeralStorage)
	}
	return names
}

// podLevel tells whether the pod as a whole says something of a resource: then its containers are left alone.
func (b *builder) podLevel(name corev1.ResourceName) bool {
	if b.pod.Resources == nil {
		return false
	}
	_, requested := b.pod.Resources.Requests[name]
	_, limited := b.pod.Resources.Limits[name]
	return requested || limited
}

// need finds what a container has and what the settings ask for.
func (b *builder) need(c *container, name corev1.ResourceName) need {
	n := need{container: c, name: name}
	for _, s := range []side{request, limit} {
		a := &n.sides[s]
		if p := c.resourcePlace(s, name); p.filled() && !b.ours(p) {
			a.have = c.quantity(s, name)
		}
		a.want, a.by = b.asked(s, c.Name, name)
	}
	return n
}

// asked finds what the settings say of a side: requests, limits or ephemeral-storage, whichever stands in the stronger layer;
// in the same layer the list, which names the side.
func (b *builder) asked(s side, container string, name corev1.ResourceName) (*resource.Quantity, setting) {
	list, key := b.Intent.Requests, intent.KeyRequests
	if s == limit {
		list, key = b.Intent.Limits, intent.KeyLimits
	}
	found, ok := list.For(container, name)
	storage, both := b.Intent.EphemeralStorage, b.by(intent.KeyEphemeralStorage)
	if name == corev1.ResourceEphemeralStorage && storage != nil && (!ok || both.source.Layer < found.Source.Layer) {
		q := storage.Request
		if s == limit {
			q = storage.Limit
		}
		return &q, both
	}
	if !ok {
		return nil, setting{}
	}
	return &found.Quantity, setting{key: key, source: found.Source}
}

// settle makes both sides fit each other and the LimitRanges.
func (b *builder) settle(n *need, bounds bounds) {
	if !intent.Overcommits(n.name) {
		b.settleWhole(n)
	}
	r, l := &n.sides[request], &n.sides[limit]
	// Kubernetes takes the limit for the request where there is none. That is what the user gets today: a default for many
	// does not take it away; the workload's own annotation may.
	if l.have != nil && r.have == nil && r.want != nil && r.by.source.Layer != intent.Workload {
		r.want = nil
	}
	if r.have != nil {
		r.want = nil
	}
	if l.have != nil {
		l.want = nil
	}
	if r.want == nil && l.want == nil {
		return
	}
	r.clamp(bounds)
	l.clamp(bounds)
	n.order(bounds)
	n.ratio(bounds)
	if why := bounds.refuses(n); why != "" {
		b.skip(n, why)
	}
}

// skip leaves a need as it is, with a note for each setting that asked.
func (b *builder) skip(n *need, why string) {
	for i := range n.sides {
		a := &n.sides[i]
		if a.want != nil && a.have == nil {
			b.note(a.by, "not applied to "+string(n.name)+" of container "+n.container.Name+": "+why)
		}
		a.want = nil
	}
}

// settleWhole handles what cannot be overcommitted: request and limit are the same, and Kubernetes demands the limit.
func (b *builder) settleWhole(n *need) {
	r, l := &n.sides[request], &n.sides[limit]
	switch {
	case r.have != nil && l.have == nil && l.want == nil && r.want != nil:
		l.want, l.by = r.have, r.by
	case r.have != nil && l.have == nil && l.want != nil:
		l.want = r.have
	case l.have != nil:
		r.want = nil // the API server makes it the limit
	case r.want != nil && l.want != nil && r.want.Cmp(*l.want) != 0:
		b.settleDifference(n)
	case r.want != nil && l.want == nil:
		l.want, l.by = r.want, r.by
	}
}

// settleDifference lets the stronger layer win; in the same layer it is a mistake.
func (b *builder) settleDifference(n *need) {
	r, l := &n.sides[request], &n.sides[limit]
	switch {
	case r.by.source.Layer < l.by.source.Layer:
		l.want, l.by = r.want, r.by
	case r.by.source.Layer > l.by.source.Layer:
		r.want, r.by = l.want, l.by
	default:
		b.problem(l.by, l.by.key.String(), "the limit of "+string(n.name)+" is "+l.want.String()+" and the request is "+r.want.String()+
			"; legal is the same for both, because Kubernetes does not overcommit it")
		r.want, l.want = nil, nil
	}
}

// order brings the request under an existing limit, and the limit above the request.
func (n *need) order(bounds bounds) {
	r, l := &n.sides[request], &n.sides[limit]
	if r.want != nil && l.have != nil && r.want.Cmp(*l.have) > 0 {
		r.lower(*l.have, "lowered to the container's limit")
	}
	if held := r.holds(); l.want != nil && held != nil && l.want.Cmp(*held) < 0 {
		l.raise(*held, "raised to the request")
	}
	if d := bounds.lowestDefault(); r.want != nil && l.holds() == nil && d != nil && r.want.Cmp(*d) > 0 {
		l.want, l.by = r.want, r.by
		l.by.detail = "because the LimitRange's default limit of " + d.String() + " would be below the request"
	}
}

// fill writes one side of a need.
func (b *builder) fill(n *need, s side) {
	a, p := &n.sides[s], n.container.resourcePlace(s, n.name)
	switch {
	case a.want != nil:
		b.want(p, textValue(a.want.String()), a.by)
	case a.have != nil:
		b.keep(p)
	}
}

// quantity gives what a container has; nil where it has nothing.
func (c *container) quantity(s side, name corev1.ResourceName) *resource.Quantity {
	if c.Resources == nil {
		return nil
	}
	q, ok := c.listOf(s)[name]
	if !ok {
		return nil
	}
	return &q
}

// resourcePlace is the place of one side of a resource in a container.
func (c *container) resourcePlace(s side, name corev1.ResourceName) place {
	p := place{words: c.words + ".resources." + s.String() + member(string(name))}
	switch {
	case c.Resources == nil:
		p.parent, p.below = c.pointer, []string{"resources", s.String(), string(name)}
	case c.listOf(s) == nil:
		p.parent, p.below = c.pointer+"/resources", []string{s.String(), string(name)}
	default:
		p.parent, p.below = c.pointer+"/resources/"+s.String(), []string{string(name)}
	}
	if q := c.quantity(s, name); q != nil {
		p.at, p.now = p.parent+"/"+escape(string(name)), q.String()
	}
	return p
}

func (c *container) listOf(s side) corev1.ResourceList {
	if s == limit {
		return c.Resources.Limits
	}
	return c.Resources.Requests
}

// dropHugePagesAlone: Kubernetes refuses huge pages in a container that says nothing of CPU or memory.
func (b *builder) dropHugePagesAlone(needs []need) {
	gets := map[*container]bool{}
	for i := range needs {
		n := &needs[i]
		if n.name == corev1.ResourceCPU || n.name == corev1.ResourceMemory {
			gets[n.container] = gets[n.container] || n.sides[request].want != nil || n.sides[limit].want != nil
		}
	}
	for i := range needs {
		n := &needs[i]
		if !strings.HasPrefix(string(n.name), corev1.ResourceHugePagesPrefix) || n.sides[request].want == nil && n.sides[limit].want == nil {
			continue
		}
		if !gets[n.container] && !n.container.has(corev1.ResourceCPU) && !n.container.has(corev1.ResourceMemory) {
			b.skip(n, "huge pages need a request or limit of cpu or memory beside them")
		}
	}
}

func (c *container) has(name corev1.ResourceName) bool {
	return c.quantity(request, name) != nil || c.quantity(limit, name) != nil
}

// checkContainerNames finds settings for a container that does not exist. Only the workload's own: a Namespace's are for
// those of its workloads that have one.
func (b *builder) checkContainerNames() {
	b.checkAmounts(intent.KeyRequests, b.Intent.Requests)
	b.checkAmounts(intent.KeyLimits, b.Intent.Limits)
}

func (b *builder) checkAmounts(key intent.ID, list intent.Amounts) {
	last := ""
	for _, a := range list {
		if a.Container != "" && a.Container != last && a.Source.Layer == intent.Workload {
			b.checkContainerName(setting{key: key, source: a.Source}, key.String()+"."+a.Container, a.Container)
		}
		last = a.Container
	}
}

// checkContainerName tells whether there is a container of that name; if not, it is a problem of the key called name.
func (b *builder) checkContainerName(s setting, name, container string) bool {
	known := names(b.containers())
	if slices.Contains(known, container) {
		return true
	}
	text := "there is no container " + strconv.Quote(container)
	if n, ok := nearest.To(container, known); ok {
		text += "; did you mean " + n + "?"
	} else {
		text += "; there are " + strings.Join(known, ", ")
	}
	b.problem(s, name, text)
	return false
}
