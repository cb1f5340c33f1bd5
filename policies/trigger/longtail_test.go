package trigger_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/trigger"
	"github.com/plimsoll-dev/plimsoll/policies/trigger/keda"
)

// Every type of KEDA's is known: by a source of our own, or by the long tail, and not by both; or it is refused with the reason.
func TestEveryTypeOfKEDAIsKnown(t *testing.T) {
	tail := map[string]bool{}
	for _, kind := range trigger.LongTail() {
		tail[kind.Name] = true
	}
	for _, name := range keda.Names() {
		kind, ok := trigger.Lookup(name)
		if name == "kubernetes-resource" {
			errs := trigger.Validate(v1alpha1.Trigger{Type: name})
			if ok || len(errs) != 1 || !strings.Contains(errs[0].Detail, "any object of the cluster") {
				t.Errorf("%s: known %t, %v", name, ok, errs)
			}
			continue
		}
		if !ok || kind.LongTail != tail[name] || kind.LongTail == slices.Contains(trigger.Names(), name) {
			t.Errorf("%s: known %t, of the long tail %t", name, ok, kind.LongTail)
		}
	}
}

func TestValidateLongTail(t *testing.T) {
	auth := &v1alpha1.AuthenticationRef{Name: "a"}
	for name, test := range map[string]struct {
		in   v1alpha1.Trigger
		want []string // field: type
	}{
		"complete": {in: v1alpha1.Trigger{Type: "beanstalkd", Metadata: data{"server": "b:1", "tube": "t", "value": "5"}}},
		"a misspelt key": {
			in:   v1alpha1.Trigger{Type: "beanstalkd", Metadata: data{"server": "b:1", "tubes": "t", "value": "5"}},
			want: []string{"metadata[tubes]: FieldValueNotSupported", "metadata[tube]: FieldValueRequired"},
		},
		"metrics-api with an address": {in: v1alpha1.Trigger{Type: "metrics-api", Metadata: data{"url": "http://a", "valueLocation": "n", "targetValue": "5"}}},
		"metrics-api over the endpoints of a Service": {
			in: v1alpha1.Trigger{Type: "metrics-api", Metadata: data{
				"url": "http://a.ns", "valueLocation": "n", "targetValue": "5", "aggregateFromKubeServiceEndpoints": "true",
			}},
			want: []string{"metadata[aggregateFromKubeServiceEndpoints]: FieldValueForbidden"},
		},
		"one of two names": {in: v1alpha1.Trigger{Type: "ibmmq", AuthenticationRef: auth, Metadata: data{"host": "h", "queueNames": "a,b"}}},
		"a list of choices": {in: v1alpha1.Trigger{Type: "graphite", AuthenticationRef: auth, Metadata: data{
			"serverAddress": "s", "query": "q", "queryTime": "t", "authModes": "basic, tls",
		}}},
		"two choices that exclude each other": {
			in: v1alpha1.Trigger{Type: "graphite", AuthenticationRef: auth, Metadata: data{
				"serverAddress": "s", "query": "q", "queryTime": "t", "authModes": "basic,bearer",
			}},
			want: []string{"metadata[authModes]: FieldValueInvalid"},
		},
		"an illegal value": {
			in:   v1alpha1.Trigger{Type: "azure-queue", Metadata: data{"queueName": "q", "queueLengthStrategy": "visible"}},
			want: []string{"metadata[queueLengthStrategy]: FieldValueInvalid"},
		},
		"a key that KEDA has given up": {
			in:   v1alpha1.Trigger{Type: "temporal", Metadata: data{"endpoint": "e", "taskQueue": "t", "buildId": "b"}},
			want: []string{"metadata[buildId]: FieldValueForbidden"},
		},
		"a secret in the metadata": {
			in:   v1alpha1.Trigger{Type: "etcd", Metadata: data{"endpoints": "e", "watchKey": "k", "value": "1", "password": "p"}},
			want: []string{"metadata[password]: FieldValueForbidden"},
		},
		"the same from the environment": {in: v1alpha1.Trigger{Type: "etcd", Metadata: data{
			"endpoints": "e", "watchKey": "k", "value": "1", "passwordFromEnv": "P",
		}}},
		"keys with a beginning": {in: v1alpha1.Trigger{Type: "sumologic", AuthenticationRef: auth, Metadata: data{
			"host": "h", "queryType": "logs", "timerange": "1m", "threshold": "1", "query.A": "x",
		}}},
		"keys that the schema leaves out": {in: v1alpha1.Trigger{Type: "pulsar", Metadata: data{
			"adminURL": "u", "topic": "t", "subscription": "s", "oauthTokenURI": "o", "EndpointParams": "p",
		}}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, err := range trigger.Validate(test.in) {
				got = append(got, err.Field+": "+string(err.Type))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
