package options_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"

	"github.com/plimsoll-dev/plimsoll/cmd/internal/options"
	"github.com/plimsoll-dev/plimsoll/policies/patch"
)

func platform(t *testing.T, args ...string) (*patch.Platform, error) {
	t.Helper()
	var o options.Platform
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	o.AddFlags(flags)
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	return o.Complete()
}

func TestPlatform(t *testing.T) {
	t.Parallel()
	known := patch.DefaultPlatform()
	node := func(key, value string) corev1.NodeSelectorRequirement {
		return corev1.NodeSelectorRequirement{Key: key, Operator: corev1.NodeSelectorOpIn, Values: []string{value}}
	}
	for name, tc := range map[string]struct {
		args []string
		want patch.Platform
	}{
		"nothing said":         {want: *known},
		"labels only":          {args: []string{"--spot-node-label=a.b/c=d", "--spot-node-label=e="}, want: patch.Platform{SpotNodes: []corev1.NodeSelectorRequirement{node("a.b/c", "d"), node("e", "")}, SpotTolerations: known.SpotTolerations}},
		"a taint":              {args: []string{"--spot-toleration=spot:NoSchedule"}, want: patch.Platform{SpotNodes: known.SpotNodes, SpotTolerations: []corev1.Toleration{{Key: "spot", Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoSchedule}}}},
		"a taint with a value": {args: []string{"--spot-toleration=a/b=yes:NoExecute"}, want: patch.Platform{SpotNodes: known.SpotNodes, SpotTolerations: []corev1.Toleration{{Key: "a/b", Operator: corev1.TolerationOpEqual, Value: "yes", Effect: corev1.TaintEffectNoExecute}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := platform(t, tc.args...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlatformMistakes(t *testing.T) {
	t.Parallel()
	for _, arg := range []string{
		"--spot-node-label=", "--spot-node-label=key", "--spot-node-label==value", "--spot-node-label=a=b c",
		"--spot-toleration=", "--spot-toleration=spot", "--spot-toleration=:NoSchedule", "--spot-toleration=a b:NoSchedule",
		"--spot-toleration=spot:Sometimes", "--spot-toleration=a=b=c:NoSchedule",
	} {
		flag, value, _ := strings.Cut(arg, "=")
		_, err := platform(t, arg)
		if err == nil || !strings.Contains(err.Error(), flag+` is "`+value+`"; legal is `) {
			t.Errorf("%s: error %v", arg, err)
		}
	}
}
