package admit_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/plimsoll-dev/plimsoll/policies/admit"
	"github.com/plimsoll-dev/plimsoll/policies/resolve"
	"github.com/plimsoll-dev/plimsoll/test/builders"
)

// typical is a Deployment with two containers as the API server sends it, about 5 KB, with what it has filled in, what
// kubectl apply keeps and who manages what.
func typical(edits ...func(*builders.Workload)) []byte {
	o := func(pairs ...any) builders.Object {
		m := builders.Object{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i].(string)] = pairs[i+1]
		}
		return m
	}
	probe := o("httpGet", o("path", "/healthz", "port", "http", "scheme", "HTTP"), "timeoutSeconds", 1, "periodSeconds", 10,
		"successThreshold", 1, "failureThreshold", 3)
	container := o(
		"imagePullPolicy", "IfNotPresent", "args", []any{"--listen=:8080", "--verbose"},
		"ports", []any{o("name", "http", "containerPort", 8080, "protocol", "TCP")},
		"env", []any{o("name", "QUEUE", "value", "job-queue"), o("name", "POD_IP", "valueFrom", o("fieldRef", o("apiVersion", "v1", "fieldPath", "status.podIP")))},
		"resources", o(), "livenessProbe", probe, "readinessProbe", probe,
		"volumeMounts", []any{o("name", "tmp", "mountPath", "/tmp")},
		"terminationMessagePath", "/dev/termination-log", "terminationMessagePolicy", "File",
		"securityContext", o("runAsNonRoot", true, "allowPrivilegeEscalation", false, "capabilities", o("drop", []any{"ALL"})))
	w := builders.Deployment("job-consumer").Container("app", container).Container("proxy", container).
		Pod("volumes", []any{o("name", "tmp", "emptyDir", o())}).Pod("restartPolicy", "Always").Pod("terminationGracePeriodSeconds", 30).
		Pod("dnsPolicy", "ClusterFirst").Pod("securityContext", o()).Pod("schedulerName", "default-scheduler").
		Spec("strategy", o("type", "RollingUpdate", "rollingUpdate", o("maxUnavailable", "25%", "maxSurge", "25%"))).
		Spec("revisionHistoryLimit", 10).Spec("progressDeadlineSeconds", 600).Spec("replicas", 1)
	applied := w.JSON()
	w.Annotate("kubectl.kubernetes.io/last-applied-configuration", string(applied[:min(len(applied), 1500)]))
	w.Meta("managedFields", []any{o("manager", "kubectl-client-side-apply", "operation", "Update", "apiVersion", "apps/v1", "fieldsType", "FieldsV1",
		"fieldsV1", o("f:metadata", o("f:annotations", o(".", o(), "f:team.example/owner", o())), "f:spec", o("f:replicas", o(), "f:template",
			o("f:spec", o("f:containers", o(`k:{"name":"app"}`, o(".", o(), "f:image", o(), "f:name", o())))))))})
	for _, edit := range edits {
		edit(w)
	}
	return w.JSON()
}

func annotated(w *builders.Workload) {
	w.Annotate("requests", "cpu=250m,memory=256Mi").Annotate("limits", "memory=512Mi").Annotate("scratch-size-limit", "1Gi")
}

func scaled(w *builders.Workload) {
	w.Annotate("min-replicas", "0").Annotate("max-replicas", "20").
		Annotate("triggers", "- type: redis\n  metadata: {address: \"redis:6379\", listName: job-queue, listLength: \"5\"}\n")
}

func BenchmarkReview(b *testing.B) {
	object := typical(annotated)
	stored := apply(b, object, admit.Review(create(object, plain())).Ops)
	labelled := bytes.Replace(stored, []byte(`"name":"job-consumer"`), []byte(`"labels":{"team":"x"},"name":"job-consumer"`), 1)
	released := bytes.ReplaceAll(stored, []byte("app:1.0"), []byte("app:2.0"))
	update := func(old, object []byte) admit.Input {
		return admit.Input{Operation: admit.Update, Object: object, OldObject: old, Namespace: plain()}
	}
	defaults := enrolled(map[string]string{"plimsoll.dev/requests": "cpu=100m,memory=128Mi", "plimsoll.dev/limits": "memory=256Mi"})
	for name, in := range map[string]admit.Input{
		"create":            create(object, plain()),
		"create-defaults":   create(typical(), defaults),
		"create-scaled":     create(typical(scaled), plain()),
		"create-needs-none": create(stored, plain()),
		"update-label":      update(stored, labelled),
		"update-image":      update(stored, released),
		"not-enrolled":      create(typical(), resolve.NewNamespace("other", nil, nil, nil)),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(in.Object)))
			b.ReportAllocs()
			for b.Loop() {
				if o := admit.Review(in); !o.Allowed() {
					b.Fatal(o.Denials)
				}
			}
		})
	}
}

// BenchmarkDecodeOnly is what every webhook has to do: to compare the above with.
func BenchmarkDecodeOnly(b *testing.B) {
	object := typical(annotated)
	b.SetBytes(int64(len(object)))
	b.ReportAllocs()
	for b.Loop() {
		var v map[string]any
		if err := json.Unmarshal(object, &v); err != nil {
			b.Fatal(err)
		}
	}
}
