package credentials

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/plimsoll-dev/plimsoll/controller/credentials/objects"
	"github.com/plimsoll-dev/plimsoll/controller/targets"
)

// environment is that of one container of the target, as a kubelet would make it: of several entries of one name the last
// counts, env counts more than envFrom, and $(NAME) stands for a variable that comes before. Only what is asked for is looked
// up, so that no Secret is read that no trigger needs.
type environment struct {
	*search
	container *corev1.Container
	pod       *corev1.PodSpec
	// values are the entries of env that were looked up, by their position.
	values map[int]found
}

// found is what a lookup came to.
type found struct {
	value string
	ok    bool
	err   error
}

// variable gives the value of a variable of a container, or of the first one where the name is empty. It has to be there and
// not empty.
func (s *search) variable(container, name string) (string, error) {
	e, err := s.environment(container)
	if err != nil {
		return "", err
	}
	f := e.lookup(name, len(e.container.Env))
	switch {
	case f.err != nil:
		return "", fmt.Errorf("variable %q of %s: %w", name, e, f.err)
	case !f.ok:
		return "", mistake("%s has no variable %q%s", e, name, didYouMean(name, e.names()))
	case f.value == "":
		return "", mistake("variable %q of %s is empty", name, e)
	}
	return f.value, nil
}

func (s *search) environment(container string) (*environment, error) {
	if e, ok := s.containers[container]; ok {
		return e, nil
	}
	pod, err := s.pod()
	if err != nil {
		return nil, err
	}
	i := 0
	if container != "" {
		i = slices.IndexFunc(pod.Containers, func(c corev1.Container) bool { return c.Name == container })
	}
	k := targets.KeyOf(s.question.Namespace, s.question.Target)
	if i < 0 || i >= len(pod.Containers) {
		return nil, mistake("%s has no container %q; it has %s", k, container, containersOf(pod))
	}
	e := &environment{search: s, container: &pod.Containers[i], pod: pod, values: map[int]found{}}
	if s.containers == nil {
		s.containers = map[string]*environment{}
	}
	s.containers[container] = e
	return e, nil
}

func containersOf(pod *corev1.PodSpec) string {
	var names []string
	for i := range pod.Containers {
		names = append(names, pod.Containers[i].Name)
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// String names the container.
func (e *environment) String() string {
	return fmt.Sprintf("container %q of %s", e.container.Name, targets.KeyOf(e.question.Namespace, e.question.Target))
}

// names are those of all variables that can be known without reading anything.
func (e *environment) names() []string {
	var names []string
	for i := range e.container.Env {
		names = append(names, e.container.Env[i].Name)
	}
	return names
}

// lookup finds the variable among the first entries of env, else in envFrom.
func (e *environment) lookup(name string, before int) found {
	for i := before - 1; i >= 0; i-- {
		if e.container.Env[i].Name != name {
			continue
		}
		if f := e.entry(i); f.ok || f.err != nil {
			return f
		}
	}
	for i := len(e.container.EnvFrom) - 1; i >= 0; i-- {
		if f := e.from(&e.container.EnvFrom[i], name); f.ok || f.err != nil {
			return f
		}
	}
	return found{}
}

// entry gives the value of one entry of env. Each is worked out once, however many others refer to it.
func (e *environment) entry(i int) found {
	f, known := e.values[i]
	if !known {
		v := &e.container.Env[i]
		if v.ValueFrom == nil {
			f.value, f.err = e.expand(v.Value, i)
			f.ok = f.err == nil
		} else {
			f = e.valueFrom(v.ValueFrom)
		}
		e.values[i] = f
	}
	return f
}

func (e *environment) valueFrom(v *corev1.EnvVarSource) found {
	namespace := e.question.Namespace
	switch {
	case v.SecretKeyRef != nil:
		return e.key(secretIn(namespace, v.SecretKeyRef.Name), v.SecretKeyRef.Key, v.SecretKeyRef.Optional)
	case v.ConfigMapKeyRef != nil:
		return e.key(configMapIn(namespace, v.ConfigMapKeyRef.Name), v.ConfigMapKeyRef.Key, v.ConfigMapKeyRef.Optional)
	case v.FieldRef != nil:
		return e.field(v.FieldRef.FieldPath)
	case v.ResourceFieldRef != nil:
		return found{err: mistake("comes from resourceFieldRef, which is no place for a parameter of a trigger")}
	}
	return found{err: mistake("comes from a place that Plimsoll does not know; legal are value, secretKeyRef, configMapKeyRef, " +
		"and fieldRef of metadata.namespace and spec.serviceAccountName")}
}

// key gives one key of a Secret or a ConfigMap. What is optional may be missing.
func (e *environment) key(h holder, key string, optional *bool) found {
	data, err := e.data(h)
	value, ok := data[key]
	switch {
	case ok:
		return found{value: value, ok: true}
	case optional != nil && *optional && (err == nil || objects.IsMissing(err)):
		return found{}
	case err != nil:
		return found{err: err}
	}
	return found{err: mistake("%s has no key %q%s", h.ref(), key, didYouMean(key, slices.Collect(maps.Keys(data))))}
}

// field gives what is known of pods that do not exist yet.
func (e *environment) field(path string) found {
	switch path {
	case "metadata.namespace":
		return found{value: e.question.Namespace, ok: true}
	case "spec.serviceAccountName":
		if name := e.pod.ServiceAccountName; name != "" {
			return found{value: name, ok: true}
		}
		return found{value: "default", ok: true}
	}
	return found{err: mistake("comes from the field %s of each pod, and triggers are read while there is none", path)}
}

// from finds the variable in what envFrom names.
func (e *environment) from(source *corev1.EnvFromSource, name string) found {
	key, ok := strings.CutPrefix(name, source.Prefix)
	if !ok {
		return found{}
	}
	var h holder
	var optional *bool
	switch {
	case source.SecretRef != nil:
		h, optional = secretIn(e.question.Namespace, source.SecretRef.Name), source.SecretRef.Optional
	case source.ConfigMapRef != nil:
		h, optional = configMapIn(e.question.Namespace, source.ConfigMapRef.Name), source.ConfigMapRef.Optional
	default:
		return found{}
	}
	data, err := e.data(h)
	if err != nil {
		if optional != nil && *optional && objects.IsMissing(err) {
			return found{}
		}
		return found{err: err}
	}
	value, ok := data[key]
	return found{value: value, ok: ok}
}

// maxValue bounds what references may blow a value up to: ten variables of ten references each are a gigabyte.
const maxValue = 64 << 10

// expand puts in what $(NAME) stands for, of the variables before a position. $$ is a $; a reference to a variable that is
// not there stays as it is.
func (e *environment) expand(text string, before int) (string, error) {
	var out strings.Builder
	for text != "" && out.Len() <= maxValue {
		start := strings.IndexByte(text, '$')
		if start < 0 || start+1 == len(text) {
			out.WriteString(text)
			break
		}
		out.WriteString(text[:start])
		text = text[start:]
		end := strings.IndexByte(text, ')')
		switch {
		case text[1] == '$':
			out.WriteByte('$')
			text = text[2:]
		case text[1] == '(' && end > 0:
			f := e.lookup(text[2:end], before)
			if f.err != nil {
				return "", f.err
			}
			if !f.ok {
				f.value = text[:end+1]
			}
			out.WriteString(f.value)
			text = text[end+1:]
		default:
			out.WriteByte('$')
			text = text[1:]
		}
	}
	if out.Len() > maxValue {
		return "", mistake("is longer than %d KiB with its references put in", maxValue>>10)
	}
	return out.String(), nil
}
