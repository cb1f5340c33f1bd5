package credentials

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/controller/credentials/objects"
	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/policies/nearest"
	"github.com/plimsoll-dev/plimsoll/policies/trigger"
)

// search is the making of one answer.
type search struct {
	*Store
	ctx      context.Context
	question *Question
	follower *objects.Follower
	// used are the objects that were looked at.
	used map[objects.Ref]struct{}
	// containers are the environments that were looked at, by the container's name as it was asked for.
	containers map[string]*environment
	until      time.Time
}

func mistake(format string, args ...any) error { return failure.Mistake(fmt.Errorf(format, args...)) }

// answer puts the answer together.
func (s *search) answer() (Given, error) {
	env, err := s.env()
	if err != nil {
		return Given{}, err
	}
	auth, err := s.auth()
	if err != nil {
		return Given{}, err
	}
	return Given{Auth: auth, Env: env, Until: s.until}, nil
}

// env gives the variables that the metadata names. A parameter that is in the metadata itself needs none.
func (s *search) env() (map[string]string, error) {
	var env map[string]string
	metadata := s.question.Trigger.Metadata
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		base, ok := strings.CutSuffix(key, trigger.EnvSuffix)
		if name := metadata[key]; ok && name != "" && metadata[base] == "" {
			value, err := s.variable(s.question.Target.EnvSourceContainerName, name)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			if env == nil {
				env = map[string]string{}
			}
			env[name] = value
		}
	}
	return env, nil
}

// before notes that something of the answer ends by itself.
func (s *search) before(at time.Time) {
	if s.until.IsZero() || at.Before(s.until) {
		s.until = at
	}
}

// object gives an object, and has its changes told.
func (s *search) object(ref objects.Ref) (client.Object, error) {
	s.used[ref] = struct{}{}
	o, err := s.objects.Get(s.ctx, ref, s.follower)
	if err != nil && ref.Namespace != "" && ref.Namespace != s.question.Namespace {
		err = fmt.Errorf("in namespace %q: %w", ref.Namespace, err)
	}
	return o, err
}

// holder names a Secret or a ConfigMap.
type holder struct {
	kind            schema.GroupVersionKind
	namespace, name string
}

func secretIn(namespace, name string) holder {
	return holder{corev1.SchemeGroupVersion.WithKind("Secret"), namespace, name}
}

func configMapIn(namespace, name string) holder {
	return holder{corev1.SchemeGroupVersion.WithKind("ConfigMap"), namespace, name}
}

func (h holder) ref() objects.Ref {
	return objects.Ref{Kind: h.kind, Namespace: h.namespace, Name: h.name}
}

// data gives what a Secret or a ConfigMap holds.
func (s *search) data(h holder) (map[string]string, error) {
	o, err := s.object(h.ref())
	if err != nil {
		return nil, err
	}
	switch o := o.(type) {
	case *corev1.Secret:
		data := make(map[string]string, len(o.Data))
		for key, value := range o.Data {
			data[key] = string(value)
		}
		return data, nil
	case *corev1.ConfigMap:
		return o.Data, nil
	}
	return nil, fmt.Errorf("%s is a %T", h.ref(), o)
}

// value gives one value, which has to be there and not empty.
func (s *search) value(h holder, key string) (string, error) {
	data, err := s.data(h)
	if err != nil {
		return "", err
	}
	value, ok := data[key]
	switch {
	case !ok:
		return "", mistake("%s has no key %q%s", h.ref(), key, didYouMean(key, slices.Collect(maps.Keys(data))))
	case value == "":
		return "", mistake("%s: key %q is empty", h.ref(), key)
	}
	return value, nil
}

// didYouMean offers a name that is like another.
func didYouMean(name string, known []string) string {
	slices.Sort(known)
	if n, ok := nearest.To(name, known); ok {
		return fmt.Sprintf("; did you mean %q?", n)
	}
	return ""
}
