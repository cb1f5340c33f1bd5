package intent

import (
	"errors"
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/plimsoll-dev/plimsoll/policies/nearest"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

// MaxValueBytes bounds one annotation's value. The API server bounds all annotations of an object to 256 KiB together.
const MaxValueBytes = 64 << 10

// value is one annotation on its way through its row's parser.
type value struct {
	text      string
	container string
	source    Source
}

// Parse reads the annotations under plimsoll.dev/ of one object. It is total: the Intent is always usable, and a key with a
// mistake counts as not set. The errors tell what was wrong, in the order of the keys:
//
//	field.ErrorTypeInvalid       the value is malformed or out of range
//	field.ErrorTypeTooLong       the value is larger than MaxValueBytes
//	field.ErrorTypeNotSupported  there is no such key; Detail names the nearest
//	field.ErrorTypeForbidden     the key has no meaning on this kind, or is not acted on yet
//
// Field is the annotation's key. Describe turns an error into a sentence.
func Parse(kind subject.Kind, annotations map[string]string) (Intent, field.ErrorList) {
	var i Intent
	var errs field.ErrorList
	source := Source{Layer: Workload}
	if kind == subject.Namespace {
		source.Layer = OnNamespace
	}
	for _, name := range plimsollKeys(annotations) {
		if err := i.parseOne(kind, name, value{text: annotations[name], source: source}); err != nil {
			errs = append(errs, err)
		}
	}
	return i, errs
}

// plimsollKeys lists the keys that are for Plimsoll, sorted so that specific containers come before the rest of their key:
// "requests.app" is stronger than "requests".
func plimsollKeys(annotations map[string]string) []string {
	var names []string
	for name := range annotations {
		if strings.HasPrefix(name, Prefix) && name != AppliedAnnotation {
			names = append(names, name)
		}
	}
	sort.Sort(sort.Reverse(sort.StringSlice(names)))
	return names
}

func (i *Intent) parseOne(kind subject.Kind, name string, v value) *field.Error {
	path := field.NewPath(name)
	id, container, ok := find(strings.TrimPrefix(name, Prefix))
	if !ok {
		return unknown(path, name)
	}
	row := &table[id]
	if !row.On.Has(kind) {
		return field.Forbidden(path, fmt.Sprintf("has no meaning on a %s, ignored; it is for %s", kind, row.On))
	}
	if len(v.text) > MaxValueBytes {
		return field.TooLong(path, "", MaxValueBytes)
	}
	if !utf8.ValidString(v.text) {
		return field.Invalid(path, v.text, "is not valid UTF-8")
	}
	v.container = container
	if err := row.parse(i, v); err != nil {
		return field.Invalid(path, v.text, legal(err, row))
	}
	i.Sources[id] = v.source
	if row.Pending.Has(kind) {
		return field.Forbidden(path, fmt.Sprintf("is valid, but this version does not act on it on a %s yet", kind))
	}
	return nil
}

// find looks a key up by its name without the prefix. The container is what follows the first dot of a per-container key.
func find(name string) (id ID, container string, ok bool) {
	base, container, dotted := strings.Cut(name, ".")
	for id := range table {
		if table[id].Name == base && (!dotted || table[id].PerContainer && container != "") {
			return ID(id), container, true
		}
	}
	return 0, "", false
}

// unknown is the error for a key that does not exist, with the nearest that does.
func unknown(path *field.Path, name string) *field.Error {
	err := &field.Error{Type: field.ErrorTypeNotSupported, Field: path.String(), BadValue: "", Detail: "unknown key, ignored"}
	names := make([]string, 0, NumKeys)
	for i := range table {
		names = append(names, Prefix+table[i].Name)
	}
	if n, ok := nearest.To(name, names); ok {
		err.Detail += "; did you mean " + n + "?"
	}
	return err
}

// errPlain marks an error that says itself what is legal.
type errPlain struct{ error }

// legal completes a parser's error with what the row says is legal.
func legal(err error, row *Key) string {
	var plain errPlain
	if errors.As(err, &plain) {
		return err.Error()
	}
	return fmt.Sprintf("%v; legal is %s", err, row.Legal)
}

// maxShown bounds how much of a bad value a message repeats.
const maxShown = 64

// Describe says a mistake in one sentence: key, value, what is legal.
func Describe(err *field.Error) string {
	switch err.Type {
	case field.ErrorTypeInvalid:
		return fmt.Sprintf("%s: invalid value %s: %s", err.Field, shown(err.BadValue), err.Detail)
	case field.ErrorTypeTooLong:
		return fmt.Sprintf("%s: the value is too long; legal is at most %d bytes", err.Field, MaxValueBytes)
	case field.ErrorTypeNotSupported:
		return fmt.Sprintf("%s: %s", err.Field, err.Detail)
	default:
		return fmt.Sprintf("%s: %s", err.Field, err.Detail)
	}
}

// shown quotes a value, cut where it is long.
func shown(v any) string {
	s := fmt.Sprint(v)
	if len(s) > maxShown {
		return fmt.Sprintf("%q…", strings.ToValidUTF8(s[:maxShown], "\uFFFD"))
	}
	return fmt.Sprintf("%q", s)
}
