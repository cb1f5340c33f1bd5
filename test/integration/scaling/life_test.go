package scaling

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/test/redistest"
)

// restart: what happens while the manager is away must not surprise anybody when it is back.
func restart(t *testing.T, e *env, redis *redistest.Server) {
	ns := e.namespace(t, "restart")
	must(t, e.client.Create(t.Context(), secret(ns, password)))
	redis.Fill(t, "restart", 30)
	redis.Fill(t, "wrong", 15)
	slow := onList(redis.Address, "restart", "cooldown", "30s")
	delete(slow, "plimsoll.dev/behavior") // the default: nothing falls for five minutes
	must(t, e.client.Create(t.Context(), deployment(ns, "busy", 0, slow)))
	must(t, e.client.Create(t.Context(), deployment(ns, "wrong", 0, onList(redis.Address, "wrong"))))
	e.awaitReplicas(t, 20*time.Second, ns, "busy", 6)
	e.awaitReplicas(t, 20*time.Second, ns, "wrong", 3)

	must(t, e.manager.Stop())
	redis.Fill(t, "restart", 0)
	// Admission is away with the manager, so that a mistake gets through.
	d := &appsv1.Deployment{}
	must(t, e.client.Get(t.Context(), client.ObjectKey{Namespace: ns, Name: "wrong"}, d))
	patch := client.MergeFrom(d.DeepCopy())
	d.Annotations["plimsoll.dev/max-replicas"] = "many"
	must(t, e.client.Patch(t.Context(), d, patch))
	e.startManager(t)

	awaitEvent(t, e, ns, "InvalidValue", "max-replicas")
	s, err := e.scaler(t, ns, "wrong")
	must(t, err)
	if s.Spec.MaxReplicas != 40 {
		t.Errorf("the last good Scaler is not there any more: %+v", s.Spec)
	}
	redis.Fill(t, "wrong", 20)
	e.awaitReplicas(t, 20*time.Second, ns, "wrong", 4)
	e.holds(t, ns, "busy", 6)
	redis.Fill(t, "restart", 50)
	e.awaitReplicas(t, 20*time.Second, ns, "busy", 10)
}

// steadyState: with sources that are read every second, nothing is asked of the API server. (The CPU workload goes first: its
// source, metrics.k8s.io, is behind the API server.)
func steadyState(t *testing.T, e *env) {
	must(t, e.client.Delete(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "cpu"}}))
	const requests, reads = "rest_client_requests_total", "plimsoll_scaler_source_read_duration_seconds_count"
	// What is left over from the tests before comes to an end: events, the deletion of the namespace.
	await(t, 90*time.Second, "ten seconds without a request", func() (bool, string) {
		asked, read, lines := e.metric(t, requests), e.metric(t, reads), e.metricLines(t, requests)
		time.Sleep(10 * time.Second)
		asked, read = e.metric(t, requests)-asked, e.metric(t, reads)-read
		t.Logf("in 10 s: %v reads of sources, %v requests to the API server", read, asked)
		return asked == 0 && read > 5, lines + "then\n" + e.metricLines(t, requests)
	})
}

// metricLines gives the lines of a metric of the manager.
func (e *env) metricLines(t *testing.T, name string) string {
	t.Helper()
	response, err := http.Get(e.manager.MetricsURL())
	must(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	must(t, err)
	var lines strings.Builder
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name); ok && (rest[0] == '{' || rest[0] == ' ') {
			lines.WriteString(line)
		}
	}
	return lines.String()
}

// metric sums a metric of the manager over its labels.
func (e *env) metric(t *testing.T, name string) float64 {
	t.Helper()
	sum := 0.0
	for line := range strings.Lines(e.metricLines(t, name)) {
		n, err := strconv.ParseFloat(strings.TrimSpace(line[strings.LastIndex(line, " ")+1:]), 64)
		must(t, err)
		sum += n
	}
	return sum
}

// jobs: how long a finished Job stays depends on how it ended.
func jobs(t *testing.T, e *env, _ *redistest.Server) {
	ns := e.namespace(t, "jobs")
	kept := map[string]string{"plimsoll.dev/ttl": "10m", "plimsoll.dev/ttl-on-failure": "24h", "plimsoll.dev/backoff-limit": "0"}
	for name, code := range map[string]string{"good": "0", "bad": "1"} {
		must(t, e.client.Create(t.Context(), job(ns, name, code, kept)))
	}
	must(t, e.client.Create(t.Context(), job(ns, "plain", "1", nil)))
	for name, want := range map[string]int32{"good": 600, "bad": 86400} {
		await(t, 60*time.Second, fmt.Sprintf("Job %s stays %d s", name, want), func() (bool, string) {
			j := &batchv1.Job{}
			must(t, e.client.Get(t.Context(), client.ObjectKey{Namespace: ns, Name: name}, j))
			ttl := j.Spec.TTLSecondsAfterFinished
			return len(j.Status.Conditions) > 0 && ttl != nil && *ttl == want, fmt.Sprintf("ttl %v, %+v", ttl, j.Status.Conditions)
		})
	}
	j := &batchv1.Job{}
	must(t, e.client.Get(t.Context(), client.ObjectKey{Namespace: ns, Name: "plain"}, j))
	if j.Spec.TTLSecondsAfterFinished != nil {
		t.Errorf("a Job without annotations got a TTL of %d", *j.Spec.TTLSecondsAfterFinished)
	}
}

func job(ns, name, exitCode string, annotations map[string]string) *batchv1.Job {
	return &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: name, Annotations: annotations},
		Spec: batchv1.JobSpec{Template: corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{"lab.plimsoll.dev/exit-code": exitCode}},
			Spec: corev1.PodSpec{
				RestartPolicy: corev1.RestartPolicyNever, Containers: []corev1.Container{{Name: "app", Image: "app:latest"}},
			},
		}},
	}
}
