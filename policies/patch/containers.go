package patch

import (
	"strconv"

	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

// container is one container of the pod, of either list.
type container struct {
	*subject.Container
	// pointer and words lead to it.
	pointer, words string
	// initial containers run before the others; sidecars among them go on beside them.
	initial bool
}

// containers lists all containers in the order in which they start.
func (b *builder) containers() []container {
	out := make([]container, 0, len(b.pod.InitContainers)+len(b.pod.Containers))
	for i := range b.pod.InitContainers {
		out = append(out, b.container("initContainers", i, &b.pod.InitContainers[i]))
	}
	for i := range b.pod.Containers {
		out = append(out, b.container("containers", i, &b.pod.Containers[i]))
	}
	return out
}

func (b *builder) container(list string, i int, c *subject.Container) container {
	return container{
		Container: c,
		pointer:   b.root + "/spec/" + list + "/" + strconv.Itoa(i),
		words:     b.words + ".spec." + list + "[" + c.Name + "]",
		initial:   list == "initContainers",
	}
}

// names lists the containers, for messages.
func names(cs []container) []string {
	out := make([]string, len(cs))
	for i := range cs {
		out[i] = cs[i].Name
	}
	return out
}

// listPlace is an element more of a list in the pod specification.
func (b *builder) listPlace(list string, exists bool, element string) place {
	p := place{words: b.words + ".spec." + list + element, parent: b.root + "/spec", below: []string{list, "-"}}
	if exists {
		p.parent, p.below = b.root+"/spec/"+list, []string{"-"}
	}
	return p
}

// listPlace is the same in a container.
func (c *container) listPlace(list string, exists bool, element string) place {
	p := place{words: c.words + "." + list + element, parent: c.pointer, below: []string{list, "-"}}
	if exists {
		p.parent, p.below = c.pointer+"/"+list, []string{"-"}
	}
	return p
}

// found marks a place as filled by an element of its list.
func (p place) found(list string, i int, now string) place {
	p.at, p.now = list+"/"+strconv.Itoa(i), now
	return p
}
