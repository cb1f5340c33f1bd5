package targets

import (
	"context"
	"errors"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
)

func TestKeyOf(t *testing.T) {
	for _, test := range []struct {
		ref  v1alpha1.TargetRef
		want string
	}{
		{v1alpha1.TargetRef{Name: "a"}, "apps/v1, Kind=Deployment"},
		{v1alpha1.TargetRef{Name: "a", Kind: "StatefulSet"}, "apps/v1, Kind=StatefulSet"},
		{v1alpha1.TargetRef{Name: "a", APIVersion: "argoproj.io/v1alpha1", Kind: "Rollout"}, "argoproj.io/v1alpha1, Kind=Rollout"},
	} {
		if got := KeyOf("ns", test.ref).Kind.String(); got != test.want {
			t.Errorf("%+v: %s, want %s", test.ref, got, test.want)
		}
	}
}

func TestRollingOut(t *testing.T) {
	partition := int32(2)
	for name, test := range map[string]struct {
		object any
		want   bool
	}{
		"scaling up":      {&appsv1.Deployment{Status: appsv1.DeploymentStatus{Replicas: 3, UpdatedReplicas: 3}}, false},
		"old pods":        {&appsv1.Deployment{Status: appsv1.DeploymentStatus{Replicas: 4, UpdatedReplicas: 1}}, true},
		"old pods, pause": {&appsv1.Deployment{Spec: appsv1.DeploymentSpec{Paused: true}, Status: appsv1.DeploymentStatus{Replicas: 4, UpdatedReplicas: 1}}, false},
		"old pods, stuck": {&appsv1.Deployment{Status: appsv1.DeploymentStatus{Replicas: 4, UpdatedReplicas: 1,
			Conditions: []appsv1.DeploymentCondition{{Type: appsv1.DeploymentProgressing, Reason: "ProgressDeadlineExceeded"}}}}, false},
		"set, two revisions": {&appsv1.StatefulSet{Status: appsv1.StatefulSetStatus{Replicas: 3, UpdatedReplicas: 1, CurrentRevision: "a", UpdateRevision: "b"}}, true},
		"set, one revision":  {&appsv1.StatefulSet{Status: appsv1.StatefulSetStatus{Replicas: 3, CurrentRevision: "a", UpdateRevision: "a"}}, false},
		"set, partition": {&appsv1.StatefulSet{
			Spec: appsv1.StatefulSetSpec{UpdateStrategy: appsv1.StatefulSetUpdateStrategy{
				RollingUpdate: &appsv1.RollingUpdateStatefulSetStrategy{Partition: &partition}}},
			Status: appsv1.StatefulSetStatus{Replicas: 3, UpdatedReplicas: 1, CurrentRevision: "a", UpdateRevision: "b"}}, false},
		"set, on delete": {&appsv1.StatefulSet{
			Spec:   appsv1.StatefulSetSpec{UpdateStrategy: appsv1.StatefulSetUpdateStrategy{Type: appsv1.OnDeleteStatefulSetStrategyType}},
			Status: appsv1.StatefulSetStatus{Replicas: 3, UpdatedReplicas: 1, CurrentRevision: "a", UpdateRevision: "b"}}, false},
	} {
		var got Target
		switch o := test.object.(type) {
		case *appsv1.Deployment:
			got = ofDeployment(Key{}, o)
		case *appsv1.StatefulSet:
			got = ofStatefulSet(Key{}, o)
		}
		if got.RollingOut != test.want || got.Replicas != 1 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestDifferLooksAtWhatMatters(t *testing.T) {
	three, four := int32(3), int32(4)
	a := &appsv1.Deployment{Spec: appsv1.DeploymentSpec{Replicas: &three}}
	ready := a.DeepCopy()
	ready.Status.ReadyReplicas, ready.ResourceVersion = 3, "9"
	scaled := a.DeepCopy()
	scaled.Spec.Replicas = &four
	if Differ(a, ready) || !Differ(a, scaled) || !Differ(a, &appsv1.StatefulSet{}) {
		t.Error("pods becoming ready are no change; a count, and another object, are")
	}
}

// scales is a live API server with one kind of its own.
type scales struct {
	client.SubResourceClient
	gets     int
	replicas int64
	err      error
	version  string
	lists    int
	listErr  error
}

func (s *scales) List(context.Context, client.ObjectList, ...client.ListOption) error {
	s.lists++
	return s.listErr
}

func (s *scales) SubResource(string) client.SubResourceClient { return s }

func (s *scales) Get(_ context.Context, _, scale client.Object, _ ...client.SubResourceGetOption) error {
	s.gets++
	if u, ok := scale.(*unstructured.Unstructured); ok && s.err == nil {
		u.Object = map[string]any{"spec": map[string]any{"replicas": s.replicas}, "status": map[string]any{"selector": "app=a"}}
		u.SetResourceVersion(s.version)
	}
	return s.err
}

func rollout() Key {
	return KeyOf("ns", v1alpha1.TargetRef{Name: "a", APIVersion: "argoproj.io/v1alpha1", Kind: "Rollout"})
}

func TestOtherKindsAreReadOnceInAWhile(t *testing.T) {
	live := &scales{replicas: 4}
	c := clocktesting.NewFakeClock(time.Unix(0, 0))
	r := &Reader{Live: live, Clock: c}
	for range 5 {
		got, err := r.Get(context.Background(), rollout())
		if err != nil || got.Replicas != 4 || got.Selector != "app=a" {
			t.Fatalf("got %+v, %v", got, err)
		}
	}
	if live.gets != 1 {
		t.Errorf("%d reads, want 1", live.gets)
	}
	c.Step(maxAge + time.Second)
	live.replicas = 7
	if got, _ := r.Get(context.Background(), rollout()); got.Replicas != 7 || live.gets != 2 {
		t.Errorf("got %+v after %d reads", got, live.gets)
	}
	live.replicas = 0
	if got, _ := r.Fresh(context.Background(), rollout()); got.Replicas != 0 || live.gets != 3 {
		t.Errorf("got %+v after %d reads", got, live.gets)
	}
}

// metadata is an informer of metadata.
type metadata struct {
	client.Reader
	version string
	err     error
}

func (m *metadata) Get(_ context.Context, _ client.ObjectKey, o client.Object, _ ...client.GetOption) error {
	o.SetResourceVersion(m.version)
	return m.err
}

// TestWatchedKinds: a scale is read again after its object changed, and not before.
func TestWatchedKinds(t *testing.T) {
	gone := apierrors.NewNotFound(schema.GroupResource{Resource: "rollouts"}, "a")
	type step struct {
		version string // as the informer shows it
		err     error
		live    string // as the API server has it
		pass    time.Duration
		gets    int // so far
	}
	for name, test := range map[string]struct {
		listErr error
		steps   []step
		lists   int
	}{
		"unchanged":              {steps: []step{{version: "5", live: "5", gets: 1}, {version: "5", live: "5", pass: time.Hour, gets: 1}}, lists: 1},
		"changed":                {steps: []step{{version: "5", live: "5", gets: 1}, {version: "6", live: "6", gets: 2}, {version: "6", live: "6", gets: 2}}, lists: 1},
		"the informer is behind": {steps: []step{{version: "4", live: "5", gets: 1}, {version: "4", live: "5", gets: 1}}, lists: 1},
		"deleted":                {steps: []step{{version: "5", live: "5", gets: 1}, {err: gone, live: "5", gets: 2}}, lists: 1},
		"it is still listed":     {steps: []step{{err: context.DeadlineExceeded, live: "5", gets: 1}, {err: context.DeadlineExceeded, live: "5", pass: time.Minute, gets: 2}}, lists: 1},
		"may not be listed": {listErr: errors.New("forbidden"), lists: 2, steps: []step{
			{live: "5", gets: 1}, {live: "5", gets: 1}, {live: "5", pass: maxAge + 1, gets: 2}, {live: "5", pass: askAgain + 1, gets: 3}}},
	} {
		t.Run(name, func(t *testing.T) {
			live, cached, c := &scales{replicas: 4, listErr: test.listErr}, &metadata{}, clocktesting.NewFakeClock(time.Unix(0, 0))
			r := &Reader{Cached: cached, Live: live, Clock: c}
			for i, s := range test.steps {
				c.Step(s.pass)
				cached.version, cached.err, live.version = s.version, s.err, s.live
				if _, err := r.Get(t.Context(), rollout()); err != nil || live.gets != s.gets {
					t.Fatalf("step %d: %d reads of the scale, %v, want %d", i, live.gets, err, s.gets)
				}
			}
			if live.lists != test.lists {
				t.Errorf("%d lists, want %d", live.lists, test.lists)
			}
		})
	}
}

func TestErrorsAreTold(t *testing.T) {
	resource := schema.GroupResource{Resource: "rollouts"}
	for name, test := range map[string]struct {
		err              error
		missing, mistake bool
	}{
		"not there":   {apierrors.NewNotFound(resource, "a"), true, false},
		"no kind":     {&meta.NoKindMatchError{GroupKind: rollout().Kind.GroupKind()}, true, true},
		"not allowed": {apierrors.NewForbidden(resource, "a", errors.New("no")), false, true},
		"broken":      {errors.New("connection reset"), false, false},
	} {
		_, err := (&Reader{Live: &scales{err: test.err}, Clock: clocktesting.NewFakeClock(time.Now())}).Get(context.Background(), rollout())
		if err == nil || IsMissing(err) != test.missing || failure.IsMistake(err) != test.mistake {
			t.Errorf("%s: %v, missing %t, mistake %t", name, err, IsMissing(err), failure.IsMistake(err))
		}
	}
}
