package custom

import (
	"context"
	"errors"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/controller/sources/conformance"
	"github.com/plimsoll-dev/plimsoll/controller/sources/metricsapi"
	"github.com/plimsoll-dev/plimsoll/controller/sources/metricsapi/metricsapitest"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

func mapper() Mapper {
	m := meta.NewDefaultRESTMapper([]schema.GroupVersion{{Version: "v1"}, {Group: "networking.k8s.io", Version: "v1"}})
	m.Add(schema.GroupVersionKind{Version: "v1", Kind: "Pod"}, meta.RESTScopeNamespace)
	m.Add(schema.GroupVersionKind{Version: "v1", Kind: "Node"}, meta.RESTScopeRoot)
	m.Add(schema.GroupVersionKind{Group: "networking.k8s.io", Version: "v1", Kind: "Ingress"}, meta.RESTScopeNamespace)
	return m
}

func source(t *testing.T, address string) Source {
	t.Helper()
	api, err := NewAPI(metricsapitest.Config(address), mapper())
	if err != nil {
		t.Fatal(err)
	}
	return Source{API: api}
}

func request(m autoscalingv2.MetricSpec) sources.Request {
	return sources.Request{Namespace: "ns", Signal: &scaling.Signal{Metric: &m}}
}

func selector(labels []string) *metav1.LabelSelector {
	if len(labels) == 0 {
		return nil
	}
	return &metav1.LabelSelector{MatchLabels: map[string]string{labels[0]: labels[1]}}
}

// pods asks for a metric of pods, with a selector where a key and a value are given.
func pods(metric string, labels ...string) sources.Request {
	return request(autoscalingv2.MetricSpec{Pods: &autoscalingv2.PodsMetricSource{
		Metric: autoscalingv2.MetricIdentifier{Name: metric, Selector: selector(labels)},
	}})
}

// object asks for a metric of an object, given as apiVersion, kind, name.
func object(metric string, of [3]string, labels ...string) sources.Request {
	return request(autoscalingv2.MetricSpec{Object: &autoscalingv2.ObjectMetricSource{
		Metric:          autoscalingv2.MetricIdentifier{Name: metric, Selector: selector(labels)},
		DescribedObject: autoscalingv2.CrossVersionObjectReference{APIVersion: of[0], Kind: of[1], Name: of[2]},
	}})
}

func ingress() [3]string { return [3]string{"networking.k8s.io/v1", "Ingress", "main"} }

// item is a value, in either version: what the two call differently is there twice.
type item map[string]any

func value(name, quantity string) item {
	return item{
		"describedObject": item{"kind": "Pod", "namespace": "ns", "name": name}, "metric": item{"name": "m"}, "metricName": "m",
		"timestamp": "2030-01-01T00:00:00Z", "value": quantity,
	}
}

func list(version string, items ...item) item {
	return item{"apiVersion": "custom.metrics.k8s.io/" + version, "kind": "MetricValueList", "items": items}
}

type byAddress struct {
	t       *testing.T
	sources map[string]Source
}

func (b byAddress) Query(r sources.Request) (sources.Query, error) {
	s, ok := b.sources[r.Signal.Name]
	if !ok {
		s = source(b.t, r.Signal.Name)
		b.sources[r.Signal.Name] = s
	}
	return s.Query(r)
}

const ofMain = "v1beta2/namespaces/ns/ingresses.networking.k8s.io/main/"

func TestConformance(t *testing.T) {
	conformance.Run(t, func(t *testing.T) conformance.Backend {
		server := metricsapitest.Start(t, metricsapi.Custom, "v1beta2")
		return conformance.Backend{
			Source: byAddress{t, map[string]Source{}}, Address: server.Address(),
			Request: func(address, name string) sources.Request {
				r := object(name, ingress())
				r.Signal.Name = address
				return r
			},
			Put: func(_ *testing.T, name string, n int64) {
				server.Put(ofMain+name, list("v1beta2", value("main", resource.NewQuantity(n, resource.DecimalSI).String())))
			},
			Spoil: func(_ *testing.T, name string) { server.Put(ofMain+name, list("v1beta2", value("main", "-1"))) },
		}
	})
}

func read(t *testing.T, s Source, requests ...sources.Request) ([]sources.Reading, error) {
	t.Helper()
	queries := make([]sources.Query, len(requests))
	for i, r := range requests {
		var err error
		if queries[i], err = s.Query(r); err != nil {
			t.Fatal(err)
		}
	}
	return queries[0].Open().Read(context.Background(), queries)
}

// Where each kind of object is asked for, in both versions.
func TestPaths(t *testing.T) {
	for _, version := range []string{"v1beta1", "v1beta2"} {
		server := metricsapitest.Start(t, metricsapi.Custom, version)
		s := source(t, server.Address())
		for path, r := range map[string]sources.Request{
			"namespaces/ns/pods/*/m":                                  pods("m"),
			"namespaces/ns/pods/*/m?queue=a":                          pods("m", "queue", "a"),
			"namespaces/ns/ingresses.networking.k8s.io/main/m":        object("m", ingress()),
			"namespaces/ns/ingresses.networking.k8s.io/main/m?verb=x": object("m", ingress(), "verb", "x"),
			"namespaces/ns/metrics/m":                                 object("m", [3]string{"v1", "Namespace", "ns"}),
			"nodes/n1/m":                                              object("m", [3]string{"v1", "Node", "n1"}),
		} {
			server.Put(version+"/"+path, list(version, value("p", "7")))
			readings, err := read(t, s, r)
			if err != nil || readings[0].Err != nil {
				t.Errorf("%s: %v, %v; asked was %v", path, readings, err, server.Requests())
				continue
			}
			got := readings[0].Value
			if len(readings[0].Pods) > 0 {
				got = readings[0].Pods[0].Value
			}
			if got != 7000 {
				t.Errorf("%s: %+v", path, readings[0])
			}
		}
	}
}

func TestPods(t *testing.T) {
	server := metricsapitest.Start(t, metricsapi.Custom, "v1beta2")
	windowed := value("b", "2500m")
	windowed["windowSeconds"] = 30
	server.Put("v1beta2/namespaces/ns/pods/*/m", list("v1beta2",
		value("c", "1e30"), windowed, value("a", "-3"), value("d", "0"), value("c", "5")))
	readings, err := read(t, source(t, server.Address()), pods("m"))
	if err != nil || readings[0].Err != nil {
		t.Fatal(readings, err)
	}
	at := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	want := []scaling.PodSample{
		{Name: "b", Value: 2500, Time: at, Window: 30 * time.Second},
		{Name: "c", Value: math.MaxInt64, Time: at, Window: time.Minute},
		{Name: "d", Value: 0, Time: at, Window: time.Minute},
	}
	got := readings[0].Pods
	for i := range got {
		got[i].Time = got[i].Time.UTC()
	}
	if !slices.Equal(got, want) {
		t.Errorf("pods are %+v, want %+v", got, want)
	}
}

// Absent data is an error of the metric, in words that say what is absent.
func TestNoAnswer(t *testing.T) {
	const all = "v1beta2/namespaces/ns/pods/*/m"
	for name, test := range map[string]struct {
		answer  any
		request sources.Request
		want    string
	}{
		"empty list":      {list("v1beta2"), pods("m"), "metric m of pods in namespace ns: no pod has it"},
		"all negative":    {list("v1beta2", value("a", "-1")), pods("m"), "negative"},
		"not found":       {nil, pods("m"), "custom.metrics.k8s.io has no metric m of pods in namespace ns"},
		"no list":         {item{"apiVersion": "v1", "kind": "Pod"}, pods("m"), "cannot be read"},
		"NaN":             {list("v1beta2", value("a", "NaN")), pods("m"), "cannot be read"},
		"not JSON":        {"", pods("m"), "cannot be read"},
		"object, none":    {nil, object("m", ingress()), "has no metric m of Ingress main in namespace ns"},
		"kind not served": {nil, object("m", [3]string{"example.com/v1", "Queue", "q"}), `no kind Queue is served in group "example.com"`},
	} {
		server := metricsapitest.Start(t, metricsapi.Custom, "v1beta2")
		server.Put(all, test.answer)
		server.Put(ofMain+"good", list("v1beta2", value("main", "1")))
		readings, err := read(t, source(t, server.Address()), object("good", ingress()), test.request)
		if err != nil || readings[0].Err != nil {
			t.Fatalf("%s spoils the others: %v, %v", name, readings, err)
		}
		if readings[1].Err == nil || !strings.Contains(readings[1].Err.Error(), test.want) || len(readings[1].Pods) > 0 || readings[1].Value != 0 {
			t.Errorf("%s: %+v", name, readings[1])
		}
	}
}

func TestObjectHasOneValue(t *testing.T) {
	server := metricsapitest.Start(t, metricsapi.Custom, "v1beta2")
	for _, answer := range []item{list("v1beta2"), list("v1beta2", value("main", "1"), value("main", "2"))} {
		server.Put(ofMain+"m", answer)
		readings, err := read(t, source(t, server.Address()), object("m", ingress()))
		if err != nil || readings[0].Err == nil {
			t.Errorf("%v: %v, %v", answer, readings, err)
		}
	}
}

func TestOneRequestServesAll(t *testing.T) {
	server := metricsapitest.Start(t, metricsapi.Custom, "v1beta2")
	server.Put("v1beta2/namespaces/ns/pods/*/m", list("v1beta2", value("a", "1")))
	server.Put(ofMain+"m", list("v1beta2", value("main", "1")))
	var requests []sources.Request
	for range 20 {
		requests = append(requests, pods("m"), object("m", ingress()))
	}
	readings, err := read(t, source(t, server.Address()), requests...)
	if err != nil || len(readings) != 40 {
		t.Fatal(readings, err)
	}
	if asked := server.Requests(); len(asked) != 2 {
		t.Errorf("40 questions about 2 things were %d requests: %v", len(asked), asked)
	}
}

// An adapter that is replaced by one of another version is found at once.
func TestVersionChanges(t *testing.T) {
	server := metricsapitest.Start(t, metricsapi.Custom, "v1beta1")
	s := source(t, server.Address())
	for _, version := range []string{"v1beta1", "v1beta2"} {
		server.Serve(version)
		server.Put(version+"/namespaces/ns/pods/*/m", list(version, value("a", "1")))
		var readings []sources.Reading
		err := errors.New("never read")
		for range 2 { // the first reading may find that the version has gone
			readings, err = read(t, s, pods("m"))
		}
		if err != nil || readings[0].Err != nil {
			t.Errorf("%s: %v, %v", version, readings, err)
		}
	}
	server.Serve()
	if _, err := read(t, s, pods("m")); err == nil || !strings.Contains(err.Error(), "is not served") {
		t.Errorf("a group that has gone: %v", err)
	}
}

// One metric that fails keeps nobody else's answer; when all fail alike, the API is down.
func TestOutage(t *testing.T) {
	server := metricsapitest.Start(t, metricsapi.Custom, "v1beta2")
	s := source(t, server.Address())
	server.Fail(http.StatusServiceUnavailable)
	if _, err := read(t, s, pods("m"), pods("n")); err == nil || !strings.Contains(err.Error(), "not available") {
		t.Errorf("%v", err)
	}
	server.Fail(http.StatusForbidden)
	readings, err := read(t, s, pods("m"))
	if err != nil || readings[0].Err == nil || !strings.Contains(readings[0].Err.Error(), "ClusterRole plimsoll-manager") {
		t.Errorf("%v, %v", readings, err)
	}
}

// What is asked for becomes a path that is read with the manager's rights.
func TestMistakes(t *testing.T) {
	for name, r := range map[string]sources.Request{
		"path in the metric":      pods("../../secrets"),
		"path in the object":      object("m", [3]string{"v1", "Node", "../../api/v1/secrets"}),
		"no object":               object("m", [3]string{"v1", "Node", ""}),
		"another's Namespace":     object("m", [3]string{"v1", "Namespace", "other"}),
		"apiVersion":              object("m", [3]string{"a/b/c", "Node", "n"}),
		"neither Pods nor Object": request(autoscalingv2.MetricSpec{}),
	} {
		if _, err := (Source{}).Query(r); !failure.IsMistake(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
