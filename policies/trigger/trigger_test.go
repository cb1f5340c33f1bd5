package trigger_test

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	_ "time/tzdata" // as in the manager

	"github.com/google/go-cmp/cmp"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/trigger"
)

type data = map[string]string

func redis(metadata data) v1alpha1.Trigger {
	return v1alpha1.Trigger{Type: "redis", Metadata: metadata}
}

func office(change data) v1alpha1.Trigger {
	m := data{"timezone": "Europe/Berlin", "start": "0 8 * * 1-5", "end": "0 18 * * 1-5", "desiredReplicas": "3"}
	maps.Copy(m, change)
	return v1alpha1.Trigger{Type: "cron", Metadata: m}
}

func onKafka(change data) v1alpha1.Trigger {
	m := data{"bootstrapServers": "kafka:9092", "consumerGroup": "my-consumer-group", "topic": "orders"}
	maps.Copy(m, change)
	return v1alpha1.Trigger{Type: "kafka", Metadata: m}
}

func TestValidate(t *testing.T) {
	auth := &v1alpha1.AuthenticationRef{Name: "redis-auth"}
	tests := map[string]struct {
		in   v1alpha1.Trigger
		want []string // field: type: part of the message
	}{
		"the founding document's trigger": {in: v1alpha1.Trigger{
			Type:              "redis-lists",
			Metadata:          data{"address": "redis.serverless.svc.cluster.local:6379", "listName": "job-queue", "listLength": "5"},
			AuthenticationRef: &v1alpha1.AuthenticationRef{Name: "redis-auth", Kind: "Secret"},
		}},
		"every parameter of redis": {in: redis(data{
			"host": "redis", "port": "6379", "listName": "q", "listLength": "5", "activationListLength": "2", "databaseIndex": "1",
			"usernameFromEnv": "USER", "passwordFromEnv": "PASSWORD", "enableTLS": "true", "unsafeSsl": "false",
		})},
		"an address from the environment":    {in: redis(data{"addressFromEnv": "REDIS_ADDRESS", "listName": "q"})},
		"host and port from the environment": {in: redis(data{"hostFromEnv": "H", "portFromEnv": "P", "listName": "q"})},
		"an address from the credentials":    {in: v1alpha1.Trigger{Type: "redis", Metadata: data{"listName": "q"}, AuthenticationRef: auth}},
		"an alias of a parameter":            {in: redis(data{"addresses": "redis:6379", "listName": "q"})},
		"an alias from the environment":      {in: redis(data{"hostsFromEnv": "H", "ports": "6379", "listName": "q"})},
		"a key that means something for another type": {in: redis(data{"address": "redis:6379", "listName": "q", "sentinelMaster": "m"}), want: []string{
			`metadata[sentinelMaster]: FieldValueForbidden: redis-sentinel`,
		}},
		"no address": {in: redis(data{"listName": "q"}), want: []string{
			`metadata[address]: FieldValueRequired: legal is address, or host with port`,
		}},
		"a host without a port": {in: redis(data{"listName": "q", "host": "redis"}), want: []string{
			`metadata[address]: FieldValueRequired: legal is address, or host with port`,
		}},
		"a variable without a name": {in: redis(data{"listName": "q", "address": "redis:1", "passwordFromEnv": ""}), want: []string{
			`metadata[passwordFromEnv]: FieldValueRequired: variable`,
		}},
		"a required parameter is missing": {in: redis(data{"address": "redis:6379"}), want: []string{
			`metadata[listName]: FieldValueRequired: The list`,
		}},
		"a required parameter does not come from credentials": {
			in:   v1alpha1.Trigger{Type: "redis", AuthenticationRef: auth},
			want: []string{`metadata[listName]: FieldValueRequired: The list`},
		},
		"a misspelt key: the nearest one": {in: redis(data{"address": "redis:6379", "listName": "q", "listLenght": "5"}), want: []string{
			`metadata[listLenght]: FieldValueNotSupported: unknown key of trigger type redis; did you mean listLength?`,
		}},
		"an unknown key near nothing: all of them": {in: redis(data{"address": "redis:6379", "listName": "q", "zzzzzzzz": "5"}), want: []string{
			`metadata[zzzzzzzz]: FieldValueNotSupported: known are address, addressFromEnv, host`,
		}},
		"a key that only credentials have": {in: redis(data{"address": "redis:6379", "listName": "q", "keyPassword": "geheim"}), want: []string{
			`metadata[keyPassword]: FieldValueForbidden: authenticationRef`,
		}},
		"a parameter that does not come from the environment": {in: redis(data{"address": "redis:6379", "listNameFromEnv": "LIST"}), want: []string{
			`metadata[listNameFromEnv]: FieldValueNotSupported: unknown key`, `metadata[listName]: FieldValueRequired: The list`,
		}},
		"a malformed number": {in: redis(data{"address": "redis:6379", "listName": "q", "listLength": "five"}), want: []string{
			`metadata[listLength]: FieldValueInvalid: "five": legal is a whole number from 1`,
		}},
		"a target of 0": {in: redis(data{"address": "redis:6379", "listName": "q", "listLength": "0"}), want: []string{
			`metadata[listLength]: FieldValueInvalid: "0": legal is a whole number from 1`,
		}},
		"a malformed address": {in: redis(data{"address": "redis", "listName": "q"}), want: []string{
			`metadata[address]: FieldValueInvalid: "redis": legal is host:port`,
		}},
		"a malformed flag": {in: redis(data{"address": "redis:6379", "listName": "q", "enableTLS": "yes"}), want: []string{
			`metadata[enableTLS]: FieldValueInvalid: "yes": legal are true, false`,
		}},
		"several mistakes, in the order of the keys": {in: redis(data{"address": "redis", "listLength": "-1"}), want: []string{
			`metadata[address]: FieldValueInvalid: host:port`,
			`metadata[listLength]: FieldValueInvalid: from 1`,
			`metadata[listName]: FieldValueRequired: The list`,
		}},
		"utilization of a queue": {
			in: v1alpha1.Trigger{Type: "redis", MetricType: "Utilization", Metadata: data{"address": "redis:6379", "listName": "q"}},
			want: []string{
				`metricType: FieldValueNotSupported: supported values: "AverageValue", "Value"`,
			},
		},
		"credentials without a name": {
			in: v1alpha1.Trigger{Type: "redis", AuthenticationRef: &v1alpha1.AuthenticationRef{}, Metadata: data{"address": "r:1", "listName": "q"}},
			want: []string{
				`authenticationRef.name: FieldValueRequired: credentials`,
			},
		},
		"an unknown type lists what is served": {in: v1alpha1.Trigger{Type: "carrier-pigeon"}, want: []string{
			`type: FieldValueNotSupported: served are `,
		}},
		"an unknown type near one that is served": {in: v1alpha1.Trigger{Type: "redis-list"}, want: []string{
			`type: FieldValueNotSupported: did you mean redis-lists?`,
		}},
		"cron": {in: office(nil)},
		"a bad cron time": {in: office(data{"start": "0 25 * * *"}), want: []string{
			`metadata[start]: FieldValueInvalid: "0 25 * * *": end of range (25) above maximum (23): 25; legal is five fields`,
		}},
		"a bad time zone": {in: office(data{"timezone": "Berlin"}), want: []string{
			`metadata[timezone]: FieldValueInvalid: "Berlin": legal is an IANA time zone such as Europe/Berlin`,
		}},
		"a window that never closes": {in: office(data{"end": "0 8 * * 1-5"}), want: []string{
			`metadata[end]: FieldValueInvalid: never close`,
		}},
		"no pods wanted": {in: office(data{"desiredReplicas": "0"}), want: []string{
			`metadata[desiredReplicas]: FieldValueInvalid: "0": legal is a whole number from 1`,
		}},
		"nothing given": {in: v1alpha1.Trigger{Type: "cron"}, want: []string{
			`metadata[timezone]: FieldValueRequired: IANA`, `metadata[start]: FieldValueRequired: opens`,
			`metadata[end]: FieldValueRequired: closes`, `metadata[desiredReplicas]: FieldValueRequired: Pods`,
		}},
		"cpu, as KEDA has it now":                {in: v1alpha1.Trigger{Type: "cpu", MetricType: "Utilization", Metadata: data{"value": "70"}}},
		"cpu, as KEDA once had it":               {in: v1alpha1.Trigger{Type: "cpu", Metadata: data{"type": "Utilization", "value": "70"}}},
		"memory of one container":                {in: v1alpha1.Trigger{Type: "memory", MetricType: "AverageValue", Metadata: data{"value": "1Gi", "containerName": "app"}}},
		"cpu without a metric type":              {in: v1alpha1.Trigger{Type: "cpu", Metadata: data{"value": "70"}}, want: []string{`metadata[value]: FieldValueInvalid: metricType has to say`}},
		"cpu without a value":                    {in: v1alpha1.Trigger{Type: "cpu", MetricType: "Utilization"}, want: []string{`metadata[value]: FieldValueRequired: Percent`}},
		"cpu with a malformed value":             {in: v1alpha1.Trigger{Type: "cpu", MetricType: "Utilization", Metadata: data{"value": "70%"}}, want: []string{`metadata[value]: FieldValueInvalid: "70%": legal for Utilization is a whole number`}},
		"memory of nothing":                      {in: v1alpha1.Trigger{Type: "memory", MetricType: "AverageValue", Metadata: data{"value": "0"}}, want: []string{`metadata[value]: FieldValueInvalid: legal for AverageValue is a quantity above 0`}},
		"kafka, as the founding document has it": {in: onKafka(data{"lagThreshold": "10", "offsetResetPolicy": "latest"})},
		"several brokers":                        {in: onKafka(data{"bootstrapServers": "a:9092, b:9092"})},
		"a broker without a port":                {in: onKafka(data{"bootstrapServers": "a:9092,b"}), want: []string{`metadata[bootstrapServers]: FieldValueInvalid: host:port`}},
		"an impossible topic":                    {in: onKafka(data{"topic": "a,b"}), want: []string{`metadata[topic]: FieldValueInvalid: legal are`}},
		"topics of apache-kafka":                 {in: v1alpha1.Trigger{Type: "apache-kafka", Metadata: onKafka(data{"topic": "a,b"}).Metadata}},
		"partitions":                             {in: onKafka(data{"partitionLimitation": "1,3,5-9"})},
		"partitions that are none":               {in: onKafka(data{"partitionLimitation": "9-5"}), want: []string{`metadata[partitionLimitation]: FieldValueInvalid: ranges`}},
		"partitions of no topic":                 {in: onKafka(data{"topic": "", "partitionLimitation": "1"}), want: []string{`metadata[partitionLimitation]: FieldValueForbidden: with a topic only`}},
		"idle consumers and none":                {in: onKafka(data{"allowIdleConsumers": "true", "limitToPartitionsWithLag": "true"}), want: []string{`metadata[limitToPartitionsWithLag]: FieldValueForbidden: contradict`}},
		"two limits":                             {in: onKafka(data{"ensureEvenDistributionOfPartitions": "true", "limitToPartitionsWithLag": "1"}), want: []string{`metadata[limitToPartitionsWithLag]: FieldValueForbidden: contradict`}},
		"a limit without a topic":                {in: onKafka(data{"topic": "", "limitToPartitionsWithLag": "true"}), want: []string{`metadata[limitToPartitionsWithLag]: FieldValueForbidden: topic`}},
		"evenly without a topic":                 {in: onKafka(data{"topic": "", "ensureEvenDistributionOfPartitions": "true"}), want: []string{`metadata[ensureEvenDistributionOfPartitions]: FieldValueForbidden: topic`}},
		"kerberos":                               {in: onKafka(data{"sasl": "gssapi"}), want: []string{`metadata[sasl]: FieldValueForbidden: Kerberos`}},
		"tokens":                                 {in: onKafka(data{"sasl": "oauthbearer"}), want: []string{`metadata[sasl]: FieldValueForbidden: oauthbearer`}},
		"a region of AWS":                        {in: onKafka(data{"awsRegion": "eu-central-1"}), want: []string{`metadata[awsRegion]: FieldValueForbidden: MSK`}},
		"IAM of MSK":                             {in: v1alpha1.Trigger{Type: "apache-kafka", Metadata: onKafka(data{"sasl": "aws_msk_iam"}).Metadata}, want: []string{`metadata[sasl]: FieldValueForbidden: MSK`}},
		"cpu in total":                           {in: v1alpha1.Trigger{Type: "cpu", MetricType: "Value", Metadata: data{"value": "70"}}, want: []string{`metricType: FieldValueNotSupported: "Utilization", "AverageValue"`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { compare(t, trigger.Validate(test.in), test.want) })
	}
}

// compare wants one error for each line: its field, its type, and words of its message.
func compare(t *testing.T, errs field.ErrorList, want []string) {
	t.Helper()
	for i, err := range errs {
		if i >= len(want) {
			t.Errorf("unexpected: %v", err)
			continue
		}
		parts := strings.SplitN(want[i], ": ", 3)
		if err.Field != parts[0] || string(err.Type) != parts[1] || !strings.Contains(err.Error(), parts[2]) {
			t.Errorf("got  %s: %s: %v\nwant %s", err.Field, err.Type, err, want[i])
		}
	}
	for _, missing := range want[min(len(errs), len(want)):] {
		t.Errorf("missing: %s", missing)
	}
}

func TestValidateAtNamesThePath(t *testing.T) {
	errs := trigger.ValidateAt(field.NewPath("spec", "triggers").Index(2), redis(data{"address": "redis:6379"}))
	if len(errs) != 1 || errs[0].Field != "spec.triggers[2].metadata[listName]" {
		t.Errorf("got %v", errs)
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	for _, kind := range trigger.All() {
		for _, p := range kind.Params {
			if !p.Secret {
				continue
			}
			errs := trigger.Validate(v1alpha1.Trigger{Type: kind.Name, Metadata: data{p.Name: "hunter2", p.Name + "x": "hunter2"}})
			if text := errs.ToAggregate().Error(); strings.Contains(text, "hunter2") {
				t.Errorf("%s of %s is shown: %s", p.Name, kind.Name, text)
			}
		}
	}
}

func TestTarget(t *testing.T) {
	tests := map[string]struct {
		in                v1alpha1.Trigger
		milli, activation int64
		err               string
	}{
		"KEDA's defaults":      {in: redis(data{"listName": "q"}), milli: 5000},
		"given":                {in: redis(data{"listLength": "20", "activationListLength": "3"}), milli: 20000, activation: 3000},
		"an alias":             {in: v1alpha1.Trigger{Type: "redis-lists"}, milli: 5000},
		"large":                {in: redis(data{"listLength": "9223372036854775807"}), milli: math.MaxInt64},
		"cron counts pods":     {in: office(nil), milli: 1000},
		"not a number":         {in: redis(data{"listLength": "x"}), err: `listLength "x": legal is a number above 0`},
		"zero":                 {in: redis(data{"listLength": "0"}), err: `listLength "0"`},
		"half an item":         {in: redis(data{"listLength": "0.5"}), err: `listLength "0.5": legal is a whole number`},
		"a negative threshold": {in: redis(data{"activationListLength": "-1"}), err: `activationListLength "-1"`},
		"unknown":              {in: v1alpha1.Trigger{Type: "kafkaesque"}, err: "served are "},
		"a resource":           {in: v1alpha1.Trigger{Type: "cpu"}, err: "ResourceMetric"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			milli, activation, err := trigger.Target(test.in)
			switch {
			case test.err != "":
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("error %v, want %q in it", err, test.err)
				}
			case err != nil || milli != test.milli || activation != test.activation:
				t.Errorf("got %d, %d, %v, want %d, %d", milli, activation, err, test.milli, test.activation)
			}
		})
	}
}

