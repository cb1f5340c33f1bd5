package patch

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/plimsoll-dev/plimsoll/policies/intent"
)

// spot lets pods onto interruptible nodes: tolerations in either mode, and affinity as a preference or as a demand.
func spot(b *builder) {
	if b.Intent.Spot == "" {
		return
	}
	s := b.by(intent.KeySpot)
	if len(b.Platform.SpotNodes) == 0 {
		b.note(s, "not applied: the platform names no interruptible nodes")
		return
	}
	for i := range b.Platform.SpotTolerations {
		b.tolerate(&b.Platform.SpotTolerations[i], s)
	}
	if b.Intent.Spot == intent.SpotRequire {
		b.requireNodes(s)
		return
	}
	for i := range b.Platform.SpotNodes {
		b.preferNodes(&b.Platform.SpotNodes[i], s)
	}
}

// tolerate adds a toleration that is missing.
func (b *builder) tolerate(t *corev1.Toleration, s setting) {
	v := jsonValue(t)
	p := b.listPlace("tolerations", b.pod.Tolerations != nil, "["+t.Key+"="+t.Value+":"+string(t.Effect)+"]")
	for i := range b.pod.Tolerations {
		if sameToleration(&b.pod.Tolerations[i], t) {
			p = p.found(b.root+"/spec/tolerations", i, v.text)
			break
		}
	}
	b.want(p, v, s)
}

// sameToleration compares what tolerations mean: no operator is Equal.
func sameToleration(a, b *corev1.Toleration) bool {
	operator := func(t *corev1.Toleration) corev1.TolerationOperator {
		if t.Operator == "" {
			return corev1.TolerationOpEqual
		}
		return t.Operator
	}
	seconds := func(t *corev1.Toleration) int64 {
		if t.TolerationSeconds == nil {
			return -1
		}
		return *t.TolerationSeconds
	}
	return a.Key == b.Key && a.Value == b.Value && a.Effect == b.Effect && operator(a) == operator(b) && seconds(a) == seconds(b)
}

func sameRequirement(a, b *corev1.NodeSelectorRequirement) bool {
	return a.Key == b.Key && a.Operator == b.Operator && slices.Equal(a.Values, b.Values)
}

// requirementWords names a requirement in a path: "[karpenter.sh/capacity-type=spot]".
func requirementWords(r *corev1.NodeSelectorRequirement) string {
	return "[" + r.Key + "=" + strings.Join(r.Values, ",") + "]"
}

const (
	preferredTerms = "preferredDuringSchedulingIgnoredDuringExecution"
	requiredTerms  = "requiredDuringSchedulingIgnoredDuringExecution"
	// spotWeight is the highest there is: who asks to prefer interruptible nodes means it.
	spotWeight = 100
)

// affinityPlace is a place under nodeAffinity that does not exist yet.
func (b *builder) affinityPlace(words string, below ...string) place {
	p := place{words: b.words + ".spec.affinity.nodeAffinity." + words, parent: b.root + "/spec"}
	switch {
	case b.pod.Affinity == nil:
		p.below = append([]string{"affinity", "nodeAffinity"}, below...)
	case b.pod.Affinity.NodeAffinity == nil:
		p.parent, p.below = p.parent+"/affinity", append([]string{"nodeAffinity"}, below...)
	default:
		p.parent, p.below = p.parent+"/affinity/nodeAffinity", below
	}
	return p
}

// nodeAffinity is the pod's; an empty one where it has none.
func (b *builder) nodeAffinity() *corev1.NodeAffinity {
	if b.pod.Affinity == nil || b.pod.Affinity.NodeAffinity == nil {
		return &corev1.NodeAffinity{}
	}
	return b.pod.Affinity.NodeAffinity
}

