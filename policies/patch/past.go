package patch

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-dev/plimsoll/policies/intent"
)

// past is what the stamps say: the stored object's, which is believed, and the new one's, which is only a hint at what an
// earlier pass of the same review added.
type past struct {
	old, hint          map[string]Record
	oldStamp, newStamp Stamp
	// dealt with by a rule.
	done map[string]bool
}

func newPast(r Request) past {
	p := past{}
	if stamp, ok := ReadStamp(r.Subject, r.Namespace); ok {
		p.newStamp, p.hint = stamp, byPath(stamp)
	}
	if r.Old == nil {
		return p
	}
	if r.Subject.Metadata.Annotations[intent.AppliedAnnotation] == r.Old.Metadata.Annotations[intent.AppliedAnnotation] {
		p.oldStamp, p.old = p.newStamp, p.hint
	} else if stamp, ok := ReadStamp(r.Old, r.Namespace); ok {
		p.oldStamp, p.old = stamp, byPath(stamp)
	}
	return p
}

func byPath(s Stamp) map[string]Record {
	m := make(map[string]Record, len(s.Changes))
	for _, r := range s.Changes {
		m[r.Path] = r
	}
	return m
}

// latest is the stamp that was written last: an earlier pass of the same review may have written the new object's.
func (p *past) latest() Stamp {
	if p.newStamp.Version == StampVersion {
		return p.newStamp
	}
	return p.oldStamp
}

func (p *past) seen(path string) {
	if p.old == nil && p.hint == nil {
		return
	}
	if p.done == nil {
		p.done = map[string]bool{}
	}
	p.done[path] = true
}

// record finds what is recorded of a place, as far as it is still true. A stamp that had to drop records is taken to have
// held one for every value that is what the settings ask for: else the next review would write another stamp.
func (p *past) record(at place, wanted value) (Record, bool) {
	if !at.filled() {
		return Record{}, false
	}
	for _, records := range []map[string]Record{p.hint, p.old} {
		if r, ok := records[at.words]; ok && same(r.To, at.now) {
			return r, true
		}
	}
	return Record{}, p.newStamp.Dropped+p.oldStamp.Dropped > 0 && same(at.now, wanted.text)
}

// takeBack looks at what is recorded and no longer asked for.
func (b *builder) takeBack() {
	if len(b.past.old) == 0 {
		return
	}
	for _, r := range b.past.oldStamp.Changes {
		if b.past.done[r.Path] {
			continue
		}
		z := b.zoneOf(r.Path)
		id, known := keyNamed(r.Key)
		switch {
		case z == template && !b.open(z) && b.Subject.SameTemplate(b.Old):
			b.records = append(b.records, r) // as true as it was
		case !known || b.Intent.Malformed.Has(id) || !b.open(z):
			b.carry(r)
		default:
			b.giveBack(r)
		}
	}
	b.out.prune(b.doc)
}

// carry keeps a record of what may not, or must not, be touched now, as long as it is true.
func (b *builder) carry(r Record) {
	if _, found := b.locate(r); found {
		b.records = append(b.records, r)
	}
}

// giveBack removes a value of Plimsoll's, or puts back what was there before.
func (b *builder) giveBack(r Record) {
	at, found := b.locate(r)
	if !found {
		return // the user changed or removed it: it is the user's now
	}
	id, _ := keyNamed(r.Key)
	b.result.Changes = append(b.result.Changes, Change{
		Path: r.Path, Key: id, From: r.To, To: r.From, Detail: "taken back: no setting asks for it any more",
	})
	if r.From == "" {
		b.out.remove(at)
		return
	}
	if before, err := decode([]byte(r.From)); err == nil {
		b.out.replace(at, before)
	}
}

// keyNamed finds a key by the name in a record.
func keyNamed(name string) (intent.ID, bool) {
	keys := intent.Keys()
	for id := range keys {
		if keys[id].Name == name {
			return intent.ID(id), true
		}
	}
	return 0, false
}

// zoneOf says in which zone a path in words lies.
func (b *builder) zoneOf(path string) zone {
	switch {
	case strings.HasPrefix(path, b.words+"."):
		return template
	case strings.HasSuffix(path, ".backoffLimit"):
		return onceForJob
	default:
		return always
	}
}

// locate finds the value of a record in the object, if it is still what the record says.
func (b *builder) locate(r Record) (pointer string, found bool) {
	doc, err := b.document()
	if err != nil {
		return "", false
	}
	pointer, v, ok := walk(doc, steps(r.Path), r.To)
	return pointer, ok && textIs(v, r.To)
}

// document decodes the object as a whole, the first time that it is asked for.
func (b *builder) document() (any, error) {
	if b.doc != nil {
		return b.doc, nil
	}
	doc, err := decode(b.Object)
	b.doc = doc
	return doc, err
}

// steps splits a path in words: "spec.volumes[a.b].emptyDir" into spec, volumes, a.b, emptyDir.
func steps(path string) []string {
	var out []string
	for path != "" {
		switch path[0] {
		case '[':
			end := strings.IndexByte(path, ']')
			for end >= 0 && end+1 < len(path) && path[end+1] != '.' && path[end+1] != '[' {
				next := strings.IndexByte(path[end+1:], ']')
				if next < 0 {
					return nil
				}
				end += 1 + next
			}
			if end < 0 {
				return nil
			}
			out, path = append(out, path[1:end]), path[end+1:]
		default:
			path = strings.TrimPrefix(path, ".")
			end := strings.IndexAny(path, ".[")
			if end < 0 {
				end = len(path)
			}
			out, path = append(out, path[:end]), path[end:]
		}
	}
	return out
}

// walk follows the steps through a document. An element of a list is found by its name, its mountPath, or, in lists whose
// elements have no name, by being the value itself.
func walk(doc any, steps []string, to string) (pointer string, v any, ok bool) {
	for i, step := range steps {
		switch node := doc.(type) {
		case map[string]any:
			if doc, ok = node[step]; !ok {
				return "", nil, false
			}
			pointer += "/" + escape(step)
		case []any:
			at := slices.IndexFunc(node, func(e any) bool { return named(e, step) || i == len(steps)-1 && textIs(e, to) })
			if at < 0 {
				return "", nil, false
			}
			doc = node[at]
			pointer += "/" + strconv.Itoa(at)
		default:
			return "", nil, false
		}
	}
	return pointer, doc, len(steps) > 0
}

func named(element any, name string) bool {
	m, ok := element.(map[string]any)
	return ok && (m["name"] == name && m["mountPath"] == nil || m["mountPath"] == name)
}

// textIs tells whether a decoded value is what a text says.
func textIs(v any, text string) bool {
	if s, ok := v.(string); ok {
		return s == text
	}
	other, err := decode([]byte(text))
	return err == nil && equalJSON(v, other)
}

func equalJSON(a, b any) bool { return reflect.DeepEqual(a, b) }