func TestResourceMetric(t *testing.T) {
	percent, gib := int32(70), resource.MustParse("1Gi")
	tests := map[string]struct {
		in   v1alpha1.Trigger
		want autoscalingv2.MetricSpec
	}{
		"cpu": {
			v1alpha1.Trigger{Type: "cpu", MetricType: "Utilization", Metadata: data{"value": "70"}},
			autoscalingv2.MetricSpec{Type: "Resource", Resource: &autoscalingv2.ResourceMetricSource{
				Name: corev1.ResourceCPU, Target: autoscalingv2.MetricTarget{Type: "Utilization", AverageUtilization: &percent},
			}},
		},
		"memory of a container": {
			v1alpha1.Trigger{Type: "memory", Metadata: data{"type": "AverageValue", "value": "1Gi", "containerName": "app"}},
			autoscalingv2.MetricSpec{Type: "ContainerResource", ContainerResource: &autoscalingv2.ContainerResourceMetricSource{
				Name: corev1.ResourceMemory, Container: "app", Target: autoscalingv2.MetricTarget{Type: "AverageValue", AverageValue: &gib},
			}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := trigger.ResourceMetric(test.in)
			if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got)\n%s", err, diff)
			}
		})
	}
	if _, err := trigger.ResourceMetric(redis(nil)); err == nil {
		t.Error("redis is no resource")
	}
}

