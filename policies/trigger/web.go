package trigger

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
)

// Why keys of KEDA's that sources over HTTP share have no meaning here.
const (
	noOAuthWeb = "belongs to authModes: oauth, which is not served; legal are bearer, basic, custom, tls"
	noIdentity = "belongs to managed services of a cloud, which are not served; legal are authModes bearer, basic, custom, tls"
)

// webModes are KEDA's, of which those of webRefusedModes are known and not served.
func webModes() []string { return []string{"apiKey", "basic", "tls", "bearer", "custom", "oauth"} }

// webAuth are the parameters about who asks.
func webAuth() []Param {
	return []Param{
		{Name: "authModes", Aliases: []string{"authMode"}, Form: Choices, Legal: webModes(), Exclusive: []string{"bearer", "basic", "oauth"},
			From: Auth, Doc: "How to log in, several with commas between. Without it credentials are not sent."},
		{Name: "bearerToken", Aliases: []string{"token"}, Secret: true, From: OnlyAuth, Doc: "The token of bearer."},
		{Name: "username", From: OnlyAuth, Doc: "The user of basic."},
		{Name: "password", Secret: true, From: OnlyAuth, Doc: "The password of basic."},
		{Name: "customAuthHeader", From: OnlyAuth, Doc: "The header of custom."},
		{Name: "customAuthValue", Secret: true, From: OnlyAuth, Doc: "The header's value."},
		{Name: "ca", From: OnlyAuth, Doc: "The authority that signed the server's certificate, PEM. It needs no mode."},
		{Name: "cert", From: OnlyAuth, Doc: "The client's certificate of tls, PEM."},
		{Name: "key", Secret: true, From: OnlyAuth, Doc: "The client's key of tls, PEM."},
		{Name: "unsafeSsl", Form: Boolean, Default: "false", Doc: "Whether to accept any certificate."},
		{Name: "timeout",
			Doc: "The patience with one answer, such as 2s, or in milliseconds; without it 3 s. A reading as a whole never takes more than 5 s."},
	}
}

// webRefused are keys of OAuth, with the reason.
func webRefused() map[string]string {
	refused := map[string]string{}
	for _, key := range []string{"oauthTokenURI", "scopes", "scope", "clientID", "clientSecret", "endpointParams"} {
		refused[key] = noOAuthWeb
	}
	return refused
}

// checkAddress checks the address under a key. What may hold a password is not shown.
func checkAddress(t v1alpha1.Trigger, metadata *field.Path, key string) *field.Error {
	address := t.Metadata[key]
	if err := CheckAddress(address); err != nil {
		if strings.Contains(address, "@") {
			address = "(hidden)"
		}
		return field.Invalid(metadata.Key(key), address, err.Error())
	}
	return nil
}

// CheckAddress says whether a text is the address of a server: http or https, a host, and maybe a path.
func CheckAddress(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "", u.RawQuery != "", u.ForceQuery, u.Fragment != "":
		return errors.New("legal is http:// or https://, a host and maybe a port and a path, such as http://prometheus.monitoring.svc:9090")
	case u.User != nil:
		return errors.New("credentials do not stand in the address: legal is authModes: basic, with an authenticationRef")
	}
	return nil
}

// checkModes refuses modes that are not served, as the comma-separated list under authModes names them.
func checkModes(t v1alpha1.Trigger, metadata *field.Path, served ...string) *field.Error {
	for _, key := range []string{"authModes", "authMode"} {
		for _, mode := range Modes(t.Metadata[key]) {
			if !slices.Contains(served, mode) {
				return field.Forbidden(metadata.Key(key), fmt.Sprintf("%s is not served; legal are %s", mode, strings.Join(served, ", ")))
			}
		}
	}
	return nil
}

// Modes splits the list under authModes.
func Modes(list string) []string {
	var modes []string
	for mode := range strings.SplitSeq(list, ",") {
		if mode = strings.TrimSpace(mode); mode != "" {
			modes = append(modes, mode)
		}
	}
	return modes
}

// PrometheusModes are the modes that prometheus serves.
func PrometheusModes() []string { return []string{"bearer", "basic", "custom", "tls"} }

// Patience reads a timeout: a duration, or a whole number of milliseconds. It is 0 where there is none.
func Patience(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if n, whole := strconv.ParseInt(text, 10, 32); whole == nil {
		d, err = time.Duration(n)*time.Millisecond, nil
	}
	if err != nil || d < 0 {
		return 0, errors.New("legal is a duration such as 2s, or a whole number of milliseconds")
	}
	return d, nil
}

// Pairs reads a list such as "name=value, other=value". The names differ.
func Pairs(text string) (map[string]string, error) {
	pairs := map[string]string{}
	if text == "" {
		return pairs, nil
	}
	for pair := range strings.SplitSeq(text, ",") {
		name, value, ok := strings.Cut(pair, "=")
		name = strings.TrimSpace(name)
		if _, twice := pairs[name]; !ok || name == "" || twice {
			return nil, errors.New("legal is name=value, or several with commas between, each name once")
		}
		pairs[name] = strings.TrimSpace(value)
	}
	return pairs, nil
}

var headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")

// Headers reads a list of Pairs whose names are those of headers.
func Headers(text string) (map[string]string, error) {
	pairs, err := Pairs(text)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(pairs)) {
		if err := CheckHeader(name, pairs[name]); err != nil {
			return nil, err
		}
	}
	return pairs, nil
}

// CheckHeader says what is wrong with a header. It does not quote the value.
func CheckHeader(name, value string) error {
	switch {
	case !headerName.MatchString(name):
		return fmt.Errorf("%q is no name of a header", name)
	case strings.EqualFold(name, "Host"):
		return errors.New("the header Host is the address's")
	case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }):
		return fmt.Errorf("the header %s has a line break or another control character in its value", name)
	}
	return nil
}

// checkWeb checks what the forms do not: the timeout.
func checkWeb(t v1alpha1.Trigger, metadata *field.Path) *field.Error {
	if _, err := Patience(t.Metadata["timeout"]); err != nil {
		return field.Invalid(metadata.Key("timeout"), t.Metadata["timeout"], err.Error())
	}
	return nil
}
