package trigger

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
)

// Type is one row of the catalogue.
type Type struct {
	// Name as in Trigger.Type, and other names for the same type.
	Name    string
	Aliases []string
	Doc     string
	Params  []Param
	// Refused are keys that KEDA's type has and this one has not, with the reason: none is ignored silently.
	Refused map[string]string
	// OneOf are sets of parameters of which one set has to be complete, such as {address} or {host, port}.
	OneOf [][]string
	// Target is the parameter that holds the target per pod; empty where the value itself counts pods (cron) and where the
	// type is a Resource metric.
	Target string
	// Activation is the parameter that holds the threshold above which the trigger is active; empty: above 0.
	Activation string
	// Label is the parameter that tells one trigger of this type from another, for people; empty where there is none.
	Label string
	// Unit is what the value counts, as in "140 waiting"; empty where that depends.
	Unit string
	// Wakes says whether the trigger can see work while no pod runs, and so wake a workload from zero.
	Wakes bool
	// OwnTarget: target and activity are told by the source with each value (scaling.Sample), not by the parameters.
	OwnTarget bool
	// LongTail: there is no source of our own; plimsoll-scalers serves the type, where it is deployed.
	LongTail bool
	// FreeKeys: metadata may have keys beside Params, whose meaning is somebody else's.
	FreeKeys bool
	// Resource is set where the type is autoscaling/v2's Resource metric in KEDA's spelling.
	Resource corev1.ResourceName
	// target names the parameter where which one it is depends on others; nil where it is always Target.
	target func(v1alpha1.Trigger) string
	// check looks at what concerns several parameters at once; nil where nothing does.
	check checkFunc
}

// Form is the form of a parameter's value.
type Form uint8

// The forms. Every value is a string in the object.
const (
	Text      Form = iota
	Integer        // a whole number from Min
	Decimal        // a number from Min
	Boolean        // true or false
	Choice         // one of Legal
	Choices        // a list of Legal with Separator between
	HostPort       // host:port
	HostPorts      // host:port, several separated by commas
	Quantity       // a Kubernetes quantity above 0
	Cron           // a cron expression with five fields
	Timezone       // an IANA time zone
)

// Param is one parameter of a type.
type Param struct {
	Name string
	// Aliases are other names of the same parameter. Where several are given, the first in the order of the table counts.
	Aliases []string
	Form    Form
	// Default where the parameter is not given; empty where there is none.
	Default string
	// Min is the least legal value of numbers.
	Min int64
	// Legal values of a Choice or Choices. Of the Exclusive ones Choices may have one. Separator of Choices; empty stands for
	// a comma.
	Legal, Exclusive []string
	Separator        string
	// Required parameters have no default. Those of Type.OneOf are not marked.
	Required bool
	// Secret values are never shown.
	Secret bool
	// From says where else the value may come from.
	From Source
	// OnlyEnv: the metadata may name a variable for it, and not hold it.
	OnlyEnv bool
	Doc     string
}

// Source is a set of places, apart from the metadata, from which a parameter may come.
type Source uint8

// The places.
const (
	// Env: the target's environment; the key has "FromEnv" behind it and its value names the variable.
	Env Source = 1 << iota
	// Auth: the object that authenticationRef names.
	Auth
	// OnlyAuth: that object, and not the metadata.
	OnlyAuth
)

// EnvSuffix behind a key says that the value names a variable of the target's environment.
const EnvSuffix = "FromEnv"

// Param finds a parameter by its name or an alias.
func (t *Type) Param(name string) (Param, bool) {
	for _, p := range t.Params {
		if p.Name == name || slices.Contains(p.Aliases, name) {
			return p, true
		}
	}
	return Param{}, false
}

// Names lists the parameter's name and its aliases.
func (p *Param) Names() []string { return append([]string{p.Name}, p.Aliases...) }

// In gives what stands under the parameter's name, or an alias; empty where nothing does.
func (p *Param) In(values map[string]string) string {
	for _, name := range p.Names() {
		if value := values[name]; value != "" {
			return value
		}
	}
	return ""
}

// keys lists the keys that metadata may have, in the order of the table.
func (t *Type) keys() []string { return t.spelt((*Param).Names) }

// ownKeys lists the same without aliases.
func (t *Type) ownKeys() []string {
	return t.spelt(func(p *Param) []string { return []string{p.Name} })
}

func (t *Type) spelt(names func(*Param) []string) []string {
	var keys []string
	for i := range t.Params {
		p := &t.Params[i]
		if p.From&OnlyAuth != 0 {
			continue
		}
		for _, name := range names(p) {
			if !p.OnlyEnv {
				keys = append(keys, name)
			}
			if p.From&Env != 0 {
				keys = append(keys, name+EnvSuffix)
			}
		}
	}
	return keys
}
