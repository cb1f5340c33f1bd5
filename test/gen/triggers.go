package main

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/plimsoll-dev/plimsoll/policies/trigger"
)

func triggers(w *bytes.Buffer, _ string) error {
	if err := about(w, "triggers.md"); err != nil {
		return err
	}
	w.WriteString("\n")
	head(w, "type", "wakes from zero", "counts")
	for _, t := range trigger.All() {
		row(w, fmt.Sprintf("[%s](#%s)", t.Name, t.Name), yesNo(t.Wakes), t.Doc)
	}
	for _, t := range trigger.All() {
		triggerType(w, &t)
	}
	return longTail(w)
}

// longTail lists the types that plimsoll-scalers serves.
func longTail(w *bytes.Buffer) error {
	w.WriteString("\n")
	if err := about(w, "longtail.md"); err != nil {
		return err
	}
	w.WriteString("\n")
	head(w, "type", "required", "other parameters", "auth only")
	for _, t := range trigger.LongTail() {
		var required, others, auth []string
		for _, p := range t.Params {
			switch {
			case p.Required:
				required = append(required, "`"+p.Name+"`")
			case p.From&trigger.OnlyAuth != 0:
				auth = append(auth, "`"+p.Name+"`")
			default:
				others = append(others, "`"+p.Name+"`")
			}
		}
		row(w, t.Name, strings.Join(required, " "), strings.Join(others, " "), strings.Join(auth, " "))
	}
	return nil
}

func triggerType(w *bytes.Buffer, t *trigger.Type) {
	fmt.Fprintf(w, "\n## %s\n\n%s", t.Name, t.Doc)
	if len(t.Aliases) > 0 {
		fmt.Fprintf(w, " Also called `%s`.", strings.Join(t.Aliases, "`, `"))
	}
	if !t.Wakes {
		w.WriteString(" It sees nothing while no pod runs, so it cannot wake a workload from zero.")
	}
	if len(t.OneOf) > 0 {
		fmt.Fprintf(w, " Needs %s.", oneOf(t.OneOf))
	}
	w.WriteString("\n\n")
	head(w, "parameter", "default", "legal", "also from", "says")
	for _, p := range t.Params {
		row(w, names(&p), defaultOf(&p), legal(&p), from(p.From), p.Doc)
	}
	if len(t.Refused) == 0 {
		return
	}
	w.WriteString("\nRefused, and not ignored:\n\n")
	for _, name := range slices.Sorted(maps.Keys(t.Refused)) {
		fmt.Fprintf(w, "- `%s`: %s.\n", name, t.Refused[name])
	}
}

// names gives a parameter's name, and its others.
func names(p *trigger.Param) string { return "`" + strings.Join(p.Names(), "`, `") + "`" }

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func oneOf(sets [][]string) string {
	var all []string
	for _, set := range sets {
		all = append(all, "`"+strings.Join(set, "` with `")+"`")
	}
	return strings.Join(all, ", or ")
}

func defaultOf(p *trigger.Param) string {
	if p.Required {
		return "required"
	}
	return code(p.Default)
}

func legal(p *trigger.Param) string {
	switch p.Form {
	case trigger.Integer:
		return fmt.Sprintf("a whole number from %d", p.Min)
	case trigger.Decimal:
		if p.Min > 0 {
			return "a number above 0"
		}
		return "a number from 0"
	case trigger.Boolean:
		return "`true`, `false`"
	case trigger.Choice:
		return "`" + strings.Join(p.Legal, "`, `") + "`"
	case trigger.Choices:
		return "a list of `" + strings.Join(p.Legal, "`, `") + "`"
	case trigger.HostPort:
		return "host:port"
	case trigger.HostPorts:
		return "host:port, several separated by commas"
	case trigger.Quantity:
		return "a quantity above 0"
	case trigger.Cron:
		return "a cron expression with five fields"
	case trigger.Timezone:
		return "an IANA time zone"
	}
	return ""
}

func from(s trigger.Source) string {
	switch {
	case s&trigger.OnlyAuth != 0:
		return "auth only"
	case s&trigger.Env != 0 && s&trigger.Auth != 0:
		return "env, auth"
	case s&trigger.Env != 0:
		return "env"
	case s&trigger.Auth != 0:
		return "auth"
	}
	return ""
}