// preferNodes adds a preference that is missing.
func (b *builder) preferNodes(r *corev1.NodeSelectorRequirement, s setting) {
	v := jsonValue(corev1.PreferredSchedulingTerm{
		Weight:     spotWeight,
		Preference: corev1.NodeSelectorTerm{MatchExpressions: []corev1.NodeSelectorRequirement{*r}},
	})
	terms := b.nodeAffinity().PreferredDuringSchedulingIgnoredDuringExecution
	p := b.affinityPlace(preferredTerms+requirementWords(r), preferredTerms, "-")
	list := b.root + "/spec/affinity/nodeAffinity/" + preferredTerms
	if terms != nil {
		p.parent, p.below = list, []string{"-"}
	}
	for i := range terms {
		if e := terms[i].Preference.MatchExpressions; len(e) == 1 && len(terms[i].Preference.MatchFields) == 0 && sameRequirement(&e[0], r) {
			p = p.found(list, i, jsonValue(terms[i]).text)
			break
		}
	}
	b.want(p, v, s)
}

// requireNodes demands interruptible nodes. The terms of a node selector are alternatives, and each is a conjunction: where
// the workload has terms of its own, each of them is combined with each kind of interruptible node, so that both demands hold.
func (b *builder) requireNodes(s setting) {
	p := b.affinityPlace(requiredTerms+".nodeSelectorTerms", requiredTerms, "nodeSelectorTerms")
	terms, at := b.requiredNow()
	if at != "" {
		p.parent, p.below = at, []string{"nodeSelectorTerms"}
	}
	if terms != nil {
		p.at, p.now = at+"/nodeSelectorTerms", jsonValue(terms).text
	}
	base := terms
	if r, ok := b.past.old[p.words]; ok && b.ours(p) {
		base = nil
		if before, err := decode([]byte(r.From)); err == nil {
			base, _ = before.([]any)
		}
	}
	if len(base) == 0 {
		base = []any{map[string]any{}}
		p.defaulted = p.filled() && !b.ours(p)
	} else {
		p.defaulted = !b.ours(p)
	}
	b.want(p, jsonValue(combine(base, b.Platform.SpotNodes)), s)
}

// requiredNow gives the terms as they stand in the object, with every field that nobody here knows, and the pointer to what
// holds them; both empty where they are missing.
func (b *builder) requiredNow() (terms []any, at string) {
	if b.nodeAffinity().RequiredDuringSchedulingIgnoredDuringExecution == nil {
		return nil, ""
	}
	doc, err := decode(b.pod.RawAffinity)
	if err != nil {
		return nil, ""
	}
	_, list, ok := walk(doc, []string{"nodeAffinity", requiredTerms, "nodeSelectorTerms"}, "")
	if ok {
		terms, _ = list.([]any)
	}
	return terms, b.root + "/spec/affinity/nodeAffinity/" + requiredTerms
}

// combine makes of each term one for each kind of node; a term that demands one of them already stays as it is.
func combine(terms []any, nodes []corev1.NodeSelectorRequirement) []any {
	var out []any
	for _, t := range terms {
		term, ok := t.(map[string]any)
		if !ok {
			continue
		}
		expressions, _ := term["matchExpressions"].([]any)
		if demandsOneOf(expressions, nodes) {
			out = append(out, term)
			continue
		}
		for i := range nodes {
			out = append(out, withExpression(term, expressions, &nodes[i]))
		}
	}
	return out
}

func demandsOneOf(expressions []any, nodes []corev1.NodeSelectorRequirement) bool {
	return slices.ContainsFunc(nodes, func(n corev1.NodeSelectorRequirement) bool {
		text := jsonValue(n).text
		return slices.ContainsFunc(expressions, func(e any) bool { return textIs(e, text) })
	})
}

func withExpression(term map[string]any, expressions []any, n *corev1.NodeSelectorRequirement) map[string]any {
	out := make(map[string]any, len(term)+1)
	maps.Copy(out, term)
	out["matchExpressions"] = append(slices.Clip(expressions), n)
	return out
}
