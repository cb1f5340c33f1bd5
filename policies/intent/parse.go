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
	// ordinal counts the keys for single containers.
	ordinal int
}

// maxUnknown bounds how many unknown keys are looked up and reported one by one: an object of the largest legal size can
// hold a hundred thousand, and admission must not spend its time on guessing what they mean.
const maxUnknown = 10

// maxErrors bounds how many mistakes are told one by one.
const maxErrors = 50

// Parse reads the annotations under plimsoll.dev/ of one object. It is total: the Intent is always usable, and a key with a
// mistake counts as not set. The errors tell what was wrong, in the order of the alphabet:
//
//	field.ErrorTypeInvalid       the value is malformed or out of range
//	field.ErrorTypeTooLong       the value is larger than MaxValueBytes
//	field.ErrorTypeTooMany       there are more keys for single containers than a pod has containers
//	field.ErrorTypeNotSupported  there is no such key; Detail names the nearest
//	field.ErrorTypeForbidden     the key has no meaning on this kind, or is not acted on yet
//
// Field is the annotation's key. Describe turns an error into a sentence, IsWarning tells which only warn.
func Parse(kind subject.Kind, annotations map[string]string) (Intent, field.ErrorList) {
	var i Intent
	var errs field.ErrorList
	source := Source{Layer: Workload}
	if kind == subject.Namespace {
		source.Layer = OnNamespace
	}
	unknowns, more, perContainer := 0, 0, [NumKeys]int{}
	for _, name := range plimsollKeys(annotations) {
		id, container, ok := find(strings.TrimPrefix(name, Prefix))
		if !ok {
			if unknowns++; unknowns <= maxUnknown {
				errs = append(errs, unknown(name))
			}
			continue
		}
		if container != "" {
			if perContainer[id]++; perContainer[id] > maxPerContainer+1 {
				continue // there has been an error for it
			}
		}
		v := value{text: annotations[name], container: container, source: source, ordinal: perContainer[id]}
		if err := i.parseOne(kind, id, name, v); err != nil && len(errs) < maxErrors {
			errs = append(errs, err)
		} else if err != nil {
			more++
		}
	}
	if unknowns > maxUnknown {
		errs = append(errs, notSupported(Prefix+"…", fmt.Sprintf("%d more unknown keys, ignored", unknowns-maxUnknown)))
	}
	if more > 0 {
		errs = append(errs, field.Invalid(field.NewPath(Prefix+"…"), "", fmt.Sprintf("%d more mistakes", more)))
	}
	return i, errs
}

