package manifest

import (
	"fmt"

	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/yamledit"
	"github.com/plimsoll-dev/plimsoll/policies/patch"
)

// Edited gives the file with operations carried out on its documents. The file itself stays as it is.
func (f *File) Edited(ops map[*Document][]patch.Op) (*File, error) {
	edited := &File{Name: f.Name}
	for _, d := range f.Documents {
		text, err := yamledit.Apply(d.Text, ops[d])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.Where(), err)
		}
		with := *d
		with.Text = text
		edited.Documents = append(edited.Documents, &with)
	}
	return edited, nil
}
