// Package manifest reads the files that people keep Kubernetes objects in, and remembers every byte of them: what is not
// changed comes out as it went in.
package manifest

import (
	"fmt"

	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

// File is one file, or standard input. The texts of its documents together are the file, byte for byte.
type File struct {
	Name      string
	Documents []*Document
}

// Document is one document of a file, its markers and the comments around it included.
type Document struct {
	// File it is in, Number among the documents of the file that say something, and Line of the file on which Text begins;
	// both count from 1. Only tells whether it is the file's only one.
	File         string
	Number, Line int
	Only         bool
	Text         []byte
	// Objects that it holds: one, none, or the items of a list.
	Objects []Object
}

// Object is one Kubernetes object.
type Object struct {
	Header
	// Pointer is the JSON pointer to the object in its document: empty, or "/items/3".
	Pointer string
	// Kind of workload, or Other.
	Kind subject.Kind
	// JSON of the object.
	JSON []byte
	// Document it stands in.
	Document *Document
}

// Header is what every object has. Kind is the name of the kind.
type Header struct {
	APIVersion string   `json:"apiVersion"`
	KindName   string   `json:"kind"`
	Metadata   Metadata `json:"metadata"`
}

// Metadata is what is read of an object's metadata.
type Metadata struct {
	Name         string            `json:"name"`
	GenerateName string            `json:"generateName"`
	Namespace    string            `json:"namespace"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
}

// Where says where a document stands, for messages: "consumer.yaml:31 (document 2)".
func (d *Document) Where() string {
	if d.Only {
		return d.File
	}
	return fmt.Sprintf("%s:%d (document %d)", d.File, d.Line, d.Number)
}

// Where says where an object stands.
func (o *Object) Where() string {
	if o.Pointer == "" {
		return o.Document.Where()
	}
	return o.Document.Where() + " " + o.Pointer[1:]
}

// String names the object, as in "Deployment serverless/job-consumer".
func (o *Object) String() string {
	name := o.Metadata.Name
	if name == "" && o.Metadata.GenerateName != "" {
		name = o.Metadata.GenerateName + "…"
	}
	if o.Metadata.Namespace != "" {
		name = o.Metadata.Namespace + "/" + name
	}
	return o.KindName + " " + name
}
