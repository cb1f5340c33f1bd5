package intent

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

func parseEnabled(i *Intent, v value) error {
	word, err := oneOf(v, "true", "false")
	if err != nil {
		return err
	}
	enabled := word == "true"
	i.Enabled = &enabled
	return nil
}

func parseRequests(i *Intent, v value) error {
	list, err := amounts(v)
	if err == nil {
		i.Requests = i.Requests.with(list)
	}
	return err
}

func parseLimits(i *Intent, v value) error {
	list, err := amounts(v)
	if err == nil {
		i.Limits = i.Limits.with(list)
	}
	return err
}

// amounts reads a list such as "cpu=250m,memory=256Mi" for the container of the key.
func amounts(v value) (Amounts, error) {
	list, err := pairs(v.text)
	if err != nil {
		return nil, err
	}
	out := make(Amounts, 0, len(list))
	for _, p := range list {
		if err := resourceName(p.key); err != nil {
			return nil, err
		}
		q, err := quantity(p.value)
		if err == nil && !Overcommits(corev1.ResourceName(p.key)) {
			err = whole(q)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.key, err)
		}
		out = append(out, Amount{Container: v.container, Resource: corev1.ResourceName(p.key), Quantity: q, Source: v.source})
	}
	return out, nil
}

// resourceName takes what a container may request: the standard resources, huge pages and extended resources.
func resourceName(name string) error {
	switch corev1.ResourceName(name) {
	case corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage:
		return nil
	}
	if size, ok := strings.CutPrefix(name, corev1.ResourceHugePagesPrefix); ok {
		if _, err := positive(size); err == nil {
			return nil
		}
	}
	// As in Kubernetes' validation: an extended resource must also make a legal name for a quota.
	if strings.Contains(name, "/") && !strings.HasPrefix(name, "requests.") && len(validation.IsQualifiedName("requests."+name)) == 0 {
		return nil
	}
	return errPlain{fmt.Errorf("%s is not a resource; legal are cpu, memory, ephemeral-storage, hugepages-<size> and "+
		"extended resources such as example.com/gpu", shown(name))}
}

func parseEphemeralStorage(i *Intent, v value) error {
	low, high, ranged := strings.Cut(v.text, "..")
	if !ranged {
		high = low
	}
	request, err := positive(low)
	if err != nil {
		return err
	}
	limit, err := positive(high)
	if err != nil {
		return err
	}
	if limit.Cmp(request) < 0 {
		return errors.New("the limit is below the request")
	}
	i.EphemeralStorage = &StorageRange{Request: request, Limit: limit}
	return nil
}

func parseScratch(i *Intent, v value) error {
	list, err := pairs(v.text)
	if err != nil {
		return err
	}
	out := make([]Scratch, 0, len(list))
	for _, p := range list {
		s := Scratch{Path: p.key}
		if container, where, ok := strings.Cut(p.key, ":"); ok {
			s.Container, s.Path = container, where
		}
		if err := s.check(); err != nil {
			return err
		}
		if s.Size, err = positive(p.value); err != nil {
			return fmt.Errorf("%s: %w", p.key, err)
		}
		out = append(out, s)
	}
	i.Scratch = out
	return nil
}

func (s Scratch) check() error {
	if s.Container != "" && len(validation.IsDNS1123Label(s.Container)) > 0 {
		return fmt.Errorf("%s is not a container's name", shown(s.Container))
	}
	if !path.IsAbs(s.Path) || path.Clean(s.Path) != s.Path || s.Path == "/" || strings.Contains(s.Path, ":") {
		return fmt.Errorf("%s is not a clean absolute path", shown(s.Path))
	}
	return nil
}

func parseScratchSizeLimit(i *Intent, v value) error {
	q, err := positive(v.text)
	if err != nil {
		return err
	}
	i.ScratchSizeLimit = &q
	return nil
}

func parseObjectStorage(i *Intent, v value) error {
	o := &ObjectStorage{Secret: v.trimmed()}
	if strings.Contains(v.text, "=") {
		var err error
		if o, err = objectStorageList(v.text); err != nil {
			return err
		}
	}
	if o.Secret == "" {
		return errors.New("the Secret's name is missing")
	}
	if len(validation.IsDNS1123Subdomain(o.Secret)) > 0 {
		return fmt.Errorf("%s is not a Secret's name", shown(o.Secret))
	}
	i.ObjectStorage = o
	return nil
}

func objectStorageList(text string) (*ObjectStorage, error) {
	list, err := pairs(text)
	if err != nil {
		return nil, err
	}
	o := &ObjectStorage{}
	for _, p := range list {
		switch p.key {
		case "secret":
			o.Secret = p.value
		case "endpoint":
			o.Endpoint = p.value
			if err := endpoint(p.value); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("%s is unknown", shown(p.key))
		}
	}
	return o, nil
}

// endpoint takes a URL.
func endpoint(text string) error {
	u, err := url.Parse(text)
	switch {
	case err == nil && u.User != nil:
		return errors.New("the endpoint holds credentials; they belong into the Secret")
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("%s is not an http or https URL", shown(text))
	}
	return nil
}

func parseSpot(i *Intent, v value) (err error) {
	i.Spot, err = oneOf(v, SpotPrefer, SpotRequire)
	return err
}

func parseTTL(i *Intent, v value) (err error) {
	i.TTL, err = seconds(v, 0)
	return err
}

func parseTTLOnFailure(i *Intent, v value) (err error) {
	i.TTLOnFailure, err = seconds(v, 0)
	return err
}

func parseBackoffLimit(i *Intent, v value) error {
	n, err := number(v.text, 0)
	if err == nil {
		i.BackoffLimit = &n
	}
	return err
}

func parseDeadline(i *Intent, v value) error {
	d, err := duration(v.text, time.Second)
	if err == nil {
		s := int64(d / time.Second)
		i.Deadline = &s
	}
	return err
}

func parseHistory(i *Intent, v value) error {
	list, err := pairs(v.text)
	if err != nil {
		return err
	}
	h := &History{}
	for _, p := range list {
		n, err := number(p.value, 0)
		if err != nil {
			return fmt.Errorf("%s: %w", p.key, err)
		}
		switch p.key {
		case "successful":
			h.Successful = &n
		case "failed":
			h.Failed = &n
		default:
			return fmt.Errorf("%s is unknown", shown(p.key))
		}
	}
	i.History = h
	return nil
}
