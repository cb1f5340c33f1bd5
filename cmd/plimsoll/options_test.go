package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
)

// parse reads a command line.
func parse(t *testing.T, args ...string) (*config, error) {
	t.Helper()
	var f flags
	set := pflag.NewFlagSet("plimsoll", pflag.ContinueOnError)
	f.addTo(set)
	if err := set.Parse(args); err != nil {
		t.Fatal(err)
	}
	return f.complete()
}

func TestDefaults(t *testing.T) {
	t.Setenv("POD_NAMESPACE", "")
	c, err := parse(t)
	if err != nil {
		t.Fatal(err)
	}
	if !c.has(roleWebhook) || !c.has(roleController) || !c.LeaderElect || c.ShutdownDelay != 5*time.Second {
		t.Errorf("%+v", c.flags)
	}
	got := []string{
		c.Namespace, c.MetricsBindAddress, c.HealthBindAddress, c.WebhookBindAddress, c.CertMode,
		c.WebhookService, c.WebhookSecret, c.WebhookConfiguration,
	}
	want := []string{"plimsoll-system", ":8080", ":8081", ":9443", "self-signed", "plimsoll-webhook", "plimsoll-webhook-cert", "plimsoll"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if c.platform == nil || len(c.platform.SpotNodes) == 0 {
		t.Error("no interruptible nodes are known by default")
	}
}

func TestNamespaceOfThePod(t *testing.T) {
	t.Setenv("POD_NAMESPACE", "elsewhere")
	if c, err := parse(t); err != nil || c.Namespace != "elsewhere" {
		t.Errorf("namespace %q (%v), want the pod's", c.Namespace, err)
	}
	if c, err := parse(t, "--namespace=here"); err != nil || c.Namespace != "here" {
		t.Errorf("namespace %q (%v), want the flag's", c.Namespace, err)
	}
}

func TestLegal(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"--roles=webhook"},
		{"--roles=controller", "--leader-elect=false"},
		{"--metrics-bind-address=0"},
		{"--metrics-bind-address=127.0.0.1:0", "--webhook-bind-address=[::1]:9443"},
		{"--cert-mode=provided", "--cert-dir=/certs"},
		{"--shutdown-delay=0s"},
		{"--scalers-address=unix:///run/plimsoll/scalers.sock"},
		{"--log-level=trace", "--log-format=text"},
		{"--spot-node-label=a/b=c", "--spot-toleration=x:NoExecute"},
	} {
		if _, err := parse(t, args...); err != nil {
			t.Errorf("%q: %v", args, err)
		}
	}
}

// TestMistakes: an error names the flag, its value and what is legal.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for arg, want := range map[string]string{
		"--roles=":                             `--roles is empty; legal is webhook, controller, or both with a comma between`,
		"--roles=webhook,scheduler":            `--roles is "scheduler"; legal is webhook or controller`,
		"--cert-mode=none":                     `--cert-mode is "none"; legal is self-signed or provided`,
		"--namespace=Not_A_Name":               `--namespace is "Not_A_Name"; legal is an object's name, such as plimsoll-system`,
		"--webhook-service=a b":                `--webhook-service is "a b"; legal is an object's name, such as plimsoll-system`,
		"--metrics-bind-address=8080":          `--metrics-bind-address is "8080"; legal is host:port or :port, such as :8080`,
		"--health-probe-bind-address=:":        `--health-probe-bind-address is ":"; legal is host:port or :port, such as :8080`,
		"--webhook-bind-address=:seven":        `--webhook-bind-address is ":seven"; legal is host:port or :port, such as :8080`,
		"--scalers-address=scalers:9000":       `--scalers-address is "scalers:9000"; legal is a Unix socket such as unix:///run/plimsoll/scalers.sock`,
		"--shutdown-delay=-1s":                 `--shutdown-delay is -1s; legal is 0s to 1m`,
		"--shutdown-delay=1h":                  `--shutdown-delay is 1h0m0s; legal is 0s to 1m`,
		"--log-level=loud":                     `--log-level is "loud"; legal is info, debug or trace`,
		"--log-format=xml":                     `--log-format is "xml"; legal is json or text`,
		"--spot-node-label=spot":               `--spot-node-label is "spot"; legal is a label key=value, such as karpenter.sh/capacity-type=spot`,
		"--spot-toleration=spot=true:Whenever": `--spot-toleration is "spot=true:Whenever"; legal is key[=value]:Effect with`,
	} {
		_, err := parse(t, arg)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: error %v, want %s", arg, err, want)
		}
	}
}

// TestMistakesComeTogether: who made several learns of all of them at once.
func TestMistakesComeTogether(t *testing.T) {
	t.Parallel()
	_, err := parse(t, "--roles=x", "--cert-mode=y", "--log-level=z")
	if err == nil || strings.Count(err.Error(), "; legal is ") != 3 {
		t.Errorf("error %v, want three", err)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	cmd := command()
	out := &bytes.Buffer{}
	cmd.SetOut(out)
	cmd.SetArgs([]string{"--version"})
	if err := cmd.Execute(); err != nil || !strings.HasPrefix(out.String(), "plimsoll dev (") {
		t.Errorf("%q, %v", out, err)
	}
}

func TestUnknownFlag(t *testing.T) {
	t.Parallel()
	cmd := command()
	cmd.SetArgs([]string{"--nope"})
	if err := cmd.Execute(); err == nil || err.Error() != "unknown flag: --nope\nsee plimsoll --help" {
		t.Errorf("error %v, want one that says what is wrong and where to look", err)
	}
}

func TestNoArguments(t *testing.T) {
	t.Parallel()
	cmd := command()
	cmd.SetArgs([]string{"serve"})
	if err := cmd.Execute(); err == nil {
		t.Error("an argument that means nothing is taken")
	}
}
