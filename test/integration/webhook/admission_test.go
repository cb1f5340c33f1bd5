package webhook

import (
	"fmt"
	"strings"
	"testing"
)

// Where containers are.
const (
	podSpec   = ".spec.template.spec"
	container = podSpec + ".containers[0]"
	applied   = `.metadata.annotations.plimsoll\.dev/applied`
)

// TestAdmission is one cluster for all: first what becomes of objects, then what becomes of the manager.
func TestAdmission(t *testing.T) {
	e := start(t)
	t.Run("objects", func(t *testing.T) { objects(t, e) })
	t.Run("life", func(t *testing.T) { life(t, e) })
	if said := e.log.String(); strings.Contains(said, "forbidden") {
		t.Error("the manager was refused something: see its log")
	}
}

// objects: what becomes of them.
func objects(t *testing.T, e *env) {
	for name, test := range map[string]func(*testing.T, *env){
		"every kind is completed":                      everyKind,
		"a dry run shows the result and keeps nothing": dryRun,
		"a denial reads well":                          denial,
		"several mistakes read well":                   mistakes,
		"an unknown key warns":                         unknownKey,
		"a label rolls no pods":                        labelOnly,
		"an image keeps what was completed":            image,
		"what somebody else adds is completed too":     reinvocation,
		"Kubernetes' own namespaces are left alone":    systemNamespace,
		"a namespace and its workloads come at once":   oneApply,
		"what a LimitRange refuses is not added":       limitRange,
		"what is no concern of Plimsoll's never comes": noTraffic,
	} {
		t.Run(name, func(t *testing.T) { test(t, e) })
	}
}

func everyKind(t *testing.T, e *env) {
	ns := e.namespace(t, "kinds", "")
	e.apply(t, deployment(ns, "web", "requests: cpu=250m,memory=256Mi", "limits: memory=512Mi", "scratch: /cache=1Gi"))
	e.want(t, ns, "deployment/web", container+".resources", `{"limits":{"memory":"512Mi"},"requests":{"cpu":"250m","memory":"256Mi"}}`)
	e.want(t, ns, "deployment/web", container+".volumeMounts[0].mountPath", "/cache")
	e.want(t, ns, "deployment/web", podSpec+".volumes[0].emptyDir.sizeLimit", "1Gi")

	e.apply(t, workload("apps/v1", "StatefulSet", ns, "db", []string{"ephemeral-storage: 512Mi..2Gi"})+`spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: app, image: db:1}]}
`)
	e.want(t, ns, "statefulset/db", container+".resources", `{"limits":{"ephemeral-storage":"2Gi"},"requests":{"ephemeral-storage":"512Mi"}}`)

	pod := "template: {spec: {restartPolicy: Never, containers: [{name: app, image: job:1}]}}"
	e.apply(t, workload("batch/v1", "Job", ns, "once", []string{`ttl: 1h`, `backoff-limit: "2"`, `deadline: 10m`})+"spec:\n  "+pod+"\n")
	for path, want := range map[string]string{".spec.ttlSecondsAfterFinished": "3600", ".spec.backoffLimit": "2", ".spec.activeDeadlineSeconds": "600"} {
		e.want(t, ns, "job/once", path, want)
	}

	e.apply(t, workload("batch/v1", "CronJob", ns, "nightly", []string{`ttl: 1h`, `history: successful=1,failed=5`})+
		"spec:\n  schedule: 0 2 * * *\n  jobTemplate: {spec: {"+pod+"}}\n")
	for path, want := range map[string]string{
		".spec.jobTemplate.spec.ttlSecondsAfterFinished": "3600", ".spec.successfulJobsHistoryLimit": "1", ".spec.failedJobsHistoryLimit": "5",
	} {
		e.want(t, ns, "cronjob/nightly", path, want)
	}
}

