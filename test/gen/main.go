// Command gen writes docs/reference from what the code says of itself: the table of annotations, the reason codes, the
// catalogue of triggers, the metrics, the command line. `make generate` runs it, and a test fails where a page is stale.
package main

import (
	"bytes"
	"embed"
	"fmt"
	"os"
	"path/filepath"
)

//go:generate go run .

// page is one page of the reference.
type page struct {
	name string
	// make writes the page; root is the folder of the checkout.
	make func(w *bytes.Buffer, root string) error
}

func pages() []page {
	return []page{
		{"README.md", func(w *bytes.Buffer, _ string) error { return about(w, "README.md") }},
		{"annotations.md", annotations},
		{"triggers.md", triggers},
		{"reasons.md", reasons},
		{"metrics.md", metrics},
		{"cli.md", cli},
	}
}

// openings are the first lines of the pages, written by people.
//
//go:embed about/*.md
var openings embed.FS

func about(w *bytes.Buffer, name string) error {
	text, err := openings.ReadFile("about/" + name)
	w.Write(text)
	return err
}

// note stands at the top of every page.
const note = "<!-- Written by go generate ./test/gen from the code. Do not edit. -->\n\n"

func (p page) text(root string) ([]byte, error) {
	w := bytes.NewBufferString(note)
	if err := p.make(w, root); err != nil {
		return nil, fmt.Errorf("%s: %w", p.name, err)
	}
	return w.Bytes(), nil
}

// folder of the reference, from the root of the checkout.
const folder = "docs/reference"

func main() {
	if err := run("../.."); err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

func run(root string) error {
	if err := os.MkdirAll(filepath.Join(root, folder), 0o755); err != nil {
		return err
	}
	for _, p := range pages() {
		text, err := p.text(root)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(root, folder, p.name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
