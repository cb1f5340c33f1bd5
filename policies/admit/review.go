package admit

import (
	"bytes"

	"github.com/plimsoll-dev/plimsoll/policies/patch"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/policies/resolve"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

// Review decides what becomes of an object. It is total, reads nothing but its input, changes nothing in it, and gives the
// same answer every time; reviewing the patched object again gives no operation.
func Review(in Input) Outcome {
	if !in.Namespace.Enrolled() && !mentioned(in.Object) && !mentioned(in.OldObject) {
		return skipped(resolve.NotEnrolled)
	}
	now, old, err := versions(in)
	if err != nil {
		return Outcome{
			Reason:   reason.InternalError,
			Warnings: []string{"plimsoll left the object alone, because it could not read it: " + err.Error()},
		}
	}
	if now.resolution.Gate != resolve.Open && !withdrawn(now, old) {
		return skipped(now.resolution.Gate)
	}
	result := now.build(old)
	return judge(now, old, result)
}

// mentioned tells whether an object can have an annotation of Plimsoll at all: the cheapest of all looks. (No encoder writes
// these letters as escapes; who does so by hand is left alone.)
func mentioned(object []byte) bool { return bytes.Contains(object, []byte("plimsoll.dev")) }

func skipped(g resolve.Gate) Outcome {
	return Outcome{Reason: reason.NotEnrolled, Skipped: g.String()}
}

// version is one version of the object, with what its settings come to.
type version struct {
	in         *Input
	raw        []byte
	subject    *subject.Subject
	resolution resolve.Resolution
}

// versions reads the new object and, on update, the stored one. The stored one is nil on create.
func versions(in Input) (now, old *version, err error) {
	if now, err = read(&in, in.Object); err != nil {
		return nil, nil, err
	}
	if in.Operation == Update && len(in.OldObject) > 0 {
		if old, err = read(&in, in.OldObject); err != nil {
			return nil, nil, err
		}
	}
	return now, old, nil
}

func read(in *Input, raw []byte) (*version, error) {
	s, err := subject.Decode(raw)
	if err != nil {
		return nil, err
	}
	return &version{in: in, raw: raw, subject: s, resolution: resolve.Resolve(s, in.Namespace)}, nil
}

// withdrawn tells whether an update removes the last annotation of an object that is looked at for its annotations only:
// what Plimsoll put there has to be taken back.
func withdrawn(now, old *version) bool {
	return now.resolution.Gate == resolve.NotEnrolled && old != nil && old.resolution.Enrolled
}

// build finds the patch that turns the version into what its settings ask for. old is the stored version, nil on create.
func (v *version) build(old *version) patch.Result {
	r := patch.Request{
		Object:      v.raw,
		Subject:     v.subject,
		Intent:      &v.resolution.Intent,
		Namespace:   v.in.Namespace.Name,
		LimitRanges: v.in.Namespace.LimitRanges,
		Platform:    v.in.Platform,
	}
	if old != nil {
		r.Old = old.subject
		r.Asked = v.resolution.Own.Asks(&old.resolution.Own)
	}
	return patch.Build(r)
}

// judge makes the outcome.
func judge(now, old *version, result patch.Result) Outcome {
	o := Outcome{Reason: reason.Unchanged}
	for _, f := range news(now, old, &result) {
		if f.denies {
			o.Denials = append(o.Denials, f.text)
		} else {
			o.Warnings = append(o.Warnings, f.text)
		}
	}
	switch {
	case !o.Allowed():
		o.Reason = reason.InvalidValue
	case len(result.Ops) > 0:
		o.Reason, o.Ops, o.Changes = reason.Completed, result.Ops, result.Changes
	}
	return o
}
