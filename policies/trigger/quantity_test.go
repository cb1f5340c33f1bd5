package trigger

import (
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
)

// TestQuantitiesBeyondReason: parsing such a number as Kubernetes does takes minutes, which is how this test would fail.
func TestQuantitiesBeyondReason(t *testing.T) {
	kind := Type{Name: "room", Params: []Param{{Name: "size", Form: Quantity}}}
	for _, text := range []string{"1e-100000000", "1e999999999", "1E+99999"} {
		if err := kind.checkKey(field.NewPath("size"), "size", text); err == nil {
			t.Errorf("a quantity of %s passes", text)
		}
		average := v1alpha1.Trigger{Type: "memory", MetricType: "AverageValue", Metadata: map[string]string{"value": text}}
		if _, err := ResourceMetric(average); err == nil {
			t.Errorf("an average of %s passes", text)
		}
	}
}