func dryRun(t *testing.T, e *env) {
	ns := e.namespace(t, "dry", "")
	manifest := deployment(ns, "web", "requests: cpu=250m", `max-replicas: "3"`)
	out, err := e.cluster.KubectlIn(t.Context(), manifest, "apply", "-f", "-", "--dry-run=server", "-o", "jsonpath={"+container+".resources.requests.cpu}")
	must(t, err)
	if out != "250m" {
		t.Errorf("the dry run shows requests.cpu %q, want 250m", out)
	}
	if there := e.kubectl(t, "get", "deployments,scalers", "-n", ns, "-o", "name"); there != "" {
		t.Errorf("after the dry run there is: %s", there)
	}
}

func denial(t *testing.T, e *env) {
	ns := e.namespace(t, "denied", "")
	want := `The request is invalid: error when creating "STDIN": admission webhook "annotated.plimsoll.dev" denied the request: ` +
		`plimsoll.dev/requests: invalid value "cpu=lots": cpu: "lots" is not a quantity; legal is a list of resource=quantity, such as cpu=250m,memory=256Mi`
	if said := e.refused(t, deployment(ns, "web", "requests: cpu=lots")); strings.TrimSpace(said) != want {
		t.Errorf("kubectl says\n%s\nwant\n%s", said, want)
	}
}

func mistakes(t *testing.T, e *env) {
	ns := e.namespace(t, "mistakes", "")
	said := e.refused(t, deployment(ns, "web", "requests: cpu=lots", "scratch: tmp=1Gi"))
	for _, want := range []string{`denied the request: 2 problems:`, "\n* plimsoll.dev/requests: ", "\n* plimsoll.dev/scratch: "} {
		if !strings.Contains(said, want) {
			t.Errorf("kubectl says\n%s\nwant in it %q", said, want)
		}
	}
}

func unknownKey(t *testing.T, e *env) {
	ns := e.namespace(t, "unknown", "")
	want := "Warning: plimsoll.dev/max-replica: unknown key, ignored; did you mean plimsoll.dev/max-replicas?"
	if said := e.apply(t, deployment(ns, "web", `max-replica: "3"`)); strings.TrimSpace(said) != want {
		t.Errorf("kubectl says\n%s\nwant\n%s", said, want)
	}
}

// labelOnly: nothing that is not asked for touches a pod template, even where there would be something to complete by now.
func labelOnly(t *testing.T, e *env) {
	ns := e.namespace(t, "labels", "  labels: {plimsoll.dev/enabled: \"true\"}\n")
	e.apply(t, deployment(ns, "web"))
	e.kubectl(t, "annotate", "namespace", ns, "plimsoll.dev/requests=cpu=100m")
	await(t, "the namespace's default is known", func() (bool, string) {
		out, err := e.cluster.KubectlIn(t.Context(), deployment(ns, "probe"), "apply", "-f", "-", "--dry-run=server", "-o", "jsonpath={"+container+".resources}")
		return strings.Contains(out, "100m"), fmt.Sprint(out, err)
	})
	e.kubectl(t, "label", "deployment/web", "-n", ns, "team=a")
	e.apply(t, deployment(ns, "web"))
	e.want(t, ns, "deployment/web", container+".resources", "{}")
	e.want(t, ns, "deployment/web", ".metadata.labels.team", "a")
}

// image: an update that rolls pods anyway keeps and completes them, and an apply of the same manifest changes nothing.
func image(t *testing.T, e *env) {
	ns := e.namespace(t, "image", "")
	manifest := deployment(ns, "web", "requests: cpu=250m")
	e.apply(t, manifest)
	e.kubectl(t, "set", "image", "deployment/web", "-n", ns, "app=app:2")
	e.want(t, ns, "deployment/web", container+".resources.requests.cpu", "250m")
	before := e.get(t, ns, "deployment/web", ".spec.template")
	e.kubectl(t, "set", "image", "deployment/web", "-n", ns, "app=app:2")
	e.apply(t, strings.Replace(manifest, "app:1", "app:2", 1))
	e.want(t, ns, "deployment/web", ".spec.template", before)
}

