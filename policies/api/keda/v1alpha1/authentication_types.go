package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// TriggerAuthentication says where the credentials of triggers in its namespace come from.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=triggerauthentications,scope=Namespaced,shortName=ta;triggerauth
// +kubebuilder:printcolumn:name="PodIdentity",type="string",JSONPath=".spec.podIdentity.provider"
// +kubebuilder:printcolumn:name="Secret",type="string",JSONPath=".spec.secretTargetRef[*].name"
// +kubebuilder:printcolumn:name="Env",type="string",JSONPath=".spec.env[*].name"
// +kubebuilder:printcolumn:name="VaultAddress",type="string",JSONPath=".spec.hashiCorpVault.address"
// +kubebuilder:printcolumn:name="ScaledObjects",type="string",priority=1,JSONPath=".status.scaledobjects"
// +kubebuilder:printcolumn:name="ScaledJobs",type="string",priority=1,JSONPath=".status.scaledjobs"
type TriggerAuthentication struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec TriggerAuthenticationSpec `json:"spec"`
	// +optional
	Status TriggerAuthenticationStatus `json:"status,omitempty"`
}

// TriggerAuthenticationList is a list of TriggerAuthentications.
//
// +kubebuilder:object:root=true
type TriggerAuthenticationList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`
	Items           []TriggerAuthentication `json:"items"`
}

// ClusterTriggerAuthentication says where the credentials of triggers in any namespace come from. What it names (Secrets,
// ConfigMaps, ServiceAccounts) is in one namespace, which the manager is told: its own by default.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=clustertriggerauthentications,scope=Cluster,shortName=cta;clustertriggerauth
// +kubebuilder:printcolumn:name="PodIdentity",type="string",JSONPath=".spec.podIdentity.provider"
// +kubebuilder:printcolumn:name="Secret",type="string",JSONPath=".spec.secretTargetRef[*].name"
// +kubebuilder:printcolumn:name="Env",type="string",JSONPath=".spec.env[*].name"
// +kubebuilder:printcolumn:name="FilePath",type="string",JSONPath=".spec.filePath"
// +kubebuilder:printcolumn:name="VaultAddress",type="string",JSONPath=".spec.hashiCorpVault.address"
// +kubebuilder:printcolumn:name="ScaledObjects",type="string",priority=1,JSONPath=".status.scaledobjects"
// +kubebuilder:printcolumn:name="ScaledJobs",type="string",priority=1,JSONPath=".status.scaledjobs"
type ClusterTriggerAuthentication struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec TriggerAuthenticationSpec `json:"spec"`
	// +optional
	Status TriggerAuthenticationStatus `json:"status,omitempty"`
}

// ClusterTriggerAuthenticationList is a list of ClusterTriggerAuthentications.
//
// +kubebuilder:object:root=true
type ClusterTriggerAuthenticationList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`
	Items           []ClusterTriggerAuthentication `json:"items"`
}

