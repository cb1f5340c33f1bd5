package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
)

const namespace = "serverless"

// admission applies the workloads and shows what the API server made of them.
func admission(ctx context.Context, st *stage, s *screen) error {
	s.Title("2. Ordinary manifests, completed at admission")
	if _, err := st.cluster.KubectlIn(ctx, st.manifests(), "apply", "-f", "-"); err != nil {
		return err
	}
	for _, show := range []struct{ object, path, words string }{
		{"job/data-processor-job", "{.spec.ttlSecondsAfterFinished}", "ttlSecondsAfterFinished: %s"},
		{"job/data-processor-job", "{.spec.template.spec.containers[0].resources.limits.ephemeral-storage}",
			"limits.ephemeral-storage: %s (the namespace's default)"},
		{"deployment/temp-storage-app", "{.spec.template.spec.volumes[0].emptyDir.sizeLimit}", "emptyDir at /tmp/data, sizeLimit: %s"},
		{"deployment/job-consumer", "{.spec.template.spec.containers[0].resources.requests.memory}", "requests.memory: %s"},
	} {
		value, err := st.cluster.Kubectl(ctx, "--namespace", namespace, "get", show.object, "-o", "jsonpath="+show.path)
		if err != nil {
			return err
		}
		if value == "" {
			return fmt.Errorf("%s was not completed: %s is empty; the manager's log: %s", show.object, show.path, st.log.Name())
		}
		s.Say("  %-28s + %s", show.object, fmt.Sprintf(show.words, value))
	}
	return nil
}

// pace is how often the demo looks, and how often a consumer takes an item.
const (
	pace    = 100 * time.Millisecond
	perItem = time.Second
	// patience is how long the way to the top and back may take.
	patience = 75 * time.Second
)

// work lets items arrive and follows the replicas up and back to zero.
func work(ctx context.Context, st *stage, s *screen) error {
	c, err := st.client()
	if err != nil {
		return err
	}
	if err := awaitScaler(ctx, c); err != nil {
		return err
	}
	s.Title(fmt.Sprintf("3. %d items of work arrive (5 a replica); every ready replica does one in %v", st.options.Items, perItem))
	s.Say("  (No container runs on simulated nodes: the demo takes the items out of Redis in the replicas' place.)")
	s.Say("%s", heading())
	if err := st.queue.Push(ctx, st.options.Items); err != nil {
		return err
	}
	run, err := follow(ctx, st, s, c)
	if err != nil {
		return err
	}
	return summary(ctx, st, s, run)
}

func (st *stage) client() (client.Client, error) {
	config, err := st.cluster.REST()
	if err != nil {
		return nil, err
	}
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return nil, err
	}
	return client.New(config, client.Options{Scheme: scheme})
}

// awaitScaler waits until the controller has made the Scaler and read the queue once.
func awaitScaler(ctx context.Context, c client.Client) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		scaler, _, err := look(ctx, c)
		if err == nil && scaler.Status.Reason != "" {
			return nil
		}
		if waitErr := wait(ctx, pace); waitErr != nil {
			return fmt.Errorf("no Scaler was made for Deployment job-consumer: %w", err)
		}
	}
}

// outcome is what following the replicas showed.
type outcome struct {
	// Seen are the wanted replica counts, in order, each once.
	Seen []int
	// Up is the time from the work's arrival until the top was wanted, Done until everything was back at zero.
	Up, Done time.Duration
}

// follow shows frames until the queue and the replicas are back at zero.
func follow(ctx context.Context, st *stage, s *screen, c client.Client) (outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var run outcome
	var last frame
	began, credit := time.Now(), 0.0
	for {
		f, err := snapshot(ctx, st, c)
		if err != nil {
			return run, err
		}
		f.At = time.Since(began)
		run.note(f)
		if f.news(last) {
			s.Say("%s", f)
			last = f
		} else {
			s.Flash(f.String())
		}
		if len(run.Seen) > 1 && f.Waiting == 0 && f.Wanted == 0 && f.Ready == 0 {
			run.Done = f.At
			return run, nil
		}
		credit += float64(f.Ready) * pace.Seconds() / perItem.Seconds()
		if err := st.queue.Take(ctx, int(credit)); err != nil {
			return run, err
		}
		credit -= float64(int(credit))
		if err := wait(ctx, pace); err != nil {
			return run, fmt.Errorf("the replicas were not back at zero after %v; last seen: %s", patience, strings.TrimSpace(f.String()))
		}
	}
}

func (o *outcome) note(f frame) {
	if len(o.Seen) == 0 || o.Seen[len(o.Seen)-1] != f.Wanted {
		o.Seen = append(o.Seen, f.Wanted)
		if len(o.Seen) == 2 {
			o.Up = f.At
		}
	}
}

// snapshot reads queue and replicas.
func snapshot(ctx context.Context, st *stage, c client.Client) (frame, error) {
	scaler, deployment, err := look(ctx, c)
	if err != nil {
		return frame{}, err
	}
	waiting, err := st.queue.Len(ctx)
	if err != nil {
		return frame{}, err
	}
	f := frame{
		Waiting: waiting, Ready: int(deployment.Status.ReadyReplicas),
		Reason: scaler.Status.Reason, Message: scaler.Status.Message,
	}
	if deployment.Spec.Replicas != nil {
		f.Wanted = int(*deployment.Spec.Replicas)
	}
	return f, nil
}

func look(ctx context.Context, c client.Client) (*v1alpha1.Scaler, *appsv1.Deployment, error) {
	key := client.ObjectKey{Namespace: namespace, Name: "job-consumer"}
	scaler, deployment := &v1alpha1.Scaler{}, &appsv1.Deployment{}
	if err := c.Get(ctx, key, scaler); err != nil {
		return nil, nil, err
	}
	return scaler, deployment, c.Get(ctx, key, deployment)
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// summary says what was seen, and shows the table that a user would look at.
func summary(ctx context.Context, st *stage, s *screen, run outcome) error {
	s.Title("4. What happened")
	s.Say("  Replicas wanted: %s.", strings.Trim(strings.Join(strings.Fields(fmt.Sprint(run.Seen)), " → "), "[]"))
	s.Say("  From the first item to the decision: %.1f s, in one step. Back at zero after %.0f s.", run.Up.Seconds(), run.Done.Seconds())
	table, err := st.cluster.Kubectl(ctx, "--namespace", namespace, "get", "scalers")
	if err != nil {
		return err
	}
	s.Say("")
	s.Say("  $ kubectl get scalers")
	s.Say("  %s", strings.ReplaceAll(strings.TrimSpace(table), "\n", "\n  "))
	events, err := st.cluster.Kubectl(ctx, "--namespace", namespace, "get", "events", "--field-selector", "involvedObject.kind=Scaler",
		"-o", "custom-columns=REASON:.reason,MESSAGE:.message", "--sort-by=.metadata.creationTimestamp")
	if err != nil {
		return err
	}
	s.Say("")
	s.Say("  $ kubectl get events")
	for _, line := range middleOut(strings.Split(strings.TrimSpace(events), "\n"), 3) {
		s.Say("  %s", cut(line, 130))
	}
	return nil
}

// cut ends a line that is too long to be shown.
func cut(line string, width int) string {
	if r := []rune(line); len(r) > width {
		return string(r[:width-1]) + "…"
	}
	return line
}

// middleOut keeps the first and the last lines.
func middleOut(lines []string, keep int) []string {
	if len(lines) <= 2*keep+1 {
		return lines
	}
	left := len(lines) - 2*keep
	return slices.Concat(lines[:keep], []string{fmt.Sprintf("… %d more", left)}, lines[len(lines)-keep:])
}
