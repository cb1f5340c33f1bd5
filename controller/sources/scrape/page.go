package scrape

import (
	"bytes"
	"errors"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"k8s.io/apimachinery/pkg/labels"
)

// series is one line of a page.
type series struct {
	name   string
	labels labels.Set
	value  float64
}

// parse reads the series of the given names out of a page in Prometheus' text format or OpenMetrics. The lines are read by
// Prometheus' library, but only those that are asked for: a page may have ten thousand others. Without the comments a series
// goes by the name that is written there, queries_total and latency_count like any gauge; without what stands behind the
// value, OpenMetrics' timestamps and exemplars, both formats are one.
func parse(page []byte, names map[string]bool) ([]series, error) {
	var kept bytes.Buffer
	for line := range bytes.Lines(page) {
		if line = bytes.TrimSpace(line); wanted(line, names) {
			kept.Write(untilValue(line))
			kept.WriteByte('\n')
		}
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(&kept)
	if err != nil {
		return nil, errors.New("the page is not in Prometheus' text format")
	}
	var out []series
	for name, family := range families {
		if !names[name] {
			continue
		}
		for _, m := range family.GetMetric() {
			s := series{name: name, labels: labels.Set{}, value: m.GetUntyped().GetValue()}
			for _, pair := range m.GetLabel() {
				s.labels[pair.GetName()] = pair.GetValue()
			}
			out = append(out, s)
		}
	}
	return out, nil
}

// wanted tells whether a line may be of one of the names. A line that begins with a brace has its name inside.
func wanted(line []byte, names map[string]bool) bool {
	if len(line) == 0 || line[0] == '#' {
		return false
	}
	end := bytes.IndexAny(line, "{ \t")
	return end == 0 || end > 0 && names[string(line[:end])]
}

// untilValue cuts off what stands behind the value. What it does not understand it leaves to the parser.
func untilValue(line []byte) []byte {
	start := labelsEnd(line)
	rest := bytes.TrimLeft(line[start:], " \t")
	end := bytes.IndexAny(rest, " \t")
	if end < 0 {
		return line
	}
	return line[:len(line)-len(rest)+end]
}

// labelsEnd finds where the name and the labels end: behind the brace that is not within quotes.
func labelsEnd(line []byte) int {
	open := bytes.IndexAny(line, "{ \t")
	if open < 0 || line[open] != '{' {
		return max(open, 0)
	}
	quoted := false
	for i := open; i < len(line); i++ {
		switch c := line[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case c == '}' && !quoted:
			return i + 1
		}
	}
	return len(line)
}

// total sums the series that a selector matches.
func total(all []series, name string, selector labels.Selector) (sum float64, found bool) {
	for i := range all {
		if all[i].name == name && selector.Matches(all[i].labels) {
			sum, found = sum+all[i].value, true
		}
	}
	return sum, found
}
