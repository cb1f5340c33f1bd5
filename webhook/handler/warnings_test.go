package handler_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/net"

	"github.com/plimsoll-dev/plimsoll/policies/admit"
	"github.com/plimsoll-dev/plimsoll/webhook/handler"
)

// TestWarnings: what is sent is what the API server takes, and passes on uncut.
func TestWarnings(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ü", 300)
	for name, tc := range map[string]struct{ said, want []string }{
		"none":               {},
		"short":              {said: []string{"a", "b"}, want: []string{"a", "b"}},
		"as long as can be":  {said: []string{long[:512]}, want: []string{long[:512]}},
		"longer":             {said: []string{long}, want: []string{long[:510] + "…"}},
		"of several lines":   {said: []string{"a\nb\r\n\tc\x00"}, want: []string{"a b c"}},
		"not UTF-8":          {said: []string{"a\xffb"}, want: []string{"a\uFFFDb"}},
		"many, and they fit": {said: repeat("ab", 2032), want: repeat("ab", 2032)},
		"too many":           {said: repeat("ab", 2034), want: append(repeat("ab", 2032), "and 2 more warnings")},
		"many long ones":     {said: repeat(long, 20), want: append(repeat(long[:510]+"…", 15), "and 5 more warnings")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := serve(t, handler.Options{Review: fixed(admit.Outcome{Warnings: tc.said})})
			got := w.review(t, create(annotated)).Warnings
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
			fits(t, got)
		})
	}
}

// fits asks what the API server asks: a header's value, 256 characters each once there are 4096 together.
func fits(t *testing.T, warnings []string) {
	t.Helper()
	total := 0
	for _, w := range warnings {
		if _, err := net.NewWarningHeader(299, "-", w); err != nil {
			t.Errorf("%q is refused: %v", w, err)
		}
		if n := utf8.RuneCountInString(w); n > 256 {
			t.Errorf("%q has %d characters", w, n)
		}
		total += utf8.RuneCountInString(w)
	}
	if total > 4096 {
		t.Errorf("%d characters together", total)
	}
}

func repeat(s string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = s
	}
	return out
}