// TriggerAuthenticationSpec lists where parameters come from. What several of its fields give is put together.
type TriggerAuthenticationSpec struct {
	// PodIdentity asks for the identity that a cloud gives a pod. Plimsoll serves "none" only.
	// +optional
	PodIdentity *AuthPodIdentity `json:"podIdentity,omitempty"`
	// SecretTargetRef takes parameters from Secrets.
	// +optional
	SecretTargetRef []AuthTargetRef `json:"secretTargetRef,omitempty"`
	// ConfigMapTargetRef takes parameters from ConfigMaps.
	// +optional
	ConfigMapTargetRef []AuthTargetRef `json:"configMapTargetRef,omitempty"`
	// Env takes parameters from the environment of the scaled workload's containers.
	// +optional
	Env []AuthEnvironment `json:"env,omitempty"`
	// FilePath names a file of the manager's with all parameters as a JSON object; of a ClusterTriggerAuthentication only.
	// +optional
	FilePath string `json:"filePath,omitempty"`
	// HashiCorpVault takes parameters from HashiCorp's Vault. Plimsoll does not serve it.
	// +optional
	HashiCorpVault *HashiCorpVault `json:"hashiCorpVault,omitempty"`
	// AzureKeyVault takes parameters from Azure's vault. Plimsoll does not serve it.
	// +optional
	AzureKeyVault *AzureKeyVault `json:"azureKeyVault,omitempty"`
	// GCPSecretManager takes parameters from Google's secret manager. Plimsoll does not serve it.
	// +optional
	GCPSecretManager *GCPSecretManager `json:"gcpSecretManager,omitempty"`
	// AwsSecretManager takes parameters from Amazon's secret manager. Plimsoll does not serve it.
	// +optional
	AwsSecretManager *AwsSecretManager `json:"awsSecretManager,omitempty"`
	// BoundServiceAccountToken asks the API server for tokens of ServiceAccounts.
	// +optional
	BoundServiceAccountToken []BoundServiceAccountToken `json:"boundServiceAccountToken,omitempty"`
	// OAuth2 gives the parameters of a client that asks for its tokens by itself.
	// +optional
	OAuth2 *OAuth2 `json:"oauth2,omitempty"`
	// AzureServicePrincipal gives the parameters of a service principal of Microsoft Entra.
	// +optional
	AzureServicePrincipal *AzureServicePrincipal `json:"azureServicePrincipal,omitempty"`
}

// TriggerAuthenticationStatus is KEDA's: the names of who uses the object. Plimsoll does not write it.
type TriggerAuthenticationStatus struct {
	// +optional
	ScaledObjectNamesStr string `json:"scaledobjects,omitempty"`
	// +optional
	ScaledJobNamesStr string `json:"scaledjobs,omitempty"`
}

// AuthTargetRef takes one parameter from one key of an object.
type AuthTargetRef struct {
	// Parameter of the trigger.
	Parameter string `json:"parameter"`
	// Name of the Secret or ConfigMap.
	Name string `json:"name"`
	// Key in it.
	Key string `json:"key"`
}

// AuthEnvironment takes one parameter from a variable of the scaled workload.
type AuthEnvironment struct {
	// Parameter of the trigger.
	Parameter string `json:"parameter"`
	// Name of the variable.
	Name string `json:"name"`
	// ContainerName is the container that has it. Default: the first of the pod template.
	// +optional
	ContainerName string `json:"containerName,omitempty"`
}

// BoundServiceAccountToken takes one parameter from a token that the API server makes.
type BoundServiceAccountToken struct {
	// Parameter of the trigger.
	Parameter string `json:"parameter"`
	// ServiceAccountName is whom the token stands for.
	ServiceAccountName string `json:"serviceAccountName"`
}

// OAuth2GrantType is how an OAuth 2 client gets its tokens.
//
// +kubebuilder:validation:Enum=clientCredentials
type OAuth2GrantType string

// OAuth2 is an OAuth 2 client.
type OAuth2 struct {
	// Type of the grant.
	// +kubebuilder:default=clientCredentials
	Type OAuth2GrantType `json:"type"`
	// ClientID of the client.
	ClientID string `json:"clientId"`
	// ClientSecret says where the client's secret is.
	// +optional
	ClientSecret FromSecret `json:"clientSecret,omitempty"`
	// TokenURL is asked for tokens.
	TokenURL string `json:"tokenUrl"`
	// Scopes that are asked for.
	// +optional
	Scopes []string `json:"scopes,omitempty"`
	// TokenURLParams are sent along.
	// +optional
	TokenURLParams map[string]string `json:"tokenUrlParams,omitempty"`
}

// FromSecret is a value in a Secret.
type FromSecret struct {
	ValueFrom ValueFromSecret `json:"valueFrom"`
}

// ValueFromSecret names the Secret and its key.
type ValueFromSecret struct {
	SecretKeyRef SecretKeyRef `json:"secretKeyRef"`
}

// SecretKeyRef is a key of a Secret.
type SecretKeyRef struct {
	Name string `json:"name"`
	Key  string `json:"key"`
}
