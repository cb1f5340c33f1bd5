package trigger

import (
	"maps"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
)

// prometheus scales on the value of a PromQL expression.
func prometheus() Type {
	const noKey = "belongs to authModes: apiKey, which Prometheus does not know; legal are bearer, basic, custom, tls"
	refused := map[string]string{
		"apiKey": noKey, "method": noKey, "keyParamName": noKey,
		"awsRegion": noIdentity, "identityOwner": noIdentity,
	}
	maps.Copy(refused, webRefused())
	return Type{
		Name: "prometheus",
		Doc: "The value of a PromQL expression that gives one number: an instant vector of one element, or a scalar. Equal questions to one " +
			"server are asked once. No data, several elements, NaN, infinite and negative values are no answer.",
		Target: "threshold", Activation: "activationThreshold",
		Wakes:   true,
		check:   checkPrometheus,
		Refused: refused,
		Params: append([]Param{
			{Name: "serverAddress", Required: true,
				Doc: "The server, or whatever speaks its API (Thanos, Mimir, VictoriaMetrics), such as http://prometheus.monitoring.svc:9090."},
			{Name: "query", Required: true, Doc: "The expression."},
			{Name: "threshold", Required: true, Form: Decimal, Min: 1, Doc: "The value per pod."},
			{Name: "activationThreshold", Form: Decimal, Default: "0", Doc: "The trigger is active above this value."},
			{Name: "ignoreNullValues", Form: Boolean, Default: "false",
				Doc: "Whether no data, NaN and infinite values count as 0. KEDA's default is true; here they are no answer unless this says so, " +
					"because a Prometheus that has lost its targets looks the same as one with nothing to do."},
			{Name: "queryParameters", Doc: "More parameters of the request, as name=value with commas between."},
			{Name: "namespace", Doc: "The request's parameter namespace, which servers that several tenants share ask for."},
			{Name: "customHeaders", Doc: "More headers of the request, as name=value with commas between. Secrets belong into customAuthValue."},
		}, webAuth()...),
	}
}

func checkPrometheus(t v1alpha1.Trigger, metadata *field.Path) *field.Error {
	for _, check := range []checkFunc{checkPrometheusAddress, checkWeb, checkPrometheusModes, checkPairs} {
		if err := check(t, metadata); err != nil {
			return err
		}
	}
	return nil
}

func checkPrometheusAddress(t v1alpha1.Trigger, metadata *field.Path) *field.Error {
	return checkAddress(t, metadata, "serverAddress")
}

func checkPrometheusModes(t v1alpha1.Trigger, metadata *field.Path) *field.Error {
	return checkModes(t, metadata, PrometheusModes()...)
}

func checkPairs(t v1alpha1.Trigger, metadata *field.Path) *field.Error {
	const parameters, headers = "queryParameters", "customHeaders"
	if _, err := Pairs(t.Metadata[parameters]); err != nil {
		return field.Invalid(metadata.Key(parameters), t.Metadata[parameters], err.Error())
	}
	if _, err := Headers(t.Metadata[headers]); err != nil {
		return field.Invalid(metadata.Key(headers), t.Metadata[headers], err.Error())
	}
	return nil
}
