package intent

import (
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
)

// Intent is the settings of one layer (a workload's annotations, a Namespace's), or, after Merge, of all of them. The zero
// value asks for nothing. It is read-only once made: layers are shared between requests.
type Intent struct {
	Enabled *bool

	// Requests and Limits in order of precedence: the first that fits a container and a resource wins.
	Requests, Limits Amounts
	EphemeralStorage *StorageRange
	Scratch          []Scratch
	ScratchSizeLimit *resource.Quantity
	ObjectStorage    *ObjectStorage
	Spot             SpotMode

	// Seconds.
	TTL, TTLOnFailure *int32
	BackoffLimit      *int32
	// Seconds.
	Deadline *int64
	History  *History

	// CPU and Memory are the targets of the shorthand keys; the other scaling settings stand in Scaling, whose
	// ScaleTargetRef is left empty. MaxReplicas is 0 where it is not set.
	CPU, Memory   *autoscalingv2.MetricTarget
	Scaling       v1alpha1.ScalerSpec
	ReplicasOwner ReplicasOwner

	// Sources says for each key which layer it came from.
	Sources [NumKeys]Source
	// Digests of the texts that each key was read from: they differ where what was written differs. 0 where it is not set.
	Digests [NumKeys]uint64
	// Malformed are the keys that stand in the workload's annotations but cannot be read. They count as not set; what an
	// earlier, legal value led to is left as it is.
	Malformed KeySet
}

// KeySet is a set of keys.
type KeySet uint64

// Has tells whether the set holds a key.
func (s KeySet) Has(id ID) bool { return s&(1<<id) != 0 }

func (s *KeySet) add(id ID) { *s |= 1 << id }

// Layer is where a setting was written. A lower layer never overrides a higher one.
type Layer uint8

// The layers, strongest first after Unset.
const (
	Unset Layer = iota
	// Workload: the annotation of the workload itself.
	Workload
	// OnNamespace: the annotation of the same key on the Namespace.
	OnNamespace
	// Guardrail: the defaults of a guardrail.
	Guardrail
	// Builtin: Plimsoll's own default.
	Builtin
)

// Source is a layer and, where there can be several of its kind, the name of the object that it stands in.
type Source struct {
	Layer Layer
	Name  string
}

// String says where, as in "annotation", "namespace annotation", "guardrail baseline", "built-in default".
func (s Source) String() string {
	switch s.Layer {
	case Workload:
		return "annotation"
	case OnNamespace:
		return "namespace annotation"
	case Guardrail:
		return "guardrail " + s.Name
	case Builtin:
		return "built-in default"
	default:
		return "unset"
	}
}

// StorageRange is a request and a limit of ephemeral storage. They are equal where one value was given.
type StorageRange struct {
	Request, Limit resource.Quantity
}

// Scratch is an emptyDir to attach.
type Scratch struct {
	// Container to mount it in; empty for all.
	Container string
	// Path is absolute and clean.
	Path string
	Size resource.Quantity
}

// ObjectStorage names the Secret with the credentials of an object store, and its endpoint.
type ObjectStorage struct {
	Secret string
	// Endpoint URL; empty: the Secret's key "endpoint", if it has one.
	Endpoint string
}

// SpotMode says how much a workload wants interruptible nodes.
type SpotMode string

// The spot modes.
const (
	SpotPrefer  SpotMode = "prefer"
	SpotRequire SpotMode = "require"
)

// History is how many finished Jobs a CronJob keeps.
type History struct {
	Successful, Failed *int32
}

// ReplicasOwner says who wins when an apply resets spec.replicas.
type ReplicasOwner string

// The owners.
const (
	OwnerAutoscaler ReplicasOwner = "autoscaler"
	OwnerManifest   ReplicasOwner = "manifest"
)

// Has tells whether a key is set in any layer.
func (i *Intent) Has(id ID) bool { return i.Sources[id].Layer != Unset }

// Asks tells whether the settings that complete objects differ from those of an earlier version of the same annotations.
// Scaling keys do not count: who pauses a workload, or raises its maximum, does not expect its pods to be replaced because
// of what a Namespace has come to say in the meantime.
func (i *Intent) Asks(earlier *Intent) bool {
	keys := Keys()
	for id := range keys {
		if (keys[id].Group == GroupComplete || keys[id].Group == GroupGeneral) && i.Digests[id] != earlier.Digests[id] {
			return true
		}
	}
	return false
}

// InGroup tells whether the set holds a key of a group.
func (s KeySet) InGroup(g Group) bool {
	keys := Keys()
	for id := range keys {
		if s.Has(ID(id)) && keys[id].Group == g {
			return true
		}
	}
	return false
}
