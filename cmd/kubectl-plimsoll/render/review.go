package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/manifest"
	"github.com/plimsoll-dev/plimsoll/policies/admit"
	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/patch"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/policies/resolve"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

// review is what became of one object.
type review struct {
	object  *manifest.Object
	outcome admit.Outcome
	// workload tells that it is of a kind that admission sees.
	workload bool
}

// cluster is what is known of the cluster that the objects are meant for.
type cluster struct {
	namespaces *manifest.Namespaces
	platform   *patch.Platform
	scalers    bool
}

// review reviews the objects of files in their order.
func (c cluster) review(files []*manifest.File) []review {
	var all []review
	for o := range manifest.Objects(files) {
		all = append(all, c.reviewOne(o))
	}
	return all
}

func (c cluster) reviewOne(o *manifest.Object) review {
	switch o.Kind {
	case subject.Other:
		return review{object: o, outcome: admit.Outcome{
			Reason: reason.NotEnrolled, Skipped: resolve.OtherKind.String(), Warnings: strangers(o),
		}}
	case subject.Namespace:
		return review{object: o, outcome: admit.Outcome{Warnings: problems(c.namespaces.Find(o.Metadata.Name))}}
	}
	outcome := admit.Review(admit.Input{
		Operation: admit.Create,
		Object:    o.JSON,
		Namespace: c.namespaces.Find(o.Metadata.Namespace),
		Platform:  c.platform,
		Scalers:   c.scalers,
	})
	return review{object: o, outcome: outcome, workload: true}
}

// problems are the mistakes in a Namespace's annotations, in the words that admission has for them.
func problems(n *resolve.Namespace) []string {
	var all []string
	for _, err := range n.Problems {
		text := fmt.Sprintf("namespace %s: %s", n.Name, intent.Describe(err))
		if !intent.IsWarning(err) {
			text += "; ignored"
		}
		all = append(all, text)
	}
	return all
}

// strangers says what a person may not expect of an object that admission never sees: an old version of a kind that it
// would see, or annotations that have no effect.
func strangers(o *manifest.Object) []string {
	if o.APIVersion == "" || o.KindName == "" {
		return []string{"no Kubernetes object, for want of apiVersion or kind; left as it is"}
	}
	if known := knownVersion(o); known != "" {
		return []string{fmt.Sprintf("%s of %s is not reviewed; Plimsoll knows %s of %s", o.KindName, o.APIVersion, o.KindName, known)}
	}
	for key := range o.Metadata.Annotations {
		if strings.HasPrefix(key, intent.Prefix) {
			return []string{fmt.Sprintf("annotations under %s have no meaning on a %s of %s", intent.Prefix, o.KindName, o.APIVersion)}
		}
	}
	return nil
}

// knownVersion is the version of the object's kind that Plimsoll knows, where the object has another of Kubernetes' own.
func knownVersion(o *manifest.Object) string {
	group, _, _ := strings.Cut(o.APIVersion, "/")
	if !slices.Contains([]string{"extensions", "apps", "batch"}, group) {
		return ""
	}
	for k := subject.Deployment; k <= subject.CronJob; k++ {
		if k.String() == o.KindName {
			return k.APIVersion()
		}
	}
	return ""
}
