// Package web is what sources that ask over HTTP share: as whom they ask, and one bounded request.
package web

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/policies/trigger"
)

// Access is how a server is reached, and as whom.
type Access struct {
	tls sources.TLS
	// header holds credentials.
	header http.Header
}

// AccessFrom reads the parameters authModes and those that the modes need. served are the legal modes. Errors name the
// parameter and do not quote it.
func AccessFrom(p *sources.Parameters, served []string) (Access, error) {
	a := Access{header: http.Header{}}
	for _, mode := range trigger.Modes(p.Get("authModes")) {
		if !slices.Contains(served, mode) {
			return a, fmt.Errorf("authModes: %q is not served; legal are %s", mode, strings.Join(served, ", "))
		}
		if err := a.enter(mode, p); err != nil {
			return a, err
		}
	}
	var err error
	a.tls, err = sources.TLSFrom(p)
	return a, err
}

// enter adds what a mode needs.
func (a *Access) enter(mode string, p *sources.Parameters) error {
	switch mode {
	case "bearer":
		return a.set(mode, "Authorization", "Bearer ", p.Get("bearerToken"))
	case "basic":
		if p.Get("username") == "" {
			return errors.New("authModes: basic needs username")
		}
		r := http.Request{Header: a.header}
		r.SetBasicAuth(p.Get("username"), p.Get("password"))
	case "custom":
		return a.set(mode, p.Get("customAuthHeader"), "", p.Get("customAuthValue"))
	case "tls":
		if p.Get("cert") == "" || p.Get("key") == "" {
			return errors.New("authModes: tls needs cert and key")
		}
	}
	return nil
}

func (a *Access) set(mode, name, scheme, secret string) error {
	if name == "" || secret == "" {
		return fmt.Errorf("authModes: %s needs %s", mode, map[string]string{
			"bearer": "bearerToken", "custom": "customAuthHeader and customAuthValue",
		}[mode])
	}
	if err := trigger.CheckHeader(name, secret); err != nil {
		return fmt.Errorf("authModes: %s: %w", mode, err)
	}
	a.header.Set(name, scheme+secret)
	return nil
}

// Digest tells one access from another without telling its secrets.
func (a *Access) Digest() string { return sources.Digest(a.tls.Key(), fmt.Sprintf("%q", a.header)) }
