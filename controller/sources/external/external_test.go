package external

import (
	"context"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/metrics/pkg/apis/external_metrics/v1beta1"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/controller/sources/conformance"
	"github.com/plimsoll-dev/plimsoll/controller/sources/metricsapi"
	"github.com/plimsoll-dev/plimsoll/controller/sources/metricsapi/metricsapitest"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

func request(metric string, labels map[string]string) sources.Request {
	m := &autoscalingv2.ExternalMetricSource{Metric: autoscalingv2.MetricIdentifier{Name: metric}}
	if labels != nil {
		m.Metric.Selector = &metav1.LabelSelector{MatchLabels: labels}
	}
	return sources.Request{Namespace: "ns", Signal: &scaling.Signal{
		Kind: scaling.External, Metric: &autoscalingv2.MetricSpec{Type: autoscalingv2.ExternalMetricSourceType, External: m},
	}}
}

func series(values ...string) *v1beta1.ExternalMetricValueList {
	list := &v1beta1.ExternalMetricValueList{
		TypeMeta: metav1.TypeMeta{APIVersion: "external.metrics.k8s.io/v1beta1", Kind: "ExternalMetricValueList"},
		Items:    []v1beta1.ExternalMetricValue{},
	}
	for i, v := range values {
		list.Items = append(list.Items, v1beta1.ExternalMetricValue{
			Value: resource.MustParse(v), Timestamp: metav1.NewTime(time.Unix(int64(1000-i), 0)),
		})
	}
	return list
}

const path = "v1beta1/namespaces/ns/"

// byAddress makes the source for the address that a conformance test puts into a signal's name.
type byAddress map[string]Source

func (b byAddress) Query(r sources.Request) (sources.Query, error) {
	s, ok := b[r.Signal.Name]
	if !ok {
		api, err := API(metricsapitest.Config(r.Signal.Name))
		if err != nil {
			return nil, err
		}
		s = Source{API: api}
		b[r.Signal.Name] = s
	}
	return s.Query(r)
}

func TestConformance(t *testing.T) {
	conformance.Run(t, func(t *testing.T) conformance.Backend {
		server := metricsapitest.Start(t, metricsapi.External, "v1beta1")
		return conformance.Backend{
			Source: byAddress{}, Address: server.Address(),
			Request: func(address, name string) sources.Request {
				r := request(name, nil)
				r.Signal.Name = address
				return r
			},
			Put: func(_ *testing.T, name string, n int64) {
				server.Put(path+name, series(resource.NewQuantity(n, resource.DecimalSI).String()))
			},
			Spoil: func(_ *testing.T, name string) { server.Put(path+name, series("-1")) },
		}
	})
}

// asking reads requests from a server.
func asking(t *testing.T, s *metricsapitest.Server) func(...sources.Request) ([]sources.Reading, error) {
	t.Helper()
	api, err := API(metricsapitest.Config(s.Address()))
	if err != nil {
		t.Fatal(err)
	}
	return func(requests ...sources.Request) ([]sources.Reading, error) {
		queries := make([]sources.Query, len(requests))
		for i, r := range requests {
			if queries[i], err = (Source{API: api}).Query(r); err != nil {
				t.Fatal(err)
			}
		}
		return queries[0].Open().Read(context.Background(), queries)
	}
}

func TestValues(t *testing.T) {
	server := metricsapitest.Start(t, metricsapi.External, "v1beta1")
	read := asking(t, server)
	for name, test := range map[string]struct {
		series []string
		want   int64
		err    string
	}{
		"one":             {[]string{"7500m"}, 7500, ""},
		"sum":             {[]string{"3", "4"}, 7000, ""},
		"zero":            {[]string{"0"}, 0, ""},
		"huge":            {[]string{"1e30"}, math.MaxInt64, ""},
		"huge sum":        {[]string{"9E", "9E"}, math.MaxInt64, ""},
		"negative":        {[]string{"-1"}, 0, "negative"},
		"partly negative": {[]string{"50", "-1"}, 0, "negative"},
		"empty":           {nil, 0, "no series"},
	} {
		server.Put(path+"m", series(test.series...))
		readings, err := read(request("m", nil))
		if err != nil {
			t.Fatal(err)
		}
		r := readings[0]
		if r.Value != test.want || (r.Err == nil) != (test.err == "") || r.Err != nil && !strings.Contains(r.Err.Error(), test.err) {
			t.Errorf("%s: %+v", name, r)
		}
		if r.Err == nil && r.Time != time.Unix(int64(1001-len(test.series)), 0) {
			t.Errorf("%s: time is %v and not that of the oldest series", name, r.Time)
		}
	}
}

func TestSelectorsAndBatching(t *testing.T) {
	server := metricsapitest.Start(t, metricsapi.External, "v1beta1")
	server.Put(path+"m?queue=a", series("1"))
	server.Put(path+"m?queue=b", series("2"))
	a, b := request("m", map[string]string{"queue": "a"}), request("m", map[string]string{"queue": "b"})
	readings, err := asking(t, server)(a, b, a, b, a)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int64{1000, 2000, 1000, 2000, 1000} {
		if readings[i].Value != want || readings[i].Err != nil {
			t.Errorf("reading %d: %+v", i, readings[i])
		}
	}
	asked := server.Requests()
	if slices.Sort(asked); !slices.Equal(asked, []string{path + "m?queue=a", path + "m?queue=b"}) {
		t.Errorf("five questions were %v", asked)
	}
}

// What is told of an API that is gone, and that it is told of the API and not of the metric.
func TestOutages(t *testing.T) {
	server := metricsapitest.Start(t, metricsapi.External, "v1beta1")
	server.Put(path+"m", series("1"))
	read := asking(t, server)
	if _, err := read(request("m", nil)); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		status int
		want   string
	}{
		"503": {http.StatusServiceUnavailable, "is not available"},
		"429": {http.StatusTooManyRequests, "too many requests"},
		"504": {http.StatusGatewayTimeout, "timed out"},
	} {
		server.Fail(test.status)
		if _, err := read(request("m", nil)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	server.Fail(http.StatusInternalServerError)
	readings, err := read(request("m", nil))
	if err != nil || readings[0].Err == nil {
		t.Errorf("500 of one metric: %v, %v", readings, err)
	}
	server.Fail(0)
	server.Serve()
	if _, err := read(request("m", nil)); err == nil || !strings.Contains(err.Error(), "is not served") {
		t.Errorf("a group that has gone: %v", err)
	}
	server.Serve("v9")
	if _, err := read(request("m", nil)); err == nil || !strings.Contains(err.Error(), "versions that are not known") {
		t.Errorf("a version that is not known: %v", err)
	}
	server.Serve("v1beta1")
	if readings, err := read(request("m", nil)); err != nil || readings[0].Value != 1000 {
		t.Errorf("after that: %v, %v", readings, err)
	}
}

// A metric's name is part of a path that is read with the manager's rights.
func TestNamesStayWhereTheyBelong(t *testing.T) {
	for _, name := range []string{"", ".", "..", "../../../../api/v1/secrets", "a/b", "a%2fb"} {
		if _, err := (Source{}).Query(request(name, nil)); !failure.IsMistake(err) {
			t.Errorf("%q: %v", name, err)
		}
	}
	bad := request("m", nil)
	bad.Signal.Metric.External.Metric.Selector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: "Near"}}}
	if _, err := (Source{}).Query(bad); !failure.IsMistake(err) {
		t.Errorf("a bad selector: %v", err)
	}
}
