package edit

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/help"
	"github.com/plimsoll-dev/plimsoll/policies/intent"
)

// Flags are the flags that make an Edit: one for every key of the table.
type Flags struct {
	values map[string]*[]string
	remove []string
	clear  bool
}

// NewFlags makes them.
func NewFlags() *Flags { return &Flags{values: map[string]*[]string{}} }

// Groups are flag sets by group of keys, in the order of the reference.
func (f *Flags) Groups() []Group {
	var groups []Group
	for _, key := range intent.Keys() {
		if len(groups) == 0 || groups[len(groups)-1].Name != key.Group {
			groups = append(groups, Group{key.Group, pflag.NewFlagSet(string(key.Group), pflag.ContinueOnError)})
		}
		values := &[]string{}
		f.values[key.Name] = values
		flags := groups[len(groups)-1].Flags
		flags.StringArrayVar(values, key.Name, nil, usage(&key))
		help.SetForm(flags, key.Name, form(&key))
	}
	return groups
}

// Group is a group of flags under one heading.
type Group struct {
	Name  intent.Group
	Flags *pflag.FlagSet
}

// usage is the first sentence of what the key does; "kubectl plimsoll keys" has all of it.
func usage(key *intent.Key) string {
	text := help.Sentence(key.Doc)
	if short, ok := shorts()[key.Name]; ok {
		text += " Short: --" + short + "."
	}
	return text
}

// form is an example of the value, or YAML where it is that.
func form(key *intent.Key) string {
	if strings.Contains(key.Form, "YAML") {
		return "YAML"
	}
	return key.Form
}

func shorts() map[string]string {
	return map[string]string{"min-replicas": "min", "max-replicas": "max"}
}

// Normalize lets the short names stand for the long ones.
func Normalize(_ *pflag.FlagSet, name string) pflag.NormalizedName {
	for long, short := range shorts() {
		if name == short {
			return pflag.NormalizedName(long)
		}
	}
	return pflag.NormalizedName(name)
}

// AddRemoval adds the flags that take annotations away.
func (f *Flags) AddRemoval(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.remove, "remove", nil, "Key to take away. Can be repeated; the argument KEY- means the same.")
	help.SetForm(flags, "remove", "KEY")
	flags.BoolVar(&f.clear, "remove-all", false, "Take away every annotation of Plimsoll that is not set by another flag.")
}

// Edit reads the flags and the arguments KEY=VALUE and KEY-. A value that begins with @ names a file that holds it, or
// standard input by @-.
func (f *Flags) Edit(pairs []string, stdin io.Reader) (*Edit, error) {
	e := &Edit{Clear: f.clear}
	for _, key := range intent.Keys() {
		for _, value := range *f.values[key.Name] {
			if err := f.take(e, key.Name, value, stdin); err != nil {
				return nil, err
			}
		}
	}
	for _, pair := range pairs {
		if err := f.takePair(e, pair, stdin); err != nil {
			return nil, err
		}
	}
	for _, key := range f.remove {
		if err := e.Remove(key); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// takePair takes KEY=VALUE or KEY-.
func (f *Flags) takePair(e *Edit, pair string, stdin io.Reader) error {
	if key, value, sets := strings.Cut(pair, "="); sets {
		return f.take(e, key, value, stdin)
	}
	return e.Remove(strings.TrimSuffix(pair, "-"))
}

// take sets a key. For a key that can be said of one container, "app:cpu=1" is its value for the container app.
func (f *Flags) take(e *Edit, name, value string, stdin io.Reader) error {
	name = strings.TrimPrefix(name, intent.Prefix)
	if container, rest, ok := strings.Cut(value, ":"); ok && perContainer(name) && !strings.ContainsAny(container, "=,/") {
		name, value = name+"."+container, rest
	}
	if file, ok := strings.CutPrefix(value, "@"); ok {
		text, err := contents(file, stdin)
		if err != nil {
			return fmt.Errorf("--%s: %w", name, err)
		}
		value = text
	}
	return e.Set(name, value)
}

func perContainer(name string) bool {
	for _, key := range intent.Keys() {
		if key.Name == name {
			return key.PerContainer
		}
	}
	return false
}

func contents(file string, stdin io.Reader) (string, error) {
	if file == "-" {
		text, err := io.ReadAll(stdin)
		return string(text), err
	}
	text, err := os.ReadFile(file)
	return string(text), err
}

// Split parts arguments into what names objects and what changes annotations: KEY=VALUE or KEY-, as for kubectl annotate.
func Split(args []string) (objects, pairs []string) {
	for _, arg := range args {
		if strings.Contains(arg, "=") || strings.HasSuffix(arg, "-") {
			pairs = append(pairs, arg)
		} else {
			objects = append(objects, arg)
		}
	}
	return objects, pairs
}
