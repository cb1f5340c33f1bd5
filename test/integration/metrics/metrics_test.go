package metrics

import (
	"testing"
	"time"
)

func TestMetrics(t *testing.T) {
	e := start(t)
	t.Run("group", func(t *testing.T) {
		for name, test := range map[string]func(*testing.T, *env){
			"Object, Value":                  objectValue,
			"Object, AverageValue":           objectAverage,
			"Object on a Namespace":          objectNamespace,
			"External, Value, from zero":     externalValue,
			"External, AverageValue":         externalAverage,
			"Pods":                           podsMetric,
			"Pods and Object of one wish":    founding,
			"Resource and ContainerResource": resources,
			"memory and CPU":                 memoryAndCPU,
			"Pods from the pods themselves":  scraped,
			"values that are no answer":      badValues,
			"no such metric":                 noSuchMetric,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t, e)
			})
		}
	})
	t.Run("adapter gone", func(t *testing.T) { gone(t, e) })
}

func ofIngress() []string {
	return []string{"resource", "ingresses.networking.k8s.io", "object", "main-ingress"}
}

const objectByValue = `- type: Object
  object:
    metric: {name: requests_per_second}
    describedObject: {apiVersion: networking.k8s.io/v1, kind: Ingress, name: main-ingress}
    target: {type: Value, value: "100"}
`

func objectValue(t *testing.T, e *env) {
	const ns = "object-value"
	e.set(t, ns, "requests_per_second", "350", ofIngress()...)
	e.workload(t, ns, objectByValue, "max-replicas", "4")
	e.wantReplicas(t, ns, 4)
	e.set(t, ns, "requests_per_second", "104", ofIngress()...) // within tolerance
	e.holds(t, ns, 4)
	e.set(t, ns, "requests_per_second", "0", ofIngress()...) // a real zero
	e.wantReplicas(t, ns, 1)
}

func objectAverage(t *testing.T, e *env) {
	const ns = "object-average"
	e.set(t, ns, "requests_per_second", "35", ofIngress()...)
	e.workload(t, ns, `- type: Object
  object:
    metric: {name: requests_per_second}
    describedObject: {apiVersion: networking.k8s.io/v1, kind: Ingress, name: main-ingress}
    target: {type: AverageValue, averageValue: "10"}
`)
	e.wantReplicas(t, ns, 4)
	e.set(t, ns, "requests_per_second", "62500m", ofIngress()...)
	e.wantReplicas(t, ns, 7)
	e.set(t, ns, "requests_per_second", "18", ofIngress()...)
	e.wantReplicas(t, ns, 2)
}

func objectNamespace(t *testing.T, e *env) {
	const ns = "object-namespace"
	must(t, e.api.Set(t.Context(), "sessions", "30", "resource", "namespaces", "object", ns))
	e.workload(t, ns, `- type: Object
  object:
    metric: {name: sessions}
    describedObject: {apiVersion: v1, kind: Namespace, name: object-namespace}
    target: {type: AverageValue, averageValue: "10"}
`)
	e.wantReplicas(t, ns, 3)
}

func externalValue(t *testing.T, e *env) {
	const ns = "external-value"
	e.set(t, ns, "lag", "250")
	e.workload(t, ns, `- type: External
  external:
    metric: {name: lag}
    target: {type: Value, value: "100"}
`, "min-replicas", "0", "max-replicas", "3")
	e.wantReplicas(t, ns, 3)
	e.set(t, ns, "lag", "0")
	e.wantReplicas(t, ns, 0)
	e.set(t, ns, "lag", "170")
	e.wantReplicas(t, ns, 2) // one step, from zero
}

func externalAverage(t *testing.T, e *env) {
	const ns = "external-average"
	e.set(t, ns, "queue_messages_ready", "100", "labels", "queue=orders,zone=a")
	e.set(t, ns, "queue_messages_ready", "45", "labels", "queue=orders,zone=b")
	e.set(t, ns, "queue_messages_ready", "9000", "labels", "queue=invoices")
	e.workload(t, ns, `- type: External
  external:
    metric: {name: queue_messages_ready, selector: {matchLabels: {queue: orders}}}
    target: {type: AverageValue, averageValue: "30"}
`)
	e.wantReplicas(t, ns, 5) // (100 + 45) / 30
	e.set(t, ns, "queue_messages_ready", "0", "labels", "queue=orders,zone=a")
	e.wantReplicas(t, ns, 2)
}

const queueDepth = `- type: Pods
  pods:
    metric: {name: queue_depth}
    target: {type: AverageValue, averageValue: "10"}
`

func podsMetric(t *testing.T, e *env) {
	const ns = "pods"
	e.set(t, ns, "queue_depth", "30", "resource", "pods", "object", "*")
	e.workload(t, ns, queueDepth, "max-replicas", "3")
	e.wantReplicas(t, ns, 3)
	e.set(t, ns, "queue_depth", "10", "resource", "pods", "object", "*")
	e.holds(t, ns, 3)
	e.set(t, ns, "queue_depth", "2", "resource", "pods", "object", "*")
	e.wantReplicas(t, ns, 1)
}

// founding is a HorizontalPodAutoscaler of two metrics as annotations: the higher proposal wins.
func founding(t *testing.T, e *env) {
	const ns = "founding"
	e.set(t, ns, "queue_depth", "5", "resource", "pods", "object", "*")
	e.set(t, ns, "requests_per_second", "300", ofIngress()...)
	e.workload(t, ns, queueDepth+objectByValue, "min-replicas", "1", "max-replicas", "3")
	e.wantReplicas(t, ns, 3)
	e.set(t, ns, "requests_per_second", "10", ofIngress()...)
	e.wantReplicas(t, ns, 2) // 3 pods with a depth of 5 for 10 wanted
}