func TestLabel(t *testing.T) {
	tests := map[string]struct {
		in   v1alpha1.Trigger
		want string
	}{
		"its own name":          {v1alpha1.Trigger{Type: "redis", Name: "orders", Metadata: data{"listName": "q"}}, "orders"},
		"type and list":         {v1alpha1.Trigger{Type: "redis-lists", Metadata: data{"listName": "job-queue"}}, "redis job-queue"},
		"nothing to tell by":    {office(nil), "cron"},
		"a type of elsewhere":   {v1alpha1.Trigger{Type: "kafka"}, "kafka"},
		"a list without a name": {redis(nil), "redis"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := trigger.Label(test.in); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestCatalogue checks what every row has to hold, those of later too.
func TestCatalogue(t *testing.T) {
	seen := map[string]bool{}
	for _, kind := range trigger.All() {
		for _, name := range append([]string{kind.Name}, kind.Aliases...) {
			if seen[name] {
				t.Errorf("%s is there twice", name)
			}
			seen[name] = true
			if found, ok := trigger.Lookup(name); !ok || found.Name != kind.Name {
				t.Errorf("Lookup(%q) finds %q, %v", name, found.Name, ok)
			}
		}
		checkRow(t, kind)
	}
	if !slices.IsSorted(trigger.Names()) || len(trigger.Names()) != len(trigger.All()) {
		t.Errorf("names: %v", trigger.Names())
	}
}

func checkRow(t *testing.T, kind trigger.Type) {
	t.Helper()
	if kind.Doc == "" || kind.Wakes == (kind.Resource != "") {
		t.Errorf("%s: doc %q, wakes %v, resource %q", kind.Name, kind.Doc, kind.Wakes, kind.Resource)
	}
	for _, name := range append([]string{kind.Target, kind.Activation, kind.Label}, slices.Concat(kind.OneOf...)...) {
		if _, ok := kind.Param(name); !ok && name != "" {
			t.Errorf("%s: there is no parameter %s", kind.Name, name)
		}
	}
	params := map[string]bool{}
	for _, p := range kind.Params {
		if params[p.Name] || p.Doc == "" || p.Required && p.Default != "" || p.Form == trigger.Choice && len(p.Legal) == 0 {
			t.Errorf("%s: parameter %+v", kind.Name, p)
		}
		params[p.Name] = true
	}
	if p, _ := kind.Param(kind.Target); kind.Target != "" && !p.Required {
		if _, _, err := trigger.Target(v1alpha1.Trigger{Type: kind.Name}); err != nil {
			t.Errorf("%s: the defaults are no target: %v", kind.Name, err)
		}
	}
}

func TestCronWindow(t *testing.T) {
	w, pods, err := trigger.CronWindow(office(nil))
	if err != nil || pods != 3 || w.Zone.String() != "Europe/Berlin" {
		t.Errorf("got %v, %d, %v", w, pods, err)
	}
	for name, change := range map[string]data{
		`start "x"`: {"start": "x"}, `end "y"`: {"end": "y"}, `timezone "z"`: {"timezone": "z"}, "desiredReplicas": {"desiredReplicas": "many"},
	} {
		if _, _, err := trigger.CronWindow(office(change)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v, want %q in it", err, name)
		}
	}
}
