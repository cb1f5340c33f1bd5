package metricsapi

import (
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/validate/content"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// CheckName refuses what cannot be one part of a path. It is what keeps a metric's name from leading to another API, read
// with the manager's rights.
func CheckName(name string) error {
	if name == "" {
		return errors.New("the name is missing")
	}
	if faults := content.IsPathSegmentName(name); len(faults) > 0 {
		return fmt.Errorf("the name %q %s", name, strings.Join(faults, ", "))
	}
	return nil
}

// Selector gives a selector as text. None selects everything.
func Selector(s *metav1.LabelSelector) (string, error) {
	if s == nil {
		return "", nil
	}
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		return "", fmt.Errorf("metric.selector: %w", err)
	}
	return selector.String(), nil
}

// Where words a selector for messages.
func Where(selector string) string {
	if selector == "" {
		return ""
	}
	return " with " + selector
}
