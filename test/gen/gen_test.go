package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/trigger"
)

// TestReferenceIsCurrent fails where a page is not what the code says now.
func TestReferenceIsCurrent(t *testing.T) {
	for _, p := range pages() {
		t.Run(p.name, func(t *testing.T) {
			want, err := p.text("../..")
			if err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(filepath.Join("..", "..", folder, p.name))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
				t.Errorf("%s is stale; go generate ./test/gen writes it anew (-code +page):\n%s", p.name, diff)
			}
		})
	}
}

// TestReferenceIsComplete looks for what must have a place: a page that leaves something out would be current, too.
func TestReferenceIsComplete(t *testing.T) {
	for _, k := range intent.Keys() {
		wantIn(t, "annotations.md", "### "+k.Name+"\n", cellText(escaped(k.Legal)))
		wantIn(t, "cli.md", "`--"+k.Name+" ")
	}
	for _, typ := range trigger.All() {
		wantIn(t, "triggers.md", "## "+typ.Name+"\n")
		for _, p := range typ.Params {
			wantIn(t, "triggers.md", "| `"+p.Name+"`")
		}
	}
	wantIn(t, "reasons.md", "`TooManyReplicas`", "`NotEnrolled`")
	wantIn(t, "metrics.md", "`plimsoll_admission_requests_total`", "`plimsoll_scaler_scale_writes_total`")
}

func wantIn(t *testing.T, name string, texts ...string) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", folder, name))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range texts {
		if !strings.Contains(string(page), text) {
			t.Errorf("%s does not say %q", name, text)
		}
	}
}
