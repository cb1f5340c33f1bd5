package v1alpha1

// PodIdentityProvider is a cloud that gives pods an identity.
//
// +kubebuilder:validation:Enum=azure-workload;gcp;aws;aws-eks;none
type PodIdentityProvider string

// PodIdentityNone is no identity.
const PodIdentityNone PodIdentityProvider = "none"

// AuthPodIdentity is the identity that a cloud gives a pod.
type AuthPodIdentity struct {
	Provider PodIdentityProvider `json:"provider"`
	// +optional
	IdentityID *string `json:"identityId,omitempty"`
	// IdentityTenantID goes with identityId.
	// +optional
	IdentityTenantID *string `json:"identityTenantId,omitempty"`
	// IdentityAuthorityHost goes with identityTenantId.
	// +optional
	IdentityAuthorityHost *string `json:"identityAuthorityHost,omitempty"`
	// RoleArn is the role of AWS; not beside identityOwner.
	// +optional
	RoleArn *string `json:"roleArn,omitempty"`
	// ExternalID goes with roleArn.
	// +optional
	ExternalID *string `json:"externalID,omitempty"`
	// IdentityOwner says whose identity is used; not beside roleArn.
	// +kubebuilder:validation:Enum=keda;workload
	// +optional
	IdentityOwner *string `json:"identityOwner,omitempty"`
}

// VaultAuthentication is how Vault is told who asks.
//
// +kubebuilder:validation:Enum=token;kubernetes
type VaultAuthentication string

// VaultSecretType is the kind of an entry in Vault.
//
// +kubebuilder:validation:Enum="";secretV2;secret;pki
type VaultSecretType string

// HashiCorpVault is a Vault server and what is read from it.
type HashiCorpVault struct {
	Address        string              `json:"address"`
	Authentication VaultAuthentication `json:"authentication"`
	// +kubebuilder:validation:MinItems=1
	Secrets []VaultSecret `json:"secrets"`
	// +optional
	Namespace string `json:"namespace,omitempty"`
	// +optional
	Credential *VaultCredential `json:"credential,omitempty"`
	// +optional
	Role string `json:"role,omitempty"`
	// +optional
	Mount string `json:"mount,omitempty"`
}

// VaultCredential is what Vault is shown.
type VaultCredential struct {
	// +optional
	Token string `json:"token,omitempty"`
	// +optional
	ServiceAccount string `json:"serviceAccount,omitempty"`
	// +optional
	ServiceAccountName string `json:"serviceAccountName,omitempty"`
}

// VaultSecret takes one parameter from Vault.
type VaultSecret struct {
	Parameter string `json:"parameter"`
	Path      string `json:"path"`
	Key       string `json:"key"`
	// +optional
	Type VaultSecretType `json:"type,omitempty"`
	// +optional
	PkiData VaultPkiData `json:"pkiData,omitempty"`
}

// VaultPkiData is what a certificate is asked for with.
type VaultPkiData struct {
	// +optional
	CommonName string `json:"commonName,omitempty"`
	// +optional
	AltNames string `json:"altNames,omitempty"`
	// +optional
	IPSans string `json:"ipSans,omitempty"`
	// +optional
	URISans string `json:"uriSans,omitempty"`
	// +optional
	OtherSans string `json:"otherSans,omitempty"`
	// +optional
	TTL string `json:"ttl,omitempty"`
	// +optional
	Format string `json:"format,omitempty"`
}

// AzureKeyVault is a vault of Azure and what is read from it.
type AzureKeyVault struct {
	VaultURI string `json:"vaultUri"`
	// +kubebuilder:validation:MinItems=1
	Secrets []AzureKeyVaultSecret `json:"secrets"`
	// +optional
	Credentials *AzureKeyVaultCredentials `json:"credentials,omitempty"`
	// +optional
	PodIdentity *AuthPodIdentity `json:"podIdentity,omitempty"`
	// +optional
	Cloud *AzureKeyVaultCloudInfo `json:"cloud,omitempty"`
}

