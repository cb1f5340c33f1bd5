package patch

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

// Request is all that Build may see.
type Request struct {
	// Object is the JSON that Subject was decoded from.
	Object  []byte
	Subject *subject.Subject
	// Old is the stored version; nil on create.
	Old *subject.Subject
	// Asked tells, on update, that the update changes a setting of the workload itself which completes objects.
	Asked bool
	// Intent is the effective one, Namespace the name of the namespace.
	Intent      *intent.Intent
	Namespace   string
	LimitRanges []corev1.LimitRange
	// Platform may be nil: then there are no interruptible nodes.
	Platform *Platform
}

// Result is what comes of building.
type Result struct {
	Ops     []Op
	Changes []Change
	// Problems are mistakes of the workload's own annotations that only show on the object. Where there is one, Ops must not
	// be used.
	Problems field.ErrorList
	// Notes say what was deliberately left undone.
	Notes []Note
}

// Note is one setting that was not applied.
type Note struct {
	Key    intent.ID
	Source intent.Source
	// Text is the rest of the sentence that begins with the key.
	Text string
}

// zone is a part of the object, by when it may be touched.
type zone uint8

const (
	// always: what can change in place, with no effect on what runs: TTL and deadline of a Job, history of a CronJob.
	always zone = iota
	// onceForJob: what a Job has from its creation on. In a CronJob it concerns future Jobs and may change.
	onceForJob
	// template: the pod template. In a Job it is immutable; elsewhere a change to it replaces pods.
	template
)

// rule completes one part of an object.
type rule struct {
	zone  zone
	build func(*builder)
}

// rules in the order of their operations.
func rules() []rule {
	return []rule{
		{always, history},
		{always, ttl},
		{always, deadline},
		{onceForJob, backoffLimit},
		{template, resources},
		{template, scratch},
		{template, scratchSizeLimit},
		{template, objectStorage},
		{template, spot},
	}
}

// Build finds the smallest patch that makes the object what the settings ask for. It fills what is missing, follows settings
// in what the stamp proves to be Plimsoll's own, and leaves everything else alone:
//
//	the place in the object    what the settings ask for    what happens
//	empty                      a value                      added, and recorded in the stamp
//	that value                 the same                     nothing; stays recorded if it was
//	recorded, on update        another value                replaced
//	recorded, on update        nothing any more             taken back
//	anything else              whatever                     nothing: it is the user's
//
// On create nothing is believed to be Plimsoll's: a stamp that was copied from another object cannot take anything away.
func Build(r Request) Result {
	b := newBuilder(r)
	if meta := &r.Subject.Metadata; len(b.pod.Containers) == 0 || meta.Name == "" && meta.GenerateName == "" {
		return Result{} // not a workload yet: the API server says so better
	}
	for _, rule := range rules() {
		if b.open(rule.zone) {
			rule.build(b)
		}
	}
	b.takeBack()
	if len(b.result.Problems) > 0 {
		return Result{Problems: b.result.Problems, Notes: b.result.Notes}
	}
	b.writeStamp()
	b.result.Ops = b.out.all()
	return b.result
}

// builder is one run of Build.
type builder struct {
	Request
	pod *subject.PodSpec
	// root is the JSON pointer to the pod template, words the same in words.
	root, words string
	past        past
	doc         any // the whole object, once document decoded it
	records     []Record
	out         writer
	result      Result
}

func newBuilder(r Request) *builder {
	if r.Platform == nil {
		r.Platform = &Platform{}
	}
	root := r.Subject.Kind.TemplatePath()
	return &builder{Request: r, pod: r.Subject.Pod(), root: root, words: inWords(root), past: newPast(r)}
}

// open tells whether a zone may be touched. "No surprise restarts": the pod template of a stored workload only when the
// update itself changes it, or a setting that completes it.
func (b *builder) open(z zone) bool {
	switch {
	case b.Old == nil || z == always:
		return true
	case b.Subject.Kind == subject.Job:
		return false
	case z == onceForJob:
		return true
	default:
		return b.Asked || !b.Subject.SameTemplate(b.Old)
	}
}

// setting is what asks for a value.
type setting struct {
	key    intent.ID
	source intent.Source
	detail string
}

// by names a key of the effective Intent.
func (b *builder) by(key intent.ID) setting { return setting{key: key, source: b.Intent.Sources[key]} }

// want gives a place a value, where it may.
func (b *builder) want(p place, v value, s setting) {
	b.past.seen(p.words)
	record, recorded := b.past.record(p, v)
	switch {
	case !p.filled() && !p.defaulted:
		b.out.add(p.parent, p.below, v.json)
		b.changed(p, "", v, s)
	case same(p.now, v.text):
		if recorded {
			b.records = append(b.records, newRecord(p.words, record.From, v, s))
		}
	case p.defaulted:
		b.out.replace(p.at, v.json)
		b.changed(p, p.now, v, s)
	case b.ours(p):
		b.out.replace(p.at, v.json)
		b.replaced(p, record, v, s)
	case recorded:
		b.records = append(b.records, record)
	}
}

// keep leaves a place as it is; what was recorded of it stays recorded while it is true.
func (b *builder) keep(p place) {
	b.past.seen(p.words)
	if record, ok := b.past.record(p, value{}); ok {
		b.records = append(b.records, record)
	}
}

// ours tells whether a value is Plimsoll's own to change: the stored object's stamp says that it was put there, and it is
// still what the stamp says. A stored stamp went through a review; the new object's may come from anywhere.
func (b *builder) ours(p place) bool {
	record, ok := b.past.old[p.words]
	return ok && p.filled() && same(record.To, p.now)
}

func (b *builder) changed(p place, from string, v value, s setting) {
	b.records = append(b.records, newRecord(p.words, from, v, s))
	b.result.Changes = append(b.result.Changes, Change{Path: p.words, Key: s.key, Source: s.source, From: from, To: v.text, Detail: s.detail})
}

// replaced keeps in the stamp what was there before Plimsoll came, so that it can be given back.
func (b *builder) replaced(p place, record Record, v value, s setting) {
	b.records = append(b.records, newRecord(p.words, record.From, v, s))
	b.result.Changes = append(b.result.Changes, Change{Path: p.words, Key: s.key, Source: s.source, From: p.now, To: v.text, Detail: s.detail})
}

// maxNotes bounds what one review can have to say: every container may give the same reason.
const maxNotes = 50

// note says why a setting is not applied, once.
func (b *builder) note(s setting, text string) {
	n := Note{Key: s.key, Source: s.source, Text: text}
	if len(b.result.Notes) < maxNotes && !slices.Contains(b.result.Notes, n) {
		b.result.Notes = append(b.result.Notes, n)
	}
}

// problem says what is wrong with a workload's own annotation. A Namespace's is a default for many workloads, not all of
// which it can fit: there it is a note.
func (b *builder) problem(s setting, name, text string) {
	if s.source.Layer != intent.Workload {
		b.note(s, text)
		return
	}
	b.result.Problems = append(b.result.Problems, &field.Error{Type: field.ErrorTypeNotFound, Field: name, BadValue: "", Detail: text})
}
