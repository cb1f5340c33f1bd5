package metricsapi

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
)

// outage is an error about an API as a whole.
type outage struct{ error }

func (o outage) Unwrap() error { return o.error }

func isOutage(err error) bool {
	var o outage
	return errors.As(err, &o)
}

// Explain says why a question has no answer. what is what was asked for, as in "queue_depth of pods in namespace shop".
func (g *Group) Explain(ctx context.Context, what string, err error) error {
	var status apierrors.APIStatus
	switch {
	case err == nil, isOutage(err):
		return err
	case apierrors.IsNotFound(err):
		// A metric that is not there, and an API that has gone since, answer alike.
		g.forget()
		if _, gone := g.served(ctx); gone != nil {
			return gone
		}
		return fmt.Errorf("%s has no %s", g.name, what)
	case apierrors.IsServiceUnavailable(err), apierrors.IsTooManyRequests(err), apierrors.IsTimeout(err), unreached(err):
		return g.outage(err)
	case apierrors.IsForbidden(err):
		return fmt.Errorf("%s may not be read: the ClusterRole plimsoll-manager has to grant get on %s", what, g.name)
	case !errors.As(err, &status):
		return fmt.Errorf("what %s answers for %s cannot be read: %w", g.name, what, err)
	}
	return fmt.Errorf("%s refuses %s: %s", g.name, what, reasonOf(status))
}

// unreached tells that no answer came.
func unreached(err error) bool {
	var transport *url.Error
	return errors.As(err, &transport) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// reasonOf is what an adapter says; where it says nothing, the kind of error.
func reasonOf(s apierrors.APIStatus) string {
	if text := s.Status().Message; text != "" {
		return text
	}
	return string(s.Status().Reason)
}

// outage says why nothing can be asked.
func (g *Group) outage(err error) error {
	switch {
	case apierrors.IsNotFound(err):
		return outage{fmt.Errorf("%s is not served: is a metrics adapter installed?", g.name)}
	case apierrors.IsServiceUnavailable(err):
		return outage{fmt.Errorf("%s is not available: is its metrics adapter ready?", g.name)}
	case apierrors.IsTooManyRequests(err):
		return outage{fmt.Errorf("%s has too many requests", g.name)}
	case apierrors.IsTimeout(err):
		return outage{fmt.Errorf("%s does not answer: timed out", g.name)}
	case apierrors.IsForbidden(err):
		return outage{fmt.Errorf("%s may not be read: the ClusterRole plimsoll-manager has to grant get on it", g.name)}
	}
	return outage{sources.Unreachable(g.name, err)}
}

// decoder reads what discovery answers.
func decoder() runtime.Decoder { return scheme.Codecs.UniversalDecoder(metav1.SchemeGroupVersion) }