func resources(t *testing.T, e *env) {
	const ns = "resources"
	must(t, e.client.Create(t.Context(), namespace(ns)))
	d := deployment(ns, `- type: ContainerResource
  containerResource:
    name: cpu
    container: app
    target: {type: Utilization, averageUtilization: 70}
`, "max-replicas", "3", "cpu", "90%", "requests", "cpu=100m", "cpu-initialization-period", "0s", "initial-readiness-delay", "0s")
	d.Spec.Template.Annotations = map[string]string{"kwok.x-k8s.io/usage-cpu": "200m"}
	must(t, e.client.Create(t.Context(), d))
	e.wantReplicas(t, ns, 3)
	s, err := e.scaler(t, ns)
	must(t, err)
	if len(s.Status.Metrics) != 2 || s.Status.Metrics[0].Type == s.Status.Metrics[1].Type {
		t.Errorf("metrics: %+v", s.Status.Metrics)
	}
}

func memoryAndCPU(t *testing.T, e *env) {
	const ns = "memory"
	must(t, e.client.Create(t.Context(), namespace(ns)))
	d := deployment(ns, "", "max-replicas", "20", "memory", "80%", "cpu", "60%", "requests", "cpu=100m,memory=100Mi",
		"cpu-initialization-period", "0s", "initial-readiness-delay", "0s")
	two := int32(2)
	d.Spec.Replicas = &two
	d.Spec.Template.Annotations = map[string]string{"kwok.x-k8s.io/usage-cpu": "10m", "kwok.x-k8s.io/usage-memory": "80Mi"}
	must(t, e.client.Create(t.Context(), d))
	e.wantActive(t, ns, "ValidMetricFound", "")
	e.holds(t, ns, 2) // memory says 2, and CPU 1
}

func badValues(t *testing.T, e *env) {
	const ns = "bad-values"
	e.set(t, ns, "lag", "35")
	e.workload(t, ns, `- type: External
  external:
    metric: {name: lag}
    target: {type: AverageValue, averageValue: "10"}
`)
	e.wantReplicas(t, ns, 4)
	e.set(t, ns, "lag", "-1")
	e.wantActive(t, ns, "FailedGetExternalMetric", "negative")
	e.holds(t, ns, 4)
	e.set(t, ns, "lag", "1e30")
	e.wantReplicas(t, ns, 9)
}

func noSuchMetric(t *testing.T, e *env) {
	const ns = "no-such-metric"
	e.workload(t, ns, `- type: Object
  object:
    metric: {name: nobody_knows}
    describedObject: {apiVersion: networking.k8s.io/v1, kind: Ingress, name: main-ingress}
    target: {type: Value, value: "100"}
`)
	e.wantActive(t, ns, "FailedGetObjectMetric", "custom.metrics.k8s.io has no metric nobody_knows of Ingress main-ingress in namespace "+ns)
	if n := e.replicas(t, ns); n != 1 {
		t.Errorf("%d replicas", n)
	}
	e.set(t, ns, "nobody_knows", "200", ofIngress()...)
	e.wantReplicas(t, ns, 9)
}

// gone: an adapter that hangs, dies, is uninstalled, and comes back. What it served keeps its replicas all the while.
func gone(t *testing.T, e *env) {
	const object, external, pods = "gone-object", "gone-external", "gone-pods"
	values := func() {
		e.set(t, object, "requests_per_second", "35", ofIngress()...)
		e.set(t, external, "lag", "35")
		e.set(t, pods, "queue_depth", "10", "resource", "pods", "object", "*")
	}
	values()
	e.workload(t, object, `- type: Object
  object:
    metric: {name: requests_per_second}
    describedObject: {apiVersion: networking.k8s.io/v1, kind: Ingress, name: main-ingress}
    target: {type: AverageValue, averageValue: "10"}
`)
	e.workload(t, external, `- type: External
  external:
    metric: {name: lag}
    target: {type: AverageValue, averageValue: "10"}
`, "min-replicas", "0")
	e.workload(t, pods, queueDepth, "min-replicas", "1")
	e.wantReplicas(t, object, 4)
	e.wantReplicas(t, external, 4)
	all := func(check func(ns, reason string)) {
		check(object, "FailedGetObjectMetric")
		check(external, "FailedGetExternalMetric")
		check(pods, "FailedGetPodsMetric")
	}

	must(t, e.api.Hang(t.Context(), 10*time.Second))
	all(func(ns, reason string) { e.wantActive(t, ns, reason, "does not answer: timed out") })
	must(t, e.api.Stop())
	all(func(ns, reason string) { e.wantActive(t, ns, reason, "is not available") })
	e.holds(t, object, 4)
	must(t, e.api.Unregister(t.Context()))
	all(func(ns, reason string) { e.wantActive(t, ns, reason, "is not served: is a metrics adapter installed?") })
	for ns, want := range map[string]int32{object: 4, external: 4, pods: 1} {
		if n := e.replicas(t, ns); n != want {
			t.Errorf("%d replicas of %s, want %d held", n, ns, want)
		}
	}

	must(t, e.api.Start(e.log))
	must(t, e.api.Register(t.Context()))
	await(t, 20*time.Second, "values set", func() (bool, string) {
		err := e.api.Set(t.Context(), "lag", "75", "namespace", external)
		return err == nil, ""
	})
	e.wantReplicas(t, external, 8)
	all(func(ns, _ string) {
		values()
		e.wantActive(t, ns, "ValidMetricFound", "")
	})
}
