package trigger_test

import (
	"maps"
	"testing"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/trigger"
)

func TestValidatePrometheus(t *testing.T) {
	const badAddress = `metadata[serverAddress]: FieldValueInvalid: `
	for name, test := range map[string]struct {
		more data
		auth *v1alpha1.AuthenticationRef
		want []string
	}{
		"KEDA's example": {},
		"every parameter": {auth: &v1alpha1.AuthenticationRef{Name: "a"}, more: data{
			"activationThreshold": "5.5", "namespace": "shop", "customHeaders": "X-Client-Id=cid,X-Tenant-Id=tid", "ignoreNullValues": "false",
			"queryParameters": "dedup=true,partial_response=false", "unsafeSsl": "false", "timeout": "1000", "authModes": "bearer,tls",
		}},
		"a timeout as a duration": {more: data{"timeout": "2s"}},
		"no scheme":               {more: data{"serverAddress": "prometheus:9090"}, want: []string{badAddress + "legal is http:// or https://"}},
		"a query in the address":  {more: data{"serverAddress": "http://p:9090?a=b"}, want: []string{badAddress + "legal is http:// or https://"}},
		"a password":              {more: data{"serverAddress": "http://u:p@prom:9090"}, want: []string{badAddress + `"(hidden)": credentials do not stand`}},
		"no number":               {more: data{"threshold": "0"}, want: []string{`metadata[threshold]: FieldValueInvalid: legal is a number above 0`}},
		"a mode not served":       {more: data{"authModes": "basic,apiKey"}, want: []string{`metadata[authModes]: FieldValueForbidden: apiKey is not served`}},
		"by its other name":       {more: data{"authMode": "oauth"}, want: []string{`metadata[authMode]: FieldValueForbidden: oauth is not served`}},
		"a negative timeout":      {more: data{"timeout": "-1"}, want: []string{`metadata[timeout]: FieldValueInvalid: legal is a duration`}},
		"half a pair":             {more: data{"queryParameters": "dedup"}, want: []string{`metadata[queryParameters]: FieldValueInvalid: legal is name=value`}},
		"a name twice":            {more: data{"queryParameters": "a=1,a=2"}, want: []string{`metadata[queryParameters]: FieldValueInvalid: each name once`}},
		"no header":               {more: data{"customHeaders": "a b=c"}, want: []string{`metadata[customHeaders]: FieldValueInvalid: is no name of a header`}},
		"another host":            {more: data{"customHeaders": "host=c"}, want: []string{`metadata[customHeaders]: FieldValueInvalid: Host is the address's`}},
		"AWS":                     {more: data{"awsRegion": "eu-west-1"}, want: []string{`metadata[awsRegion]: FieldValueForbidden: managed services`}},
		"OAuth's scopes":          {more: data{"scopes": "read"}, want: []string{`metadata[scopes]: FieldValueForbidden: oauth, which is not served`}},
		"a secret in the open":    {more: data{"bearerToken": "x"}, want: []string{`metadata[bearerToken]: FieldValueForbidden: authenticationRef`}},
	} {
		t.Run(name, func(t *testing.T) {
			metadata := data{"serverAddress": "http://prometheus.monitoring.svc:9090", "query": "sum(rate(requests[2m]))", "threshold": "100.5"}
			maps.Copy(metadata, test.more)
			compare(t, trigger.Validate(v1alpha1.Trigger{Type: "prometheus", Metadata: metadata, AuthenticationRef: test.auth}), test.want)
		})
	}
}
