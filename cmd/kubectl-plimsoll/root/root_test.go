package root

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/help"
	"github.com/plimsoll-dev/plimsoll/policies/intent"
)

type result struct {
	code     int
	out, err string
}

func run(t *testing.T, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	code := Run(t.Context(), Streams{In: strings.NewReader(""), Out: &out, Err: &errs}, args)
	return result{code, out.String(), errs.String()}
}

func TestVerbs(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		code int
		says string
	}{
		"nothing":        {nil, 0, "kubectl plimsoll [command]"},
		"help":           {[]string{"help", "render"}, 0, "Usage:\n  kubectl plimsoll render -f FILE|- [--namespace-file FILE]\n"},
		"a misspelling":  {[]string{"rendr"}, 2, "Did you mean this?\n\trender"},
		"version":        {[]string{"version"}, 0, "kubectl plimsoll dev ("},
		"version, data":  {[]string{"version", "-o", "json"}, 0, `"version":"dev"`},
		"version, other": {[]string{"version", "-o", "wide"}, 2, `--output "wide": legal is json`},
		"keys":           {[]string{"keys"}, 0, "  ttl: 1h "},
		"key":            {[]string{"keys", "plimsoll.dev/ttl"}, 0, "  On       Job, CronJob, Namespace\n"},
		"a container's":  {[]string{"keys", "requests.app"}, 0, "plimsoll.dev/requests\n"},
		"an unknown one": {[]string{"keys", "tll"}, 2, "there is no key plimsoll.dev/tll; did you mean ttl?"},
		"on a kind":      {[]string{"keys", "ttl", "--on", "Deployment"}, 2, "there is no key plimsoll.dev/ttl on a Deployment"},
		"on no kind":     {[]string{"keys", "--on", "Pod"}, 2, "legal are Deployment, StatefulSet, Job, CronJob, Namespace"},
		"keys, other":    {[]string{"keys", "-o", "wide"}, 2, "legal are json, yaml"},
		"completion":     {[]string{"completion", "bash"}, 0, "complete"},
		"of a key":       {[]string{"__complete", "keys", "sche"}, 0, "schedule\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, tc.args...)
			if got.code != tc.code || !strings.Contains(got.out+got.err, tc.says) {
				t.Errorf("exit code %d, want %d, and %q in\n%s%s", got.code, tc.code, tc.says, got.out, got.err)
			}
			if (got.code != 0) != (got.err != "") && name != "of a key" {
				t.Errorf("standard error:\n%s", got.err)
			}
		})
	}
}

func TestKeysAsData(t *testing.T) {
	var keys []struct{ Key, Doc string }
	if err := json.Unmarshal([]byte(run(t, "keys", "-o", "json").out), &keys); err != nil {
		t.Fatal(err)
	}
	if len(keys) != len(intent.Keys()) || keys[0].Key != "plimsoll.dev/enabled" || keys[0].Doc == "" {
		t.Errorf("%d keys, the first %v", len(keys), keys[0])
	}
}

// TestHelpSaysEverything: every verb has an example, and every flag says what it does.
func TestHelpSaysEverything(t *testing.T) {
	for _, verb := range New().Commands() {
		if verb.Name() == "help" || verb.Name() == "completion" || verb.Name() == "version" {
			continue
		}
		if verb.Example == "" || verb.Long == "" {
			t.Errorf("%s has no example or no description", verb.Name())
		}
		text := helpOf(t, verb)
		verb.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Usage == "" {
				t.Errorf("%s --%s says nothing", verb.Name(), f.Name)
			}
			if name, _ := help.Describe(f); !f.Hidden && f.Name != "help" && !strings.Contains(text, name) {
				t.Errorf("the help of %s does not have %s", verb.Name(), name)
			}
		})
		for line := range strings.Lines(text) {
			if len([]rune(line)) > 130 {
				t.Errorf("the help of %s has a line of %d letters: %s", verb.Name(), len(line), line)
			}
		}
	}
}

func helpOf(t *testing.T, verb *cobra.Command) string {
	t.Helper()
	return run(t, "help", verb.Name()).out
}