// AzureKeyVaultSecret takes one parameter from a vault of Azure.
type AzureKeyVaultSecret struct {
	Parameter string `json:"parameter"`
	Name      string `json:"name"`
	// +optional
	Version string `json:"version,omitempty"`
}

// AzureKeyVaultCredentials are what a vault of Azure is shown.
type AzureKeyVaultCredentials struct {
	ClientID     string      `json:"clientId"`
	TenantID     string      `json:"tenantId"`
	ClientSecret *FromSecret `json:"clientSecret"`
}

// AzureKeyVaultCloudInfo names the cloud that a vault is in.
type AzureKeyVaultCloudInfo struct {
	Type string `json:"type"`
	// +optional
	KeyVaultResourceURL string `json:"keyVaultResourceURL,omitempty"`
	// +optional
	ActiveDirectoryEndpoint string `json:"activeDirectoryEndpoint,omitempty"`
}

// GCPSecretManager is what is read from Google's secret manager.
type GCPSecretManager struct {
	// +kubebuilder:validation:MinItems=1
	Secrets []GCPSecretManagerSecret `json:"secrets"`
	// +optional
	Credentials *GCPCredentials `json:"credentials,omitempty"`
	// +optional
	PodIdentity *AuthPodIdentity `json:"podIdentity,omitempty"`
}

// GCPCredentials are what Google's secret manager is shown.
type GCPCredentials struct {
	ClientSecret FromSecret `json:"clientSecret"`
}

// GCPSecretManagerSecret takes one parameter from Google's secret manager.
type GCPSecretManagerSecret struct {
	Parameter string `json:"parameter"`
	ID        string `json:"id"`
	// +optional
	Version string `json:"version,omitempty"`
}

// AwsSecretManager is what is read from Amazon's secret manager.
type AwsSecretManager struct {
	// +kubebuilder:validation:MinItems=1
	Secrets []AwsSecretManagerSecret `json:"secrets"`
	// +optional
	Credentials *AwsSecretManagerCredentials `json:"credentials,omitempty"`
	// +optional
	PodIdentity *AuthPodIdentity `json:"podIdentity,omitempty"`
	// +optional
	Region string `json:"region,omitempty"`
}

// AwsSecretManagerCredentials are what Amazon's secret manager is shown.
type AwsSecretManagerCredentials struct {
	AccessKey       *FromSecret `json:"accessKey"`
	AccessSecretKey *FromSecret `json:"accessSecretKey"`
	// +optional
	AccessToken *FromSecret `json:"accessToken,omitempty"`
}

// AwsSecretManagerSecret takes one parameter from Amazon's secret manager.
type AwsSecretManagerSecret struct {
	Parameter string `json:"parameter"`
	Name      string `json:"name"`
	// +optional
	VersionID string `json:"versionId,omitempty"`
	// +optional
	VersionStage string `json:"versionStage,omitempty"`
	// +optional
	SecretKey string `json:"secretKey,omitempty"`
}

// AzureServicePrincipal is a service principal of Microsoft Entra.
type AzureServicePrincipal struct {
	TenantID string `json:"tenantId"`
	ClientID string `json:"clientId"`
	// Cloud is the environment. Default AzurePublicCloud.
	// +optional
	Cloud string `json:"cloud,omitempty"`
	// ActiveDirectoryEndpoint goes with cloud Private.
	// +optional
	ActiveDirectoryEndpoint string `json:"activeDirectoryEndpoint,omitempty"`
	// +optional
	ClientSecret *FromSecret `json:"clientSecret,omitempty"`
	// +optional
	ClientCertificate *FromSecret `json:"clientCertificate,omitempty"`
	// +optional
	ClientCertificatePassword *FromSecret `json:"clientCertificatePassword,omitempty"`
}
