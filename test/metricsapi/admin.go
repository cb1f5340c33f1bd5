package main

import (
	"fmt"
	"net/http"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/labels"
)

// adminHandler sets values:
//
//	PUT    /value?metric=M&value=10[&namespace=NS][&resource=ingresses.networking.k8s.io&object=NAME|*][&labels=a=b,c=d]
//	DELETE /value?…                   the same without a value
//	PUT    /hang?for=10s              every answer takes that long
//	GET    /asked?metric=M            how many requests there were
//
// Without resource and object the metric is an external one.
func adminHandler(s *store) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /asked", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, s.count(r.FormValue("metric"))) })
	mux.HandleFunc("PUT /value", answer(func(r *http.Request) error {
		k, err := seriesOf(r)
		if err != nil {
			return err
		}
		q, err := resource.ParseQuantity(r.FormValue("value"))
		if err != nil {
			return fmt.Errorf("value %q: %w", r.FormValue("value"), err)
		}
		s.set(k, q)
		return nil
	}))
	mux.HandleFunc("DELETE /value", answer(func(r *http.Request) error {
		k, err := seriesOf(r)
		s.unset(k)
		return err
	}))
	mux.HandleFunc("PUT /hang", answer(func(r *http.Request) error {
		d, err := time.ParseDuration(r.FormValue("for"))
		s.stall(d)
		return err
	}))
	return mux
}

func answer(act func(*http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := act(r); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	}
}

func seriesOf(r *http.Request) (series, error) {
	set, err := labels.ConvertSelectorToLabelsMap(r.FormValue("labels"))
	if err != nil {
		return series{}, fmt.Errorf("labels: %w", err)
	}
	k := series{
		namespace: r.FormValue("namespace"), resource: r.FormValue("resource"), object: r.FormValue("object"), metric: r.FormValue("metric"),
		labels: set.String(),
	}
	if k.metric == "" || (k.resource == "") != (k.object == "") {
		return series{}, fmt.Errorf("metric is needed, and resource and object together or neither: %+v", k)
	}
	return k, nil
}
