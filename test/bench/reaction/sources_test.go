package reaction

import (
	"context"
	"fmt"
	"strconv"
	"testing"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metricsclient "k8s.io/metrics/pkg/client/clientset/versioned"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/test/cluster"
	"github.com/plimsoll-dev/plimsoll/test/redistest"
)

// perPod is how many waiting items one pod bears; a burst are most times as many.
const perPod = 5

// external is a metric of external.metrics.k8s.io: each namespace has its own.
type external struct{ api *cluster.MetricsAPI }

const waiting = "waiting_items"

func startExternal(b *testing.B, l *lab) source {
	b.Helper()
	api, err := l.cluster.StartMetricsAPI(b.Context(), l.log)
	must(b, err)
	b.Cleanup(func() { _ = api.Stop() })
	return external{api}
}

func (external) wish(string) wish {
	return wish{metric: &autoscalingv2.MetricSpec{
		Type: autoscalingv2.ExternalMetricSourceType,
		External: &autoscalingv2.ExternalMetricSource{
			Metric: autoscalingv2.MetricIdentifier{Name: waiting},
			Target: autoscalingv2.MetricTarget{
				Type: autoscalingv2.AverageValueMetricType, AverageValue: resource.NewQuantity(perPod, resource.DecimalSI),
			},
		},
	}}
}

func (e external) quiet(ctx context.Context, namespace string) error {
	return e.api.Set(ctx, waiting, strconv.Itoa(perPod), "namespace", namespace)
}

func (e external) burst(ctx context.Context, namespace string) error {
	return e.api.Set(ctx, waiting, strconv.Itoa(most*perPod), "namespace", namespace)
}

// cpu is the use of a pod's processor, as metrics-server sees it. Under load the first pod of each Deployment takes what
// thirty pods should, and those that come after it nothing: the sum stays what it is, as if they shared it.
type cpu struct {
	client  client.Client
	metrics metricsclient.Interface
}

const (
	// usage is the annotation by which a pod says what it uses.
	usage = "kwok.x-k8s.io/usage-cpu"
	// idleUse and busyUse are of a request of 100m, which is also the target.
	idleUse = "5m"
	busyUse = "3"
	// noticeable is the least average, in milli-units, that is beyond the tolerance of 10 %.
	noticeable = 111
)

func startCPU(b *testing.B, l *lab) source {
	b.Helper()
	config, err := l.cluster.REST()
	must(b, err)
	metrics, err := metricsclient.NewForConfig(config)
	must(b, err)
	return cpu{client: l.client, metrics: metrics}
}

func (cpu) wish(string) wish {
	return wish{metric: &autoscalingv2.MetricSpec{
		Type: autoscalingv2.ResourceMetricSourceType,
		Resource: &autoscalingv2.ResourceMetricSource{
			Name:   corev1.ResourceCPU,
			Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: new(int32(100))},
		},
	}}
}

func (cpu) quiet(context.Context, string) error { return nil }

func (c cpu) burst(ctx context.Context, namespace string) error {
	pods := &corev1.PodList{}
	if err := c.client.List(ctx, pods, client.InNamespace(namespace)); err != nil {
		return err
	}
	for i := range pods.Items {
		p := &pods.Items[i]
		before := client.MergeFrom(p.DeepCopy())
		metav1.SetMetaDataAnnotation(&p.ObjectMeta, usage, busyUse)
		if err := c.client.Patch(ctx, p, before); err != nil {
			return err
		}
	}
	return nil
}

// shown is for witness.
func (c cpu) shown(ctx context.Context) ([]string, error) {
	list, err := c.metrics.MetricsV1beta1().PodMetricses("").List(ctx, metav1.ListOptions{LabelSelector: "app=" + plimsoll})
	if err != nil {
		return nil, err
	}
	var namespaces []string
	for i := range list.Items {
		for _, container := range list.Items[i].Containers {
			if container.Usage.Cpu().MilliValue() >= noticeable {
				namespaces = append(namespaces, list.Items[i].Namespace)
			}
		}
	}
	return namespaces, nil
}

// redis are lists of one server: each namespace has its own.
type redis struct{ server *redistest.Server }

func startRedis(b *testing.B, _ *lab) source {
	b.Helper()
	server := redistest.Start(b, "")
	if !server.Real {
		b.Skip("redis-server is not installed")
	}
	return redis{server}
}

func (r redis) wish(namespace string) wish {
	return wish{triggers: fmt.Sprintf(`[{type: redis, metadata: {address: %q, listName: %s, listLength: "%d"}}]`,
		r.server.Address, namespace, perPod)}
}

func (redis) quiet(context.Context, string) error { return nil }

func (r redis) burst(ctx context.Context, namespace string) error {
	return r.server.Client.RPush(ctx, namespace, make([]any, most*perPod)...).Err()
}
