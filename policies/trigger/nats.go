package trigger

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
)

// natsJetStream scales on what a consumer of a JetStream stream has not acknowledged.
func natsJetStream() Type {
	return Type{
		Name: "nats-jetstream",
		Doc: "The messages of a JetStream stream that a consumer has not acknowledged: those it has not been given yet, and those that it " +
			"was given and that wait for their acknowledgement. Read from the server's monitoring port; in a cluster, from the consumer's leader.",
		OneOf:  [][]string{{"account"}, {"accountID"}},
		Target: "lagThreshold", Activation: "activationLagThreshold", Label: "consumer",
		Unit:  "waiting",
		Wakes: true,
		check: natsEndpoint,
		Params: []Param{
			{Name: "natsServerMonitoringEndpoint", Required: true, From: Auth,
				Doc: "The server's monitoring port, host:port without a scheme. In a cluster any node's."},
			{Name: "account", From: Auth, Doc: "The account's name. Its ID works too."},
			{Name: "accountID", From: Auth, Doc: "The account's ID, where that is not its name; it goes before account."},
			{Name: "stream", Required: true, Doc: "The stream."},
			{Name: "consumer", Required: true, Doc: "The stream's consumer."},
			{Name: "lagThreshold", Form: Integer, Min: 1, Default: "10", Doc: "Messages per pod."},
			{Name: "activationLagThreshold", Form: Integer, Default: "0", Doc: "The trigger is active above this many messages."},
			{Name: "useHttps", Form: Boolean, Default: "false", Doc: "Whether the monitoring port speaks TLS."},
			{Name: "unsafeSsl", Form: Boolean, Default: "false", Doc: "Whether to accept any certificate. Not KEDA's."},
			{Name: "ca", From: OnlyAuth, Doc: "The authority that signed the server's certificate, PEM. Not KEDA's."},
		},
	}
}

func natsEndpoint(t v1alpha1.Trigger, path *field.Path) *field.Error {
	const key = "natsServerMonitoringEndpoint"
	if endpoint := t.Metadata[key]; endpoint != "" && !IsAuthority(endpoint) {
		return field.Invalid(path.Key(key), endpoint, "legal is host:port, such as nats.default.svc:8222; useHttps says whether it is https")
	}
	return nil
}

// IsAuthority says whether a text is host:port, or a host alone, as it stands in a URL: no scheme, no user, no path.
func IsAuthority(text string) bool {
	if text == "" || strings.ContainsAny(text, "/@?#\\% \t\r\n") {
		return false
	}
	bracket := strings.LastIndexByte(text, ']')
	if strings.HasPrefix(text, "[") != (bracket > 0) || strings.Count(text[bracket+1:], ":") > 1 {
		return false // an IPv6 address stands in brackets
	}
	return !strings.Contains(text[bracket+1:], ":") || checkHostPort(text) == nil
}
