package trigger

import (
	"slices"
	"strings"
)

// unlisted are parameters that KEDA 2.21 reads without listing them in its schema: cloud accounts, and keys of older days.
func unlisted(kind string) []Param {
	var params []Param
	switch {
	case strings.HasPrefix(kind, "aws-"), kind == "apache-kafka":
		params = awsAccount()
	case strings.HasPrefix(kind, "azure-"):
		params = azureAccount()
	case strings.HasPrefix(kind, "gcp-"):
		params = append(onlyAuth("GoogleApplicationCredentials"), Param{Name: "credentials", From: Env})
	}
	return slices.Concat(params, alone(kind))
}

func alone(kind string) []Param {
	switch kind {
	case "datadog":
		return []Param{{Name: "type"}}
	case "openstack-metric":
		return onlyAuth("authURL", "userID", "password", "appCredentialSecret")
	case "pulsar":
		return []Param{{Name: "oauthTokenURI", From: Auth}, {Name: "scope", From: Auth}, {Name: "clientID", From: Auth}, {Name: "EndpointParams"}}
	}
	return nil
}

func awsAccount() []Param {
	return append(onlyAuth("awsRoleArn", "awsAccessKeyId", "awsSessionToken"),
		Param{Name: "identityOwner"}, Param{Name: "awsAccessKeyID", From: Env | Auth},
		Param{Name: "awsSecretAccessKey", OnlyEnv: true, Secret: true, From: Env | Auth})
}

func azureAccount() []Param {
	return append(onlyAuth("azureServicePrincipal", "azureServicePrincipalTenantId", "azureServicePrincipalClientId",
		"azureServicePrincipalCloud", "azureServicePrincipalActiveDirectoryEndpoint", "azureServicePrincipalClientSecret",
		"azureServicePrincipalClientCertificate", "azureServicePrincipalClientCertificatePassword"),
		Param{Name: "cloud"}, Param{Name: "endpointSuffix"}, Param{Name: "storageEndpointSuffix"}, Param{Name: "activeDirectoryEndpoint"},
		Param{Name: "cosmosDBResourceURL"})
}

func onlyAuth(names ...string) []Param {
	params := make([]Param, len(names))
	for i, name := range names {
		params[i] = Param{Name: name, Secret: true, From: OnlyAuth}
	}
	return params
}
