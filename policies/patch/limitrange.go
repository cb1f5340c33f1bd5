package patch

import (
	"math/big"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// limitRanges is what the LimitRanges of a namespace say, all taken together: a pod has to satisfy every one.
type limitRanges struct {
	containers map[corev1.ResourceName]bounds
	pods       map[corev1.ResourceName]bounds
}

// bounds is what LimitRanges say of one resource; nil where they say nothing.
type bounds struct {
	min, max, ratio *resource.Quantity
	// defaults are what a container may get that says nothing. Each LimitRange fills in what is missing when its turn comes,
	// and nobody knows which comes first: there is one element for each of them as the first.
	defaults []defaults
}

// defaults are a limit and a request for containers without.
type defaults struct{ limit, request *resource.Quantity }

func readLimitRanges(list []corev1.LimitRange) limitRanges {
	l := limitRanges{}
	for i := range list {
		for j := range list[i].Spec.Limits {
			switch item := &list[i].Spec.Limits[j]; item.Type {
			case corev1.LimitTypeContainer:
				l.containers = tighten(l.containers, item)
			case corev1.LimitTypePod:
				l.pods = tighten(l.pods, item)
			}
		}
	}
	for name, b := range l.containers {
		b.defaults = inAnyOrder(b.defaults)
		l.containers[name] = b
	}
	return l
}

func (l limitRanges) container(name corev1.ResourceName) bounds { return l.containers[name] }

// tighten adds one item's bounds to those known so far.
func tighten(m map[corev1.ResourceName]bounds, item *corev1.LimitRangeItem) map[corev1.ResourceName]bounds {
	if m == nil {
		m = map[corev1.ResourceName]bounds{}
	}
	each(item.Min, m, func(b *bounds, q *resource.Quantity) { b.min = higher(b.min, q) })
	each(item.Max, m, func(b *bounds, q *resource.Quantity) { b.max = lower(b.max, q) })
	each(item.MaxLimitRequestRatio, m, func(b *bounds, q *resource.Quantity) { b.ratio = lower(b.ratio, q) })
	if item.Type == corev1.LimitTypeContainer {
		for name, d := range defaultsOf(item) {
			b := m[name]
			b.defaults = append(b.defaults, d)
			m[name] = b
		}
	}
	return m
}

func each(list corev1.ResourceList, m map[corev1.ResourceName]bounds, set func(*bounds, *resource.Quantity)) {
	for name, q := range list {
		if unreasonable(q) {
			continue // nothing can be held against it in finite time
		}
		b := m[name]
		set(&b, &q)
		m[name] = b
	}
}

// defaultsOf gives an item's defaults as the API server completes them: the default limit is the maximum, the default
// request the default limit, else the minimum.
func defaultsOf(item *corev1.LimitRangeItem) map[corev1.ResourceName]defaults {
	m := map[corev1.ResourceName]defaults{}
	take := func(list corev1.ResourceList, set func(*defaults, *resource.Quantity)) {
		for name, q := range list {
			if !unreasonable(q) {
				d := m[name]
				set(&d, &q)
				m[name] = d
			}
		}
	}
	orLimit := func(d *defaults, q *resource.Quantity) { d.limit = first(d.limit, q) }
	orRequest := func(d *defaults, q *resource.Quantity) { d.request = first(d.request, q) }
	take(item.Default, orLimit)
	take(item.Max, orLimit)
	take(item.DefaultRequest, orRequest)
	for name, d := range m {
		d.request = first(d.request, d.limit)
		m[name] = d
	}
	take(item.Min, orRequest)
	return m
}

// inAnyOrder gives what comes of the defaults with each of them as the first.
func inAnyOrder(in []defaults) []defaults {
	out := make([]defaults, len(in))
	for i := range in {
		for j := range in {
			next := in[(i+j)%len(in)]
			out[i].limit, out[i].request = first(out[i].limit, next.limit), first(out[i].request, next.request)
		}
	}
	return out
}

func first(a, b *resource.Quantity) *resource.Quantity {
	if a != nil {
		return a
	}
	return b
}

// lowestDefault and highestDefault are the limits that a container without one may get; nil where it gets none.
func (b bounds) lowestDefault() *resource.Quantity  { return b.extremeDefault(lower) }
func (b bounds) highestDefault() *resource.Quantity { return b.extremeDefault(higher) }

func (b bounds) extremeDefault(of func(a, b *resource.Quantity) *resource.Quantity) (q *resource.Quantity) {
	for _, d := range b.defaults {
		if d.limit != nil {
			q = of(q, d.limit)
		}
	}
	return q
}

// eachDefault lists the defaults, or one that says nothing.
func (b bounds) eachDefault() []defaults {
	if len(b.defaults) == 0 {
		return []defaults{{}}
	}
	return b.defaults
}

// unreasonable tells whether a quantity is so large or small that comparing it would take forever.
func unreasonable(q resource.Quantity) bool {
	const digits = 1000
	d := q.AsDec()
	return d.Scale() > digits || d.Scale() < -digits || d.UnscaledBig().BitLen() > 4*digits
}

func higher(a, b *resource.Quantity) *resource.Quantity {
	if a == nil || b.Cmp(*a) > 0 {
		return b
	}
	return a
}

func lower(a, b *resource.Quantity) *resource.Quantity {
	if a == nil || b.Cmp(*a) < 0 {
		return b
	}
	return a
}

// clamp brings a wish between minimum and maximum.
func (a *amount) clamp(b bounds) {
	if a.want == nil {
		return
	}
	if b.min != nil && a.want.Cmp(*b.min) < 0 {
		a.raise(*b.min, "raised to the LimitRange's minimum")
	}
	if b.max != nil && a.want.Cmp(*b.max) > 0 {
		a.lower(*b.max, "lowered to the LimitRange's maximum")
	}
}

func (a *amount) raise(to resource.Quantity, why string) { a.move(to, why) }
func (a *amount) lower(to resource.Quantity, why string) { a.move(to, why) }

// move changes a wish and says that it is not what the setting said.
func (a *amount) move(to resource.Quantity, why string) {
	a.by.detail = why + ", from " + a.want.String()
	a.want = &to
}

// ratio keeps the limit within the LimitRange's multiple of the request: it raises the request if that is Plimsoll's to
// choose, else it lowers the limit.
func (n *need) ratio(b bounds) {
	r, l := &n.sides[request], &n.sides[limit]
	top, base := l.holds(), r.holds()
	if top == nil {
		top = b.highestDefault()
	}
	if b.ratio == nil || top == nil || base == nil || within(*top, *base, *b.ratio) {
		return
	}
	const why = "LimitRange's ratio of limit to request"
	if r.want != nil && r.have == nil {
		r.raise(divide(*top, *b.ratio), "raised for the "+why)
	} else if l.want != nil {
		l.lower(multiply(*base, *b.ratio), "lowered for the "+why)
	}
}

// refuses says why the LimitRanges would refuse what the need has come to; empty if they do not.
func (b bounds) refuses(n *need) string {
	for _, d := range b.eachDefault() {
		r, l := n.sides[request].holds(), n.sides[limit].holds()
		r = first(first(r, l), d.request)
		if why := b.judge(r, first(l, d.limit)); why != "" {
			return why
		}
	}
	return ""
}

// judge holds a request and a limit against each other and against the bounds.
func (b bounds) judge(r, l *resource.Quantity) string {
	if above(r, l) {
		return "the request " + r.String() + " would be above the limit " + l.String()
	}
	for s, q := range []*resource.Quantity{request: r, limit: l} {
		name := [...]string{request: "request", limit: "limit"}[s]
		switch {
		case above(b.min, q):
			return "the " + name + " " + q.String() + " would be below the LimitRange's minimum " + b.min.String()
		case above(q, b.max):
			return "the " + name + " " + q.String() + " would be above the LimitRange's maximum " + b.max.String()
		}
	}
	if b.ratio != nil && r != nil && l != nil && !within(*l, *r, *b.ratio) {
		return "the limit " + l.String() + " would be more than " + b.ratio.String() + " times the request " + r.String()
	}
	return ""
}

// above tells whether both are there and the first is the larger.
func above(a, b *resource.Quantity) bool { return a != nil && b != nil && a.Cmp(*b) > 0 }

// fitPod leaves a resource out of all containers where their sum is more than a LimitRange allows a pod.
func (b *builder) fitPod(cs []container, needs []need, limits limitRanges) {
	checked := map[corev1.ResourceName]bool{}
	for i := range needs {
		name := needs[i].name
		pod, bounded := limits.pods[name]
		if !bounded || checked[name] {
			continue
		}
		checked[name] = true
		for _, d := range limits.container(name).eachDefault() {
			t := total(cs, needs, name, d)
			if why := pod.judge(t.sides[request].have, t.sides[limit].have); why != "" {
				b.leaveOut(needs, name, why)
				break
			}
		}
	}
}

func (b *builder) leaveOut(needs []need, name corev1.ResourceName, why string) {
	for i := range needs {
		n := &needs[i]
		if n.name != name {
			continue
		}
		for s := range n.sides {
			a := &n.sides[s]
			if a.want != nil && a.have == nil {
				b.note(a.by, "not applied to "+string(name)+": for the pod as a whole "+why)
			}
			a.want = nil
		}
	}
}

// total adds up what the pod will ask for, as Kubernetes does: containers and sidecars run side by side, other init
// containers one after the other beside the sidecars started before them; the highest point counts.
func total(cs []container, needs []need, name corev1.ResourceName, d defaults) need {
	t, planned := need{}, map[string]*need{}
	for i := range needs {
		if needs[i].name == name {
			planned[needs[i].container.pointer] = &needs[i]
		}
	}
	for _, s := range []side{request, limit} {
		var running, sidecars, peak resource.Quantity
		known := false
		for i := range cs {
			q := effective(&cs[i], planned[cs[i].pointer], name, d)[s]
			if q == nil {
				continue
			}
			known = true
			switch {
			case !cs[i].initial:
				running.Add(*q)
			case cs[i].Sidecar():
				sidecars.Add(*q)
				peak = *higher(&peak, &sidecars)
			default:
				step := sidecars.DeepCopy()
				step.Add(*q)
				peak = *higher(&peak, &step)
			}
		}
		running.Add(sidecars)
		if known {
			t.sides[s].have = higher(&running, &peak)
		}
	}
	return t
}

// effective is what a container will have once the API server and LimitRanges have filled in their defaults.
func effective(c *container, planned *need, name corev1.ResourceName, d defaults) [2]*resource.Quantity {
	r, l := c.quantity(request, name), c.quantity(limit, name)
	if planned != nil {
		r, l = planned.sides[request].holds(), planned.sides[limit].holds()
	}
	return [2]*resource.Quantity{request: first(first(r, l), d.request), limit: first(l, d.limit)}
}

// nano gives a quantity in the smallest unit that there is.
func nano(q resource.Quantity) *big.Int {
	unscaled, scale := q.AsDec().UnscaledBig(), int64(q.AsDec().Scale())
	n := new(big.Int).Set(unscaled)
	ten := big.NewInt(10)
	if shift := 9 - scale; shift >= 0 {
		return n.Mul(n, new(big.Int).Exp(ten, big.NewInt(shift), nil))
	}
	return n.Quo(n, new(big.Int).Exp(ten, big.NewInt(scale-9), nil))
}

// within tells whether top is at most ratio times base. A ratio with zero is none, and Kubernetes refuses it.
func within(top, base, ratio resource.Quantity) bool {
	if top.IsZero() || base.IsZero() {
		return false
	}
	left := new(big.Int).Mul(nano(top), big.NewInt(1e9))
	return left.Cmp(new(big.Int).Mul(nano(base), nano(ratio))) <= 0
}

// divide gives q/ratio, rounded up to what the resource is counted in: thousandths for CPU, else whole units.
func divide(q, ratio resource.Quantity) resource.Quantity {
	unit := unitOf(q)
	n := new(big.Int).Mul(nano(q), big.NewInt(1e9))
	by := new(big.Int).Mul(nano(ratio), unit)
	n.Add(n, new(big.Int).Sub(by, big.NewInt(1)))
	return inUnits(n.Quo(n, by), unit, q.Format)
}

// multiply gives q*ratio, rounded down.
func multiply(q, ratio resource.Quantity) resource.Quantity {
	unit := unitOf(q)
	n := new(big.Int).Mul(nano(q), nano(ratio))
	return inUnits(n.Quo(n, new(big.Int).Mul(unit, big.NewInt(1e9))), unit, q.Format)
}

// unitOf is a thousandth, in nanos, for quantities that are written in thousandths or small; else one.
func unitOf(q resource.Quantity) *big.Int {
	if q.Format == resource.DecimalSI && q.CmpInt64(1e6) < 0 {
		return big.NewInt(1e6)
	}
	return big.NewInt(1e9)
}

func inUnits(n, unit *big.Int, format resource.Format) resource.Quantity {
	if unit.Cmp(big.NewInt(1e6)) == 0 {
		return *resource.NewMilliQuantity(n.Int64(), format)
	}
	return *resource.NewQuantity(n.Int64(), format)
}
