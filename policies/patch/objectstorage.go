package patch

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/plimsoll-dev/plimsoll/policies/intent"
)

// objectStorage gives every container the address and the credentials of an object store. A variable that a container
// already has stays as it is.
func objectStorage(b *builder) {
	o := b.Intent.ObjectStorage
	if o == nil {
		return
	}
	variables := []corev1.EnvVar{
		endpointFrom(o),
		fromSecret("S3_ACCESS_KEY", o.Secret, "access-key"),
		fromSecret("S3_SECRET_KEY", o.Secret, "secret-key"),
	}
	cs := b.containers()
	for _, v := range variables {
		asJSON := jsonValue(v)
		for i := range cs {
			b.want(cs[i].envPlace(v.Name), asJSON, b.by(intent.KeyObjectStorage))
		}
	}
}

// endpointFrom is the URL where one is given; else what the Secret has, if it has it: an address is no secret, and many
// Secrets hold keys only.
func endpointFrom(o *intent.ObjectStorage) corev1.EnvVar {
	if o.Endpoint != "" {
		return corev1.EnvVar{Name: "S3_ENDPOINT", Value: o.Endpoint}
	}
	v, optional := fromSecret("S3_ENDPOINT", o.Secret, "endpoint"), true
	v.ValueFrom.SecretKeyRef.Optional = &optional
	return v
}

func fromSecret(name, secret, key string) corev1.EnvVar {
	return corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
		LocalObjectReference: corev1.LocalObjectReference{Name: secret}, Key: key,
	}}}
}

// envPlace is the place of an environment variable in a container.
func (c *container) envPlace(name string) place {
	p := c.listPlace("env", c.Env != nil, "["+name+"]")
	for i := range c.Env {
		if c.Env[i].Name == name {
			return p.found(c.pointer+"/env", i, string(c.Env[i].Raw))
		}
	}
	return p
}
