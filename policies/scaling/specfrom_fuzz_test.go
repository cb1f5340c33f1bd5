package scaling_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// FuzzSpecFrom wants no crash for any specification that is JSON, and decisions from every one that is accepted.
func FuzzSpecFrom(f *testing.F) {
	for _, seed := range []string{
		`{"maxReplicas":10}`,
		`{"minReplicas":0,"maxReplicas":20,"triggers":[{"type":"redis-lists","metadata":{"address":"redis:6379","listName":"q","listLength":"5"}}]}`,
		`{"minReplicas":3,"idleReplicas":0,"maxReplicas":20,"cooldown":"30s","noData":"fallback","fallback":{"replicas":3,"behavior":"currentReplicasIfHigher"},
		  "triggers":[{"type":"cron","metadata":{"timezone":"Europe/Berlin","start":"0 8 * * *","end":"0 18 * * *","desiredReplicas":"4"}}],
		  "metrics":[{"type":"External","external":{"metric":{"name":"m"},"target":{"type":"Value","value":"1k"}}},
		    {"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":70}}}],
		  "behavior":{"scaleUp":{"policies":[{"type":"Percent","value":900,"periodSeconds":1}],"tolerance":"0.5"},"scaleDown":{"selectPolicy":"Disabled"}}}`,
		`{"schedule":[{"start":"0 8 * * *","end":"0 18 * * *","timezone":"America/New_York","replicas":0}],"paused":{"mode":"in","until":"2030-01-01T00:00:00Z"}}`,
		`{"maxReplicas":5,"metrics":[{"type":"Object","object":{"describedObject":{"kind":"S","name":"n"},"metric":{"name":"m"},"target":{"type":"AverageValue","averageValue":"1u"}}}]}`,
	} {
		f.Add(seed, int64(12), int32(3))
	}
	f.Fuzz(func(t *testing.T, text string, value int64, current int32) {
		var in v1alpha1.ScalerSpec
		if json.Unmarshal([]byte(text), &in) != nil {
			return
		}
		spec, errs := scaling.SpecFrom(&in)
		if len(errs) > 0 {
			return
		}
		current = max(0, current%1000)
		samples := make([]scaling.Sample, len(spec.Signals))
		for i := range samples {
			samples[i] = scaling.Sample{Time: noon, Value: value, Pods: []scaling.PodSample{{Name: "pod-00", Value: value, Time: noon}}}
		}
		input := scaling.Input{Spec: &spec, Target: scaling.Target{Replicas: current, Pods: readyPods(2)}, Samples: samples, Now: noon}
		for range 3 {
			var d scaling.Decision
			d, input.State = scaling.Decide(input)
			if d.Replicas < 0 || d.Verb == scaling.Write && d.Replicas > spec.Max {
				t.Fatalf("%s, %d: %+v", text, value, d)
			}
			for _, s := range d.Trace {
				if scaling.Describe(&spec, &d, s) == "" {
					t.Fatalf("%s: nothing said of %+v", text, s)
				}
			}
			input.Now = input.Now.Add(time.Minute)
			for i := range samples {
				samples[i].Value = math.MaxInt64 - value
			}
		}
	})
}
