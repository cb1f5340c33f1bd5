package subject

import "strings"

// Kind is a kind of workload that Plimsoll completes, or a Namespace, which holds defaults for them.
type Kind uint8

// The kinds. Other is anything that Plimsoll does not touch.
const (
	Other Kind = iota
	Deployment
	StatefulSet
	Job
	CronJob
	Namespace
)

// row is what there is to know of a kind.
type row struct {
	name, apiVersion string
	// jobSpec and template are JSON pointers to the Job's specification and to the pod template.
	jobSpec, template string
}

// kinds is the table of kinds; the index is the Kind.
var kinds = [...]row{
	Other:       {name: "Other"},
	Deployment:  {"Deployment", "apps/v1", "", "/spec/template"},
	StatefulSet: {"StatefulSet", "apps/v1", "", "/spec/template"},
	Job:         {"Job", "batch/v1", "/spec", "/spec/template"},
	CronJob:     {"CronJob", "batch/v1", "/spec/jobTemplate/spec", "/spec/jobTemplate/spec/template"},
	Namespace:   {name: "Namespace", apiVersion: "v1"},
}

// KindOf finds the kind by apiVersion and kind, as in "apps/v1", "Deployment". Anything else is Other.
func KindOf(apiVersion, kind string) Kind {
	for k := Deployment; k <= Namespace; k++ {
		if kinds[k].name == kind && kinds[k].apiVersion == apiVersion {
			return k
		}
	}
	return Other
}

// String gives the kind's name, as in "Deployment".
func (k Kind) String() string { return kinds[k].name }

// APIVersion gives the group and version that Plimsoll knows, as in "apps/v1".
func (k Kind) APIVersion() string { return kinds[k].apiVersion }

// JobSpecPath is the JSON pointer to the JobSpec: empty for kinds without one.
func (k Kind) JobSpecPath() string { return kinds[k].jobSpec }

// TemplatePath is the JSON pointer to the pod template.
func (k Kind) TemplatePath() string { return kinds[k].template }

// Kinds is a set of kinds.
type Kinds uint8

// KindsOf makes a set.
func KindsOf(ks ...Kind) Kinds {
	var s Kinds
	for _, k := range ks {
		s |= 1 << k
	}
	return s
}

// Has tells whether the set holds k.
func (s Kinds) Has(k Kind) bool { return s&(1<<k) != 0 }

// String lists the kinds, as in "Job, CronJob".
func (s Kinds) String() string {
	var names []string
	for k := Deployment; k <= Namespace; k++ {
		if s.Has(k) {
			names = append(names, k.String())
		}
	}
	return strings.Join(names, ", ")
}
