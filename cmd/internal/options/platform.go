// Package options turns command lines into typed configurations: flags are added, completed and validated in one place for
// every program.
package options

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/plimsoll-dev/plimsoll/policies/patch"
)

// Platform is what the platform team says of its cluster: the same flags for the manager and for kubectl plimsoll render.
type Platform struct {
	SpotNodeLabels  []string
	SpotTolerations []string
}

// AddFlags adds the flags.
func (o *Platform) AddFlags(flags *pflag.FlagSet) {
	flags.StringArrayVar(&o.SpotNodeLabels, "spot-node-label", nil,
		"label of interruptible nodes, key=value; repeat it for several, any of which is enough (default: those of the large clouds)")
	flags.StringArrayVar(&o.SpotTolerations, "spot-toleration", nil,
		"taint of interruptible nodes, key[=value]:Effect; repeat it for several (default: those of the large clouds)")
}

// Complete gives the platform. An error names the flag, its value and what is legal.
func (o *Platform) Complete() (*patch.Platform, error) {
	platform := patch.DefaultPlatform()
	if len(o.SpotNodeLabels) > 0 {
		platform.SpotNodes = nil
	}
	if len(o.SpotTolerations) > 0 {
		platform.SpotTolerations = nil
	}
	for _, text := range o.SpotNodeLabels {
		key, value, ok := strings.Cut(text, "=")
		if !ok || len(validation.IsQualifiedName(key)) > 0 || len(validation.IsValidLabelValue(value)) > 0 {
			return nil, fmt.Errorf("--spot-node-label is %q; legal is a label key=value, such as karpenter.sh/capacity-type=spot", text)
		}
		platform.SpotNodes = append(platform.SpotNodes, corev1.NodeSelectorRequirement{
			Key: key, Operator: corev1.NodeSelectorOpIn, Values: []string{value},
		})
	}
	for _, text := range o.SpotTolerations {
		toleration, err := parseToleration(text)
		if err != nil {
			return nil, err
		}
		platform.SpotTolerations = append(platform.SpotTolerations, toleration)
	}
	return platform, nil
}

// parseToleration reads key[=value]:Effect, as taints are written for kubectl taint.
func parseToleration(text string) (corev1.Toleration, error) {
	taint, effect, _ := strings.Cut(text, ":")
	key, value, valued := strings.Cut(taint, "=")
	t := corev1.Toleration{Key: key, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffect(effect)}
	if valued {
		t.Operator, t.Value = corev1.TolerationOpEqual, value
	}
	switch t.Effect {
	case corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute:
		if len(validation.IsQualifiedName(key)) == 0 && len(validation.IsValidLabelValue(value)) == 0 {
			return t, nil
		}
	}
	return t, fmt.Errorf("--spot-toleration is %q; legal is key[=value]:Effect with NoSchedule, PreferNoSchedule or NoExecute, "+
		"such as cloud.google.com/gke-spot=true:NoSchedule", text)
}
