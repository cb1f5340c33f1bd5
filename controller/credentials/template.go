package credentials

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/controller/credentials/objects"
	"github.com/plimsoll-dev/plimsoll/controller/targets"
	"github.com/plimsoll-dev/plimsoll/controller/trimmed"
)

// template is what is known of a Deployment's or StatefulSet's pods. Informers show a digest of it only: it is read from the
// API server when the digest is another, and so neither while nothing changes, nor when the count does.
type template struct {
	digest string
	pod    *corev1.PodSpec
	// asked are those whose answer depends on it.
	asked map[*Question]struct{}
}

// pod gives the pod specification of the target.
func (s *search) pod() (*corev1.PodSpec, error) {
	k := targets.KeyOf(s.question.Namespace, s.question.Target)
	switch k.Kind {
	case targets.DeploymentKind():
		return s.podFrom(k, &appsv1.Deployment{}, &appsv1.Deployment{})
	case targets.StatefulSetKind():
		return s.podFrom(k, &appsv1.StatefulSet{}, &appsv1.StatefulSet{})
	}
	o, err := s.object(objects.Ref{Kind: k.Kind, Namespace: k.Namespace, Name: k.Name})
	if err != nil {
		return nil, err
	}
	return podIn(k, o)
}

// podFrom looks at the informer's object, and reads the live one where the informer's is of another digest.
func (s *search) podFrom(k targets.Key, cached, live client.Object) (*corev1.PodSpec, error) {
	t := s.join(s.question, k)
	at := client.ObjectKey{Namespace: k.Namespace, Name: k.Name}
	if err := s.Cached.Get(s.ctx, at, cached); err != nil {
		return nil, readingTarget(k, err)
	}
	digest := trimmed.Environment(cached)
	s.mu.Lock()
	known := *t
	s.mu.Unlock()
	if known.pod != nil && known.digest == digest {
		return known.pod, nil
	}
	if err := s.Client.Get(s.ctx, at, live); err != nil {
		return nil, readingTarget(k, err)
	}
	pod := slim(live)
	s.mu.Lock()
	t.pod, t.digest = pod, trimmed.EnvironmentOf(pod)
	s.mu.Unlock()
	return pod, nil
}

func readingTarget(k targets.Key, err error) error {
	if apierrors.IsNotFound(err) {
		return mistake("%s does not exist", k)
	}
	return fmt.Errorf("reading %s: %w", k, err)
}

// slim keeps of a pod specification what the digest is made of.
func slim(o client.Object) *corev1.PodSpec {
	var from *corev1.PodSpec
	switch o := o.(type) {
	case *appsv1.Deployment:
		from = &o.Spec.Template.Spec
	case *appsv1.StatefulSet:
		from = &o.Spec.Template.Spec
	}
	out := &corev1.PodSpec{ServiceAccountName: from.ServiceAccountName, Containers: make([]corev1.Container, len(from.Containers))}
	for i := range from.Containers {
		c := &from.Containers[i]
		out.Containers[i] = corev1.Container{Name: c.Name, Env: c.Env, EnvFrom: c.EnvFrom}
	}
	return out
}

// podIn finds the pod specification in an object of any kind, where such kinds have it.
func podIn(k targets.Key, o client.Object) (*corev1.PodSpec, error) {
	u, ok := o.(*unstructured.Unstructured)
	if !ok {
		return nil, fmt.Errorf("%s is a %T", k, o)
	}
	content, found, err := unstructured.NestedMap(u.Object, "spec", "template", "spec")
	if err != nil || !found {
		return nil, mistake("%s has no pod template at spec.template, so no containers whose environment could be read", k)
	}
	pod := &corev1.PodSpec{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(content, pod); err != nil {
		return nil, mistake("the pod template of %s cannot be read", k)
	}
	return pod, nil
}

// join notes that an answer depends on a target.
func (s *Store) join(q *Question, k targets.Key) *template {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.asking[q]
	if a.target != k {
		s.leave(q, a)
		a.target = k
	}
	t, ok := s.templates[k]
	if !ok {
		t = &template{asked: map[*Question]struct{}{}}
		s.templates[k] = t
	}
	t.asked[q] = struct{}{}
	return t
}

// leave notes that an answer does not depend on a target any more. The caller holds s.mu.
func (s *Store) leave(q *Question, a *asking) {
	t, ok := s.templates[a.target]
	if !ok {
		return
	}
	delete(t.asked, q)
	if len(t.asked) == 0 {
		delete(s.templates, a.target)
	}
}
