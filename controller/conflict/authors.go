package conflict

import (
	"context"
	"encoding/json"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/controller/actuate"
	"github.com/plimsoll-dev/plimsoll/controller/targets"
)

// Authors read who set a replica count. Informers do not keep that, so it is one request for each time it is asked.
type Authors struct {
	// Live reads from the API server.
	Live client.Reader
}

// Author names the field manager, apart from Plimsoll, that set spec.replicas last; empty where that cannot be told.
func (a *Authors) Author(ctx context.Context, k targets.Key) string {
	object := &metav1.PartialObjectMetadata{}
	object.SetGroupVersionKind(k.Kind)
	if err := a.Live.Get(ctx, client.ObjectKey{Namespace: k.Namespace, Name: k.Name}, object); err != nil {
		return "" // of other kinds only the scale may be read, as a rule
	}
	return authorOf(object.ManagedFields)
}

func authorOf(entries []metav1.ManagedFieldsEntry) string {
	var last *metav1.ManagedFieldsEntry
	for i := range entries {
		e := &entries[i]
		if e.Manager == actuate.FieldManager || !setsReplicas(e) {
			continue
		}
		if last == nil || last.Time == nil || e.Time != nil && !e.Time.Before(last.Time) {
			last = e
		}
	}
	if last == nil {
		return ""
	}
	return last.Manager
}

func setsReplicas(e *metav1.ManagedFieldsEntry) bool {
	if e.FieldsV1 == nil {
		return false
	}
	var fields struct {
		Spec map[string]json.RawMessage `json:"f:spec"`
	}
	if json.Unmarshal(e.FieldsV1.GetRawBytes(), &fields) != nil {
		return false
	}
	_, ok := fields.Spec["f:replicas"]
	return ok
}

// advice is by the beginning of a field manager's name. The first row that fits counts.
var advice = []struct{ manager, text string }{
	{"argocd", "let Argo CD ignore it (spec.ignoreDifferences with jsonPointers [/spec/replicas], and the sync option " +
		"RespectIgnoreDifferences=true), or leave spec.replicas out of the manifest"},
	{"kustomize-controller", "leave spec.replicas out of the manifest that Flux applies"},
	{"helm", "leave spec.replicas out of the chart's template, or render it only where autoscaling is off"},
	{"kube-controller-manager", "look for a HorizontalPodAutoscaler on it, and delete that"},
	{"keda", "look for a ScaledObject on it, and delete that"},
	{"kubectl", "leave spec.replicas out of what is applied, and set plimsoll.dev/min-replicas for a floor"},
}

// Advice says what to do where a field manager keeps setting the count.
func (a *Authors) Advice(author string) string {
	for _, row := range advice {
		if strings.HasPrefix(strings.ToLower(author), row.manager) {
			return row.text
		}
	}
	return "have it leave spec.replicas alone, or take plimsoll.dev's scaling annotations off the workload"
}
