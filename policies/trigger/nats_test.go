package trigger_test

import (
	"maps"
	"testing"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/trigger"
)

func TestValidateNATS(t *testing.T) {
	for name, test := range map[string]struct {
		more data
		auth *v1alpha1.AuthenticationRef
		want []string
	}{
		"KEDA's example": {},
		"every parameter": {more: data{
			"accountID": "ABC", "lagThreshold": "5", "activationLagThreshold": "2", "useHttps": "true", "unsafeSsl": "false",
		}},
		"no account":                           {more: data{"account": ""}, want: []string{`metadata[account]: FieldValueRequired: legal is account, or accountID`}},
		"an ID alone":                          {more: data{"account": "", "accountID": "ABC"}},
		"an endpoint from the credentials":     {more: data{"natsServerMonitoringEndpoint": ""}, auth: &v1alpha1.AuthenticationRef{Name: "nats"}},
		"a host alone":                         {more: data{"natsServerMonitoringEndpoint": "nats.example"}},
		"IPv6":                                 {more: data{"natsServerMonitoringEndpoint": "[::1]:8222"}},
		"IPv6 alone":                           {more: data{"natsServerMonitoringEndpoint": "[::1]"}},
		"IPv6 without brackets":                {more: data{"natsServerMonitoringEndpoint": "::1"}, want: badEndpoint()},
		"half a bracket":                       {more: data{"natsServerMonitoringEndpoint": "[::1"}, want: badEndpoint()},
		"a scheme":                             {more: data{"natsServerMonitoringEndpoint": "http://nats:8222"}, want: badEndpoint()},
		"a path":                               {more: data{"natsServerMonitoringEndpoint": "nats:8222/jsz"}, want: badEndpoint()},
		"a user":                               {more: data{"natsServerMonitoringEndpoint": "u:p@nats:8222"}, want: badEndpoint()},
		"a port that is none":                  {more: data{"natsServerMonitoringEndpoint": "nats:http"}, want: badEndpoint()},
		"no host":                              {more: data{"natsServerMonitoringEndpoint": ":8222"}, want: badEndpoint()},
		"a target of nothing":                  {more: data{"lagThreshold": "0"}, want: []string{`metadata[lagThreshold]: FieldValueInvalid: legal is a whole number from 1`}},
		"a certificate that is not a secret's": {more: data{"ca": "PEM"}, want: []string{`metadata[ca]: FieldValueForbidden: authenticationRef`}},
	} {
		t.Run(name, func(t *testing.T) {
			metadata := data{
				"natsServerMonitoringEndpoint": "nats.nats.svc.cluster.local:8222", "account": "$G", "stream": "orders", "consumer": "workers",
			}
			maps.Copy(metadata, test.more)
			compare(t, trigger.Validate(v1alpha1.Trigger{Type: "nats-jetstream", Metadata: metadata, AuthenticationRef: test.auth}), test.want)
		})
	}
}

func badEndpoint() []string {
	return []string{`metadata[natsServerMonitoringEndpoint]: FieldValueInvalid: legal is host:port, such as nats.default.svc:8222`}
}
