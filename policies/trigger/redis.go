package trigger

const forSentinel = "means something for trigger types redis-sentinel and redis-sentinel-streams only"

// redis scales on the length of a list. "redis-lists" is what KEDA's documentation calls the page.
func redis() Type {
	return Type{
		Name:    "redis",
		Aliases: []string{"redis-lists"},
		Doc:     "The length of a Redis list.",
		OneOf:   [][]string{{"address"}, {"host", "port"}},
		Target:  "listLength", Activation: "activationListLength", Label: "listName",
		Unit:  "waiting",
		Wakes: true,
		Refused: map[string]string{
			"sentinelUsername": forSentinel,
			"sentinelPassword": forSentinel,
			"sentinelMaster":   forSentinel,
		},
		Params: []Param{
			{Name: "address", Aliases: []string{"addresses"}, Form: HostPort, From: Env | Auth, Doc: "host:port of the server."},
			{Name: "host", Aliases: []string{"hosts"}, From: Env | Auth, Doc: "The server's host, where address is not given."},
			{Name: "port", Aliases: []string{"ports"}, Form: Integer, Min: 1, From: Env | Auth, Doc: "Its port."},
			{Name: "listName", Required: true, Doc: "The list."},
			{Name: "listLength", Form: Integer, Min: 1, Default: "5", Doc: "Items per pod."},
			{Name: "activationListLength", Form: Integer, Default: "0", Doc: "The trigger is active above this length."},
			{Name: "databaseIndex", Form: Integer, Default: "0", Doc: "The database's number."},
			{Name: "username", From: Env | Auth, Doc: "The user of an ACL."},
			{Name: "password", Secret: true, From: Env | Auth, Doc: "The password."},
			{Name: "enableTLS", Form: Boolean, Default: "false", Doc: "Whether to speak TLS."},
			{Name: "unsafeSsl", Form: Boolean, Default: "false", Doc: "Whether to accept any certificate."},
			{Name: "tls", Form: Choice, Legal: []string{"enable", "disable"}, From: OnlyAuth, Doc: "enableTLS, beside the credentials."},
			{Name: "ca", From: OnlyAuth, Doc: "The authority that signed the server's certificate, PEM."},
			{Name: "cert", Aliases: []string{"Cert"}, From: OnlyAuth, Doc: "The client's certificate, PEM."},
			{Name: "key", Secret: true, From: OnlyAuth, Doc: "The client's key, PEM."},
			{Name: "keyPassword", Secret: true, From: OnlyAuth, Doc: "What the client's key is encrypted with."},
		},
	}
}
