package manifest

import "iter"

// Objects goes through the objects of files, in order.
func Objects(files []*File) iter.Seq[*Object] {
	return func(yield func(*Object) bool) {
		for _, f := range files {
			for _, d := range f.Documents {
				for i := range d.Objects {
					if !yield(&d.Objects[i]) {
						return
					}
				}
			}
		}
	}
}
