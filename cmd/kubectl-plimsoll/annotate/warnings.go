package annotate

import (
	"fmt"
	"io"

	"k8s.io/client-go/rest"
)

// warnings says what there is to warn of, once: what the core found beforehand, the API server finds again when admission
// runs there.
type warnings struct {
	w    io.Writer
	said map[string]bool
}

// about warns of something about an object.
func (h *warnings) about(object, text string) {
	h.said[text] = true
	fmt.Fprintf(h.w, "Warning: %s: %s\n", object, text)
}

// miscPersistent is the one warning code that the API server uses.
const miscPersistent = 299

// HandleWarningHeader takes a warning of the API server.
func (h *warnings) HandleWarningHeader(code int, _, text string) {
	if code != miscPersistent || text == "" || h.said[text] {
		return
	}
	h.said[text] = true
	fmt.Fprintf(h.w, "Warning: %s\n", text)
}

// listen lets the API server's warnings come here.
func (o *options) listen(h *warnings) {
	o.config.WithWrapConfigFn(func(c *rest.Config) *rest.Config {
		c.WarningHandler = h
		return c
	})
}
