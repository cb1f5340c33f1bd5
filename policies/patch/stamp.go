package patch

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

// Stamp is the annotation plimsoll.dev/applied: what Plimsoll put into the object, and by which rule. It holds no time and
// nothing random, so that reviewing an object again writes the same stamp.
type Stamp struct {
	Version int `json:"version"`
	// Input is a hash of the settings that the object was completed by: while it differs from that of the settings now in
	// force, a new default waits for the next change of the pod template.
	Input string `json:"input"`
	// Hash is over everything else here and the object's identity: a stamp that was edited, or came along with a copy of
	// another object, is not believed.
	Hash string `json:"hash"`
	// Changes are the values that are still there, sorted by path.
	Changes []Record `json:"changes"`
	// Dropped is the number of changes that did not fit into MaxStampBytes.
	Dropped int `json:"dropped,omitempty"`
}

// Record is one value that Plimsoll put into the object. See Change for the fields.
type Record struct {
	Path   string `json:"path"`
	Key    string `json:"key"`
	Source string `json:"source"`
	From   string `json:"from,omitempty"`
	To     string `json:"to"`
	Detail string `json:"detail,omitempty"`
}

// StampVersion is the version of the stamp's form.
const StampVersion = 1

// MaxStampBytes bounds the changes in a stamp: all annotations of an object together may have 256 KiB.
const MaxStampBytes = 16 << 10

// ReadStamp reads an object's stamp. ok is false where there is none, or none that is about this object as it came from a
// review.
func ReadStamp(s *subject.Subject, namespace string) (stamp Stamp, ok bool) {
	text := s.Metadata.Annotations[intent.AppliedAnnotation]
	if text == "" || len(text) > 4*MaxStampBytes || json.Unmarshal([]byte(text), &stamp) != nil {
		return Stamp{}, false
	}
	if stamp.Version != StampVersion || stamp.Hash != stamp.hash(s, namespace) {
		return Stamp{}, false
	}
	return stamp, true
}

// Find gives the record of a path in words.
func (s *Stamp) Find(path string) (Record, bool) {
	for _, r := range s.Changes {
		if r.Path == path {
			return r, true
		}
	}
	return Record{}, false
}

func newRecord(path, from string, v value, s setting) Record {
	key := strings.TrimPrefix(s.key.String(), intent.Prefix)
	return Record{Path: path, Key: key, Source: s.source.String(), From: from, To: v.text, Detail: s.detail}
}

// newStamp makes the stamp of what is recorded. Records beyond the bound are dropped from the end.
func (b *builder) newStamp() Stamp {
	records := b.records
	slices.SortFunc(records, func(a, b Record) int { return strings.Compare(a.Path, b.Path) })
	stamp := Stamp{Version: StampVersion, Input: inputHash(b.Intent), Changes: records}
	if before := b.past.latest(); !b.open(template) && before.Version == StampVersion {
		// The pod template is left as it is: so is what was recorded of it.
		stamp.Input, stamp.Dropped = before.Input, before.Dropped
	}
	size := 0
	for i := range records {
		if size += records[i].size(); size > MaxStampBytes {
			stamp.Changes, stamp.Dropped = records[:i:i], stamp.Dropped+len(records)-i
			break
		}
	}
	stamp.Hash = stamp.hash(b.Subject, b.Namespace)
	return stamp
}

// size is about what the record takes in the annotation; escaped quotes count.
func (r *Record) size() int {
	const names = 60
	n := names
	for _, text := range []string{r.Path, r.Key, r.Source, r.From, r.To, r.Detail} {
		n += len(text) + strings.Count(text, `"`)
	}
	return n
}

// hash is over the texts, each with its length before it.
func (s *Stamp) hash(of *subject.Subject, namespace string) string {
	name := of.Metadata.GenerateName
	if name == "" {
		name = of.Metadata.Name
	}
	text := make([]byte, 0, 512)
	add := func(fields ...string) {
		for _, f := range fields {
			text = binary.AppendUvarint(text, uint64(len(f)))
			text = append(text, f...)
		}
	}
	add(of.Kind.String(), namespace, name, s.Input)
	text = binary.AppendUvarint(text, uint64(max(0, s.Dropped)))
	for i := range s.Changes {
		r := &s.Changes[i]
		add(r.Path, r.Key, r.Source, r.From, r.To, r.Detail)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// inputHash is over the settings that complete objects: which keys, from which layer, and what they say.
func inputHash(i *intent.Intent) string {
	text := make([]byte, 0, 256)
	for id, key := range intent.Keys() {
		if key.Group != intent.GroupComplete || !i.Has(intent.ID(id)) {
			continue
		}
		source := i.Sources[id]
		text = append(text, byte(id), byte(source.Layer))
		text = append(text, source.Name...)
		text = binary.BigEndian.AppendUint64(text, i.Digests[id])
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:4])
}

// writeStamp brings the annotation up to date.
func (b *builder) writeStamp() {
	now, has := b.Subject.Metadata.Annotations[intent.AppliedAnnotation]
	pointer := "/metadata/annotations/" + escape(intent.AppliedAnnotation)
	if len(b.records) == 0 {
		if has {
			b.out.stamp = append(b.out.stamp, Op{Op: "remove", Path: pointer})
		}
		return
	}
	raw := marshal(b.newStamp())
	if has && now == string(raw) {
		return
	}
	if b.Subject.Metadata.Annotations == nil {
		annotations := map[string]any{intent.AppliedAnnotation: string(raw)}
		b.out.stamp = append(b.out.stamp, Op{Op: "add", Path: "/metadata/annotations", Value: annotations})
		return
	}
	b.out.stamp = append(b.out.stamp, Op{Op: "add", Path: pointer, Value: string(raw)})
}
