package manifest

import (
	"encoding/json"
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"

	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/resolve"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

// Namespaces are what files say of namespaces: their labels, annotations and LimitRanges.
type Namespaces struct {
	known map[string]*resolve.Namespace
	// Default is the namespace of objects that name none.
	Default string
	// Enrolled takes every namespace for enrolled.
	Enrolled bool
}

// Find gives a namespace by the name that an object has in its metadata. One that no file speaks of has no label, no
// annotation and no LimitRange.
func (n *Namespaces) Find(name string) *resolve.Namespace {
	if name == "" {
		name = n.Default
	}
	if known, ok := n.known[name]; ok {
		return known
	}
	return n.learned(name, Metadata{}, nil)
}

// Learn reads the Namespaces and LimitRanges in files. Those that were learned before stay as they are.
func (n *Namespaces) Learn(files []*File) error {
	limits, err := limitRanges(files, n.Default)
	if err != nil {
		return err
	}
	if n.known == nil {
		n.known = map[string]*resolve.Namespace{}
	}
	for o := range Objects(files) {
		if _, known := n.known[o.Metadata.Name]; o.Kind == subject.Namespace && !known {
			n.known[o.Metadata.Name] = n.learned(o.Metadata.Name, o.Metadata, limits[o.Metadata.Name])
		}
	}
	for name, ranges := range limits {
		if _, known := n.known[name]; !known {
			n.known[name] = n.learned(name, Metadata{}, ranges)
		}
	}
	return nil
}

// systemNamespace is where Plimsoll runs, unless whoever installs it chose another place.
const systemNamespace = "plimsoll-system"

func (n *Namespaces) learned(name string, m Metadata, limits []corev1.LimitRange) *resolve.Namespace {
	known := resolve.NewNamespace(name, n.labels(m.Labels, name), m.Annotations, limits)
	known.Own = name == systemNamespace
	return known
}

// labels are those that a namespace has in a cluster: the API server adds its name.
func (n *Namespaces) labels(own map[string]string, name string) map[string]string {
	all := map[string]string{corev1.LabelMetadataName: name}
	maps.Copy(all, own)
	if n.Enrolled {
		all[intent.EnabledLabel] = "true"
	}
	return all
}

// limitRanges finds the LimitRanges by namespace. One without a namespace is in that of the file's only Namespace, or in
// the default one.
func limitRanges(files []*File, fallback string) (map[string][]corev1.LimitRange, error) {
	all := map[string][]corev1.LimitRange{}
	for o := range Objects(files) {
		if !IsLimitRange(o) {
			continue
		}
		var l corev1.LimitRange
		if err := json.Unmarshal(o.JSON, &l); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", o.Where(), o, err)
		}
		name := o.Metadata.Namespace
		if name == "" {
			name = fallback
		}
		all[name] = append(all[name], l)
	}
	return all, nil
}

// OnlyNamespace is the name of the one Namespace in files, empty where there is none or several.
func OnlyNamespace(files []*File) string {
	only := ""
	for o := range Objects(files) {
		if o.Kind != subject.Namespace {
			continue
		}
		if only != "" {
			return ""
		}
		only = o.Metadata.Name
	}
	return only
}

// IsLimitRange tells whether an object is a LimitRange.
func IsLimitRange(o *Object) bool { return o.APIVersion == "v1" && o.KindName == "LimitRange" }