// plimsollKeys lists the keys that are for Plimsoll, sorted.
func plimsollKeys(annotations map[string]string) []string {
	var names []string
	for name := range annotations {
		if strings.HasPrefix(name, Prefix) && !OwnRecord(name) {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}

func (i *Intent) parseOne(kind subject.Kind, id ID, name string, v value) *field.Error {
	path := field.NewPath(cut(name))
	keys := Keys()
	row := &keys[id]
	if !row.On.Has(kind) {
		return field.Forbidden(path, fmt.Sprintf("has no meaning on a %s, ignored; it is for %s", kind, row.On))
	}
	if err := i.read(row, path, v); err != nil {
		if kind != subject.Namespace {
			i.Malformed.add(id)
		}
		return err
	}
	i.Sources[id] = v.source
	i.Digests[id] = digest(i.Digests[id], name, v.text)
	if row.Pending.Has(kind) {
		return field.Forbidden(path, fmt.Sprintf("is valid, but this version does not act on it on a %s yet", kind))
	}
	return nil
}

// read checks what every value must be, then what the key's must be.
func (i *Intent) read(row *Key, path *field.Path, v value) *field.Error {
	if len(v.text) > MaxValueBytes {
		return field.TooLong(path, "", MaxValueBytes)
	}
	// Decoders put U+FFFD where they find bytes that are no UTF-8; nobody writes it on purpose.
	if !utf8.ValidString(v.text) || strings.ContainsRune(v.text, utf8.RuneError) {
		return field.Invalid(path, v.text, "is not valid UTF-8")
	}
	if v.ordinal > maxPerContainer {
		return &field.Error{Type: field.ErrorTypeTooMany, Field: path.String(), BadValue: v.ordinal,
			Detail: fmt.Sprintf("legal are at most %d keys for single containers", maxPerContainer)}
	}
	if err := row.parse(i, v); err != nil {
		return field.Invalid(path, v.text, legal(err, row))
	}
	return nil
}

// digestPrime and the offset are those of FNV-1a.
const (
	digestOffset = 14695981039346656037
	digestPrime  = 1099511628211
)

// digest adds texts to a digest (FNV-1a, with the length of each so that "ab","c" is not "a","bc").
func digest(sum uint64, texts ...string) uint64 {
	if sum == 0 {
		sum = digestOffset
	}
	for _, text := range texts {
		for i := range len(text) {
			sum = (sum ^ uint64(text[i])) * digestPrime
		}
		sum = (sum ^ uint64(len(text))) * digestPrime
	}
	return sum
}

// find looks a key up by its name without the prefix. The container is what follows the first dot of a per-container key.
func find(name string) (id ID, container string, ok bool) {
	base, container, dotted := strings.Cut(name, ".")
	keys := Keys()
	for id := range keys {
		if keys[id].Name == base && (!dotted || keys[id].PerContainer && container != "") {
			return ID(id), container, true
		}
	}
	return 0, "", false
}

// unknown is the error for a key that does not exist, with the nearest that does.
func unknown(name string) *field.Error {
	err := notSupported(cut(name), "unknown key, ignored")
	base, container, dotted := strings.Cut(strings.TrimPrefix(name, Prefix), ".")
	names := make([]string, 0, NumKeys)
	for _, key := range Keys() {
		if !dotted || key.PerContainer {
			names = append(names, key.Name)
		}
	}
	n, ok := nearest.To(base, names)
	if ok && dotted {
		n += "." + cut(container)
	}
	if ok {
		err.Detail += "; did you mean " + Prefix + n + "?"
	}
	return err
}

func notSupported(name, detail string) *field.Error {
	return &field.Error{Type: field.ErrorTypeNotSupported, Field: name, BadValue: "", Detail: detail}
}

// errPlain marks an error that says itself what is legal.
type errPlain struct{ error }

// legal completes a parser's error with what the row says is legal.
func legal(err error, row *Key) string {
	if _, plain := errors.AsType[errPlain](err); plain {
		return err.Error()
	}
	return fmt.Sprintf("%v; legal is %s", err, row.Legal)
}

// maxShown bounds how much of a bad value a message repeats.
const maxShown = 64

// Describe says a mistake in one sentence: key, value, what is legal. It also takes the errors of what a key's value is
// made of, as a Scaler's specification has them.
func Describe(err *field.Error) string {
	switch err.Type {
	case field.ErrorTypeInvalid:
		return fmt.Sprintf("%s: invalid value %s: %s", err.Field, shown(err.BadValue), err.Detail)
	case field.ErrorTypeRequired:
		return fmt.Sprintf("%s: missing: %s", err.Field, err.Detail)
	case field.ErrorTypeDuplicate:
		return fmt.Sprintf("%s: %s stands twice", err.Field, shown(err.BadValue))
	case field.ErrorTypeTooLong:
		return fmt.Sprintf("%s: the value is too long; legal is at most %d bytes", err.Field, MaxValueBytes)
	case field.ErrorTypeTooMany:
		return fmt.Sprintf("%s: too many: %s", err.Field, err.Detail)
	case field.ErrorTypeNotSupported:
		if text := fmt.Sprint(err.BadValue); text != "" {
			return fmt.Sprintf("%s: unsupported value %s: %s", err.Field, shown(err.BadValue), err.Detail)
		}
	}
	return fmt.Sprintf("%s: %s", err.Field, err.Detail)
}

// IsWarning tells whether a mistake only warns: the key is ignored, and nothing that was asked for is done wrongly.
func IsWarning(err *field.Error) bool {
	return err.Type == field.ErrorTypeNotSupported || err.Type == field.ErrorTypeForbidden
}

// cut bounds a key: the API server refuses long ones, but it asks first.
func cut(name string) string {
	if len(name) > 2*maxShown {
		name = name[:2*maxShown] + "…"
	}
	return strings.ToValidUTF8(name, "\uFFFD")
}

// shown quotes a value, cut where it is long.
func shown(v any) string {
	s := fmt.Sprint(v)
	if len(s) > maxShown {
		return fmt.Sprintf("%q…", strings.ToValidUTF8(s[:maxShown], "\uFFFD"))
	}
	return fmt.Sprintf("%q", s)
}
