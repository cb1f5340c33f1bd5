// Package apifake is an API server in memory, seen through a client: just enough of one to get and watch single objects by
// their names, and to refuse, forget and break off as a real one does.
package apifake

import (
	"context"
	"errors"
	"maps"
	"strconv"
	"sync"

	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
)

// Server is the API server. It is a client too; what it was not made for panics.
type Server struct {
	client.WithWatch
	scheme *runtime.Scheme

	mu       sync.Mutex
	version  int
	objects  map[key]client.Object
	watchers map[*watcher]struct{}
	denied   map[string]error // by verb, or by verb and kind, as in "watch Secret"
	asked    map[string]int   // by verb
	// Token answers requests for tokens: by namespace, ServiceAccount and what was asked for.
	token func(namespace, name string, request *authenticationv1.TokenRequest) error
}

type key struct{ kind, namespace, name string }

type watcher struct {
	*watch.FakeWatcher
	key
}

// New makes an API server without objects.
func New(scheme *runtime.Scheme) *Server {
	return &Server{
		scheme: scheme, objects: map[key]client.Object{}, watchers: map[*watcher]struct{}{}, denied: map[string]error{}, asked: map[string]int{},
	}
}

// Scheme is the client's.
func (s *Server) Scheme() *runtime.Scheme { return s.scheme }

// Put creates or updates an object.
func (s *Server) Put(o client.Object) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o = o.DeepCopyObject().(client.Object)
	k := s.keyOf(o)
	_, known := s.objects[k]
	s.version++
	o.SetResourceVersion(strconv.Itoa(s.version))
	s.objects[k] = o
	for w := range s.watchers {
		if w.key != k {
			continue
		}
		if known {
			w.Modify(o.DeepCopyObject())
		} else {
			w.Add(o.DeepCopyObject())
		}
	}
}

// Remove deletes an object.
func (s *Server) Remove(o client.Object) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.keyOf(o)
	gone, known := s.objects[k]
	if !known {
		return
	}
	s.version++
	gone.SetResourceVersion(strconv.Itoa(s.version))
	delete(s.objects, k)
	for w := range s.watchers {
		if w.key == k {
			w.Delete(gone.DeepCopyObject())
		}
	}
}

// Deny has a verb ("get", "watch"), or a verb on a kind ("watch Secret"), fail from now on; a nil error allows it again.
func (s *Server) Deny(what string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.denied[what] = err
}

// Break ends all watches, as a network that fails does. Expired has them end with the error that the past is forgotten.
func (s *Server) Break(expired error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for w := range s.watchers {
		if status, ok := expired.(apierrors.APIStatus); ok {
			text := status.Status()
			w.Error(&text)
		}
		w.Stop()
	}
	clear(s.watchers)
}

// Asked counts requests by verb.
func (s *Server) Asked() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.asked)
}

// Watches gives the number of watches that are open.
func (s *Server) Watches() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.watchers)
}

// Forbidden is the error of a verb that RBAC does not grant.
func Forbidden() error {
	return apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, "x", errors.New("not granted"))
}

// Get is the client's.
func (s *Server) Get(_ context.Context, at client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.keyOf(into)
	k.namespace, k.name = at.Namespace, at.Name
	if err := s.ask("get", k.kind); err != nil {
		return err
	}
	o, ok := s.objects[k]
	if !ok {
		return apierrors.NewNotFound(schema.GroupResource{Resource: k.kind}, k.name)
	}
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		return err
	}
	if u, ok := into.(runtime.Unstructured); ok {
		kind := into.GetObjectKind().GroupVersionKind()
		u.SetUnstructuredContent(content)
		into.GetObjectKind().SetGroupVersionKind(kind)
		return nil
	}
	return runtime.DefaultUnstructuredConverter.FromUnstructured(content, into)
}

// Watch is the client's.
func (s *Server) Watch(ctx context.Context, list client.ObjectList, opts ...client.ListOption) (watch.Interface, error) {
	o := &client.ListOptions{}
	for _, opt := range opts {
		opt.ApplyToList(o)
	}
	gvk, err := apiutil.GVKForObject(list, s.scheme)
	if err != nil {
		return nil, err
	}
	kind := gvk.Kind[:len(gvk.Kind)-len("List")]
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.ask("watch", kind); err != nil {
		return nil, err
	}
	name, _ := o.FieldSelector.RequiresExactMatch(metav1.ObjectNameField)
	w := &watcher{FakeWatcher: watch.NewFakeWithChanSize(100, false), key: key{kind, o.Namespace, name}}
	from, _ := strconv.Atoi(o.Raw.ResourceVersion)
	if now, ok := s.objects[w.key]; ok {
		if at, _ := strconv.Atoi(now.GetResourceVersion()); at > from {
			w.Add(now.DeepCopyObject())
		}
	}
	s.watchers[w] = struct{}{}
	stopped := &stopping{w, s}
	context.AfterFunc(ctx, stopped.Stop)
	return stopped, nil
}

// stopping forgets a watch that its owner stops.
type stopping struct {
	*watcher
	server *Server
}

func (w *stopping) Stop() {
	w.server.mu.Lock()
	defer w.server.mu.Unlock()
	delete(w.server.watchers, w.watcher)
	w.FakeWatcher.Stop()
}

// OnToken says how requests for tokens are answered.
func (s *Server) OnToken(answer func(namespace, name string, request *authenticationv1.TokenRequest) error) {
	s.token = answer
}

// SubResource is the client's: for tokens only.
func (s *Server) SubResource(string) client.SubResourceClient { return tokens{server: s} }

type tokens struct {
	client.SubResourceClient
	server *Server
}

// Create asks for a token.
func (t tokens) Create(_ context.Context, account, request client.Object, _ ...client.SubResourceCreateOption) error {
	t.server.mu.Lock()
	defer t.server.mu.Unlock()
	if err := t.server.ask("create", "token"); err != nil {
		return err
	}
	return t.server.token(account.GetNamespace(), account.GetName(), request.(*authenticationv1.TokenRequest))
}

// ask counts a request, and refuses it where it is denied. The caller holds s.mu.
func (s *Server) ask(verb, kind string) error {
	s.asked[verb]++
	if err := s.denied[verb]; err != nil {
		return err
	}
	return s.denied[verb+" "+kind]
}

// NoMatch is the error of a kind that is not served.
func NoMatch(kind schema.GroupVersionKind) error {
	return &meta.NoKindMatchError{GroupKind: kind.GroupKind(), SearchedVersions: []string{kind.Version}}
}

func (s *Server) keyOf(o client.Object) key {
	gvk, err := apiutil.GVKForObject(o, s.scheme)
	if err != nil {
		panic(err)
	}
	return key{gvk.Kind, o.GetNamespace(), o.GetName()}
}