// reinvocation: another webhook adds a container after Plimsoll has seen the object.
func reinvocation(t *testing.T, e *env) {
	ns := e.namespace(t, "reinvoked", "  labels: {inject: \"yes\"}\n")
	injector := newInjector(t, e)
	defer injector.remove(t, e)
	e.apply(t, deployment(ns, "web", "requests: cpu=250m"))
	e.want(t, ns, "deployment/web", podSpec+".containers[*].name", "app sidecar")
	e.want(t, ns, "deployment/web", podSpec+".containers[*].resources.requests.cpu", "250m 250m")
	stamp := e.get(t, ns, "deployment/web", applied)
	for _, path := range []string{"containers[app].resources.requests.cpu", "containers[sidecar].resources.requests.cpu"} {
		if n := strings.Count(stamp, path); n != 1 {
			t.Errorf("the stamp has %s %d times, want once: %s", path, n, stamp)
		}
	}
}

// limitRange: what is added is such that the pods are accepted.
func limitRange(t *testing.T, e *env) {
	ns := e.namespace(t, "limited", "")
	e.apply(t, "apiVersion: v1\nkind: LimitRange\nmetadata: {name: range, namespace: "+ns+"}\n"+
		"spec: {limits: [{type: Container, min: {cpu: 100m, memory: 64Mi}, max: {cpu: 500m, memory: 256Mi}}]}\n")
	manifest := deployment(ns, "web", "requests: cpu=50m,memory=128Mi", "limits: cpu=2,memory=1Gi")
	await(t, "the LimitRange is known", func() (bool, string) {
		out, err := e.cluster.KubectlIn(t.Context(), manifest, "create", "-f", "-", "--dry-run=server", "-o", "jsonpath={"+container+".resources.limits.cpu}")
		return out == "500m", fmt.Sprint(out, err)
	})
	e.apply(t, manifest)
	e.want(t, ns, "deployment/web", container+".resources", `{"limits":{"cpu":"500m","memory":"256Mi"},"requests":{"cpu":"100m","memory":"128Mi"}}`)
	await(t, "a pod runs", func() (bool, string) {
		status := e.get(t, ns, "deployment/web", ".status")
		return strings.Contains(status, `"readyReplicas":1`), status
	})
}

func systemNamespace(t *testing.T, e *env) {
	for _, ns := range []string{"kube-system", ownNamespace} {
		e.apply(t, deployment(ns, "web", "requests: cpu=250m"))
		e.want(t, ns, "deployment/web", container+".resources", "{}")
		e.want(t, ns, "deployment/web", applied, "")
	}
}

// oneApply: what was created a moment ago is known, though no informer has heard of it.
func oneApply(t *testing.T, e *env) {
	for i := range 5 {
		ns := fmt.Sprintf("atonce-%d", i)
		e.apply(t, "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: "+ns+
			"\n  labels: {plimsoll.dev/enabled: \"true\"}\n  annotations: {plimsoll.dev/requests: cpu=100m}\n---\n"+deployment(ns, "web"))
		e.want(t, ns, "deployment/web", container+".resources.requests.cpu", "100m")
	}
}

// noTraffic: the API server asks only about what is Plimsoll's concern.
func noTraffic(t *testing.T, e *env) {
	ns := e.namespace(t, "quiet", "")
	e.apply(t, deployment(ns, "own", "requests: cpu=250m"))
	await(t, "the Deployment is rolled out", func() (bool, string) {
		status := e.get(t, ns, "deployment/own", ".status")
		return strings.Contains(status, `"readyReplicas":1`), status
	})
	before := e.reviews(t)
	e.apply(t, deployment(ns, "other"))
	e.kubectl(t, "scale", "deployment/own", "-n", ns, "--replicas=2")
	e.kubectl(t, "patch", "deployment/own", "-n", ns, "--subresource=status", "--type=merge", "-p", `{"status":{"observedGeneration":1}}`)
	if got := e.reviews(t) - before; got != 0 {
		t.Errorf("%d reviews of what is no concern of Plimsoll's", got)
	}
	e.kubectl(t, "annotate", "deployment/own", "-n", ns, "plimsoll.dev/requests=cpu=300m", "--overwrite")
	if got := e.reviews(t) - before; got == 0 {
		t.Error("no review of a changed annotation: the counter tells nothing")
	}
}
