package objects

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
)

// run watches for as long as that can be done and somebody follows. A watch ends after half an hour or an hour, as the API
// server likes, and is taken up again where it ended.
func (f *feed) run() {
	defer f.idle()
	w := &watcher{feed: f}
	for failures := 0; f.ctx.Err() == nil; {
		began := f.owner.Clock.Now()
		err := w.once()
		if hopeless(err) {
			f.readOnce(err)
			return
		}
		if err == nil && f.owner.Clock.Since(began) >= retryFirst {
			failures = 0
			continue
		}
		if !f.isKnown() {
			f.publish(state{err: w.explain(err)})
		}
		f.owner.Log.V(1).Info("watching failed, and is tried again",
			"object", f.ref.String(), "namespace", f.ref.Namespace, "reason", w.explain(err).Error())
		f.pause(failures)
		failures = min(failures+1, 10)
	}
}

// hopeless tells whether watching will not be possible until somebody changes something about the cluster.
func hopeless(err error) bool {
	return apierrors.IsForbidden(err) || apierrors.IsNotFound(err) || meta.IsNoMatchError(err) || apierrors.IsMethodNotSupported(err)
}

// readOnce reads what cannot be watched.
func (f *feed) readOnce(cause error) {
	w := &watcher{feed: f}
	s := w.read()
	if s.err == nil || apierrors.IsForbidden(cause) && !failure.IsMistake(s.err) {
		f.owner.tellOnce(f.ref)
	}
	if f.ctx.Err() == nil {
		f.publish(s)
	}
}

func (f *feed) isKnown() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return isClosed(f.known)
}

// pause waits after a failure, longer each time, spread by a quarter so that a thousand watches do not come back as one.
func (f *feed) pause(failures int) {
	d := min(retryFirst<<failures, retryMost)
	timer := f.owner.Clock.NewTimer(time.Duration(float64(d) * (0.75 + rand.Float64()/2))) //nolint:gosec // spreads load, keeps no secret
	defer timer.Stop()
	select {
	case <-timer.C():
	case <-f.ctx.Done():
	}
}

// watcher feeds a feed. version is up to where it has seen; empty where it has to begin anew.
type watcher struct {
	feed    *feed
	version string
}

// once watches until the watch ends. The watch is opened before the object is read, so that no change falls between the two.
func (w *watcher) once() error {
	ctx, cancel := context.WithCancel(w.feed.ctx)
	defer cancel()
	events, err := w.open(ctx)
	if apierrors.IsResourceExpired(err) || apierrors.IsGone(err) {
		w.version = ""
		events, err = w.open(ctx)
	}
	if err != nil {
		return err
	}
	defer events.Stop()
	if w.version == "" {
		s := w.read()
		if s.err != nil && !failure.IsMistake(s.err) {
			return s.err
		}
		w.see(s)
	}
	for event := range events.ResultChan() {
		if err := w.take(event); err != nil {
			return err
		}
	}
	return nil
}

func (w *watcher) open(ctx context.Context) (watch.Interface, error) {
	from := w.version
	if from == "" {
		from = "0" // from the API server's memory, which begins with what there is
	}
	return w.feed.owner.Client.Watch(ctx, w.feed.ref.list(w.feed.owner.Client.Scheme()), &client.ListOptions{
		Namespace:     w.feed.ref.Namespace,
		FieldSelector: fields.OneTermEqualSelector(metav1.ObjectNameField, w.feed.ref.Name),
		Raw:           &metav1.ListOptions{ResourceVersion: from, AllowWatchBookmarks: true},
	})
}

// take takes one event.
func (w *watcher) take(event watch.Event) error {
	if event.Type == watch.Error {
		w.version = ""
		return apierrors.FromObject(event.Object)
	}
	o, ok := event.Object.(client.Object)
	if !ok {
		return fmt.Errorf("watching %s: a %T in the stream", w.feed.ref, event.Object)
	}
	if !newer(o.GetResourceVersion(), w.version) {
		return nil
	}
	w.version = o.GetResourceVersion()
	switch event.Type {
	case watch.Added, watch.Modified:
		w.feed.publish(state{object: trim(o)})
	case watch.Deleted:
		w.feed.publish(state{err: w.missing()})
	}
	return nil
}

// see takes what was read.
func (w *watcher) see(s state) {
	if s.object != nil {
		w.version = s.object.GetResourceVersion()
	}
	w.feed.publish(s)
}

// read reads the object.
func (w *watcher) read() state {
	o := w.feed.ref.object(w.feed.owner.Client.Scheme())
	err := w.feed.owner.Client.Get(w.feed.ctx, client.ObjectKey{Namespace: w.feed.ref.Namespace, Name: w.feed.ref.Name}, o)
	if err != nil {
		return state{err: w.explain(err)}
	}
	return state{object: trim(o)}
}

func (w *watcher) missing() error {
	return failure.Mistake(missing{fmt.Errorf("%s does not exist", w.feed.ref)})
}

// missing is the error of an object that does not exist.
type missing struct{ error }

// IsMissing tells whether an object does not exist, as opposed to what may not be read or is not known.
func IsMissing(err error) bool {
	var m missing
	return errors.As(err, &m)
}

// explain gives the error of a read its class and its words.
func (w *watcher) explain(err error) error {
	ref := w.feed.ref
	switch {
	case err == nil:
		return fmt.Errorf("watching %s: the API server ended it at once", ref)
	case meta.IsNoMatchError(err), unserved(err):
		return failure.Mistake(fmt.Errorf("the API server does not serve the kind %s of %s: its definition is not installed", ref.Kind.Kind,
			ref.Kind.GroupVersion()))
	case apierrors.IsNotFound(err):
		return w.missing()
	case apierrors.IsForbidden(err):
		return failure.Mistake(fmt.Errorf("%s may not be read by Plimsoll: %s (docs/install.md)", ref, grantOf(ref)))
	}
	return fmt.Errorf("reading %s: %w", ref, err)
}

// grantOf says how reading an object is granted.
func grantOf(ref Ref) string {
	if ref.Kind.Group == "" {
		return "the ClusterRole plimsoll-credentials has to be bound to it in the namespace"
	}
	return "a ClusterRole with the label plimsoll.dev/aggregate-to-manager has to grant get and watch on it"
}

// unserved tells the API server's "no such path" from its "no such object".
func unserved(err error) bool {
	var status apierrors.APIStatus
	if !apierrors.IsNotFound(err) || !errors.As(err, &status) || status.Status().Details == nil {
		return false
	}
	for _, cause := range status.Status().Details.Causes {
		if cause.Type == metav1.CauseTypeUnexpectedServerResponse {
			return true
		}
	}
	return false
}

// trim lets go of what nobody reads.
func trim(o client.Object) client.Object {
	o.SetManagedFields(nil)
	return o
}

// newer compares resourceVersions. Where they cannot be compared, the later event is believed.
func newer(a, b string) bool {
	order, err := resourceversion.CompareResourceVersion(a, b)
	return err != nil || order > 0
}
