package cluster

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
)

// A cluster whose programs all answer is not yet one that runs pods. These are the conditions it has to meet as well; each is
// nil when it is met, and else says what is missing.

// nodesReady wants that many nodes, Ready and without a taint: only then does the scheduler use them.
func nodesReady(ctx context.Context, client dynamic.Interface, want int) error {
	// From the API server's cache: with thousands of nodes, etcd's answer would be asked for again and again.
	list, err := client.Resource(nodes).List(ctx, metav1.ListOptions{ResourceVersion: "0"})
	if err != nil {
		return fmt.Errorf("listing nodes: %w", err)
	}
	ready := 0
	for _, node := range list.Items {
		if usable(node) {
			ready++
		}
	}
	if ready < want {
		return fmt.Errorf("%d of %d nodes are ready", ready, want)
	}
	return nil
}

func usable(node unstructured.Unstructured) bool {
	taints, _, _ := unstructured.NestedSlice(node.Object, "spec", "taints")
	return len(taints) == 0 && condition(node, "Ready") == "True"
}

// defaultAccount wants the account that pods of the namespace default run as: without it they are refused.
func defaultAccount(ctx context.Context, client dynamic.Interface) error {
	if _, err := client.Resource(serviceAccounts).Namespace("default").Get(ctx, "default", metav1.GetOptions{}); err != nil {
		return fmt.Errorf("the default service account: %w", err)
	}
	return nil
}

// metricsAvailable wants the metrics API to be served. Its first values come one or two scrapes later.
func metricsAvailable(ctx context.Context, client dynamic.Interface) error {
	const name = "v1beta1.metrics.k8s.io"
	service, err := client.Resource(apiServices).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("APIService %s: %w", name, err)
	}
	if condition(*service, "Available") != "True" {
		return fmt.Errorf("APIService %s is not available yet", name)
	}
	return nil
}

// condition is the status of a condition of an object, "" if it has none of that type.
func condition(object unstructured.Unstructured, kind string) string {
	conditions, _, _ := unstructured.NestedSlice(object.Object, "status", "conditions")
	for _, c := range conditions {
		if c, ok := c.(map[string]any); ok && c["type"] == kind {
			status, _ := c["status"].(string)
			return status
		}
	}
	return ""
}
