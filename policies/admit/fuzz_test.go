package admit_test

import (
	kjson "sigs.k8s.io/json"

	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

// repeats tells whether a key stands twice in an object: then decoders differ in which one counts, and the API server has
// settled it before anybody is asked.
func repeats(raw []byte) bool {
	var v any
	errs, err := kjson.UnmarshalStrict(raw, &v)
	return len(raw) > 0 && (err != nil || len(errs) > 0)
}

// strangeNames tells whether two containers have the same name, or one has none: the API server refuses that.
func strangeNames(raw []byte) bool {
	s, err := subject.Decode(raw)
	if err != nil {
		return true
	}
	seen := map[string]bool{"": true}
	pod := s.Pod()
	for _, c := range append(append([]subject.Container{}, pod.InitContainers...), pod.Containers...) {
		if seen[c.Name] {
			return true
		}
		seen[c.Name] = true
	}
	volumes := map[string]bool{"": true}
	for _, v := range pod.Volumes {
		if volumes[v.Name] {
			return true
		}
		volumes[v.Name] = true
	}
	return false
}
