package metrics

import (
	"flag"
	"os"
	"testing"
)

// TestMain lets the tests wait side by side, for that is what they do: the default is as many as there are processors.
func TestMain(m *testing.M) {
	flag.Parse()
	_ = flag.Set("test.parallel", "16") // it exists
	os.Exit(m.Run())
}
