package trigger

// external and external-push speak KEDA's external-scaler protocol: what a value means, its target and whether the trigger
// is active is the scaler's to say, and so are all keys but those of the connection.
func external() Type {
	return externalType("external", "What a program of one's own says over KEDA's external-scaler protocol, asked on a rhythm.")
}

func externalPush() Type {
	return externalType("external-push", "The same, where the program also tells of news by itself.")
}

func externalType(name, doc string) Type {
	return Type{
		Name: name, Doc: doc, Label: "scalerAddress", Wakes: true, OwnTarget: true, FreeKeys: true,
		Params: []Param{
			{Name: "scalerAddress", Required: true, Doc: "host:port of the scaler, or another address that gRPC knows."},
			{Name: "enableTLS", Form: Boolean, Default: "false", Doc: "Whether to speak TLS."},
			{Name: "unsafeSsl", Form: Boolean, Default: "false", Doc: "Whether to accept any certificate."},
			{Name: "caCert", Aliases: []string{"ca"}, From: OnlyAuth, Doc: "The authority that signed the scaler's certificate, PEM. Turns TLS on."},
			{Name: "tlsClientCert", Aliases: []string{"cert"}, From: OnlyAuth, Doc: "The client's certificate, PEM. Turns TLS on."},
			{Name: "tlsClientKey", Aliases: []string{"key"}, Secret: true, From: OnlyAuth, Doc: "The client's key, PEM."},
		},
		Refused: map[string]string{
			"tlsCertFile": "a file of the manager's; legal is caCert of the object that authenticationRef names",
		},
	}
}
