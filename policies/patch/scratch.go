package patch

import (
	"encoding/hex"
	"hash/fnv"
	"path"
	"strconv"
	"strings"

	"github.com/plimsoll-dev/plimsoll/policies/intent"
)

// scratch attaches an emptyDir for each path and mounts it.
func scratch(b *builder) {
	s := b.by(intent.KeyScratch)
	for i := range b.Intent.Scratch {
		b.attach(&b.Intent.Scratch[i], s)
	}
}

// attach adds one volume and its mounts, or says why it cannot.
func (b *builder) attach(v *intent.Scratch, s setting) {
	name := volumeName(v)
	targets := b.targets(v, s)
	if len(targets) == 0 {
		return
	}
	if why := b.taken(v, name, targets); why != "" {
		b.problem(s, s.key.String(), why)
		return
	}
	b.want(b.volumePlace(name), jsonValue(scratchVolume{name, scratchSource{v.Size.String()}}), s)
	for i := range targets {
		b.want(targets[i].mountPlace(v.Path), jsonValue(scratchMount{v.Path, name}), s)
	}
}

// The parts of an emptyDir volume that Plimsoll writes.
type (
	scratchVolume struct {
		Name     string        `json:"name"`
		EmptyDir scratchSource `json:"emptyDir"`
	}
	scratchSource struct {
		SizeLimit string `json:"sizeLimit"`
	}
	scratchMount struct {
		MountPath string `json:"mountPath"`
		Name      string `json:"name"`
	}
)

// targets are the containers to mount a scratch volume in: the one it names, or all that no other element names for the
// same path.
func (b *builder) targets(v *intent.Scratch, s setting) []container {
	if v.Container != "" && s.source.Layer == intent.Workload && !b.checkContainerName(s, s.key.String(), v.Container) {
		return nil
	}
	var out []container
	for _, c := range b.containers() {
		if v.Container == c.Name || v.Container == "" && !b.scratchFor(c.Name, v.Path) {
			out = append(out, c)
		}
	}
	return out
}

func (b *builder) scratchFor(container, at string) bool {
	for i := range b.Intent.Scratch {
		if b.Intent.Scratch[i].Container == container && b.Intent.Scratch[i].Path == at {
			return true
		}
	}
	return false
}

// taken says what already is where the volume should go; empty if nothing is.
func (b *builder) taken(v *intent.Scratch, name string, targets []container) string {
	for i := range b.pod.Volumes {
		if b.pod.Volumes[i].Name == name && b.pod.Volumes[i].EmptyDir == nil {
			return "there is a volume " + strconv.Quote(name) + " that is no emptyDir; rename it"
		}
	}
	for i := range targets {
		c := &targets[i]
		if p := c.mountPlace(v.Path); p.filled() && c.mountAt(v.Path) != name && !b.ours(p) {
			return v.Path + " is already mounted in container " + c.Name + ", from volume " + c.mountAt(v.Path) + "; choose another path"
		}
		for _, d := range c.VolumeDevices {
			if path.Clean(d.Path) == v.Path {
				return v.Path + " is already a device in container " + c.Name + "; choose another path"
			}
		}
	}
	return ""
}

// volumeName is the same for the same path and container, a legal name, and unlikely to be anyone else's.
func volumeName(v *intent.Scratch) string {
	const longest = 40
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(v.Container + ":" + v.Path)) // never fails
	readable := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			return r
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, strings.Trim(v.Path, "/"))
	readable = strings.Trim(readable[:min(len(readable), longest)], "-")
	return strings.Join([]string{"plimsoll", readable, hex.EncodeToString(sum.Sum(nil))}, "-")
}

// volumePlace is the place of a volume in the pod.
func (b *builder) volumePlace(name string) place {
	p := b.listPlace("volumes", b.pod.Volumes != nil, "["+name+"]")
	for i := range b.pod.Volumes {
		if b.pod.Volumes[i].Name == name {
			return p.found(b.root+"/spec/volumes", i, string(b.pod.Volumes[i].Raw))
		}
	}
	return p
}

// mountPlace is the place of a mount in a container.
func (c *container) mountPlace(at string) place {
	p := c.listPlace("volumeMounts", c.VolumeMounts != nil, "["+at+"]")
	if i := c.mountIndex(at); i >= 0 {
		return p.found(c.pointer+"/volumeMounts", i, string(c.VolumeMounts[i].Raw))
	}
	return p
}

// mountAt is the volume that is mounted at a path; empty if there is none.
func (c *container) mountAt(at string) string {
	if i := c.mountIndex(at); i >= 0 {
		return c.VolumeMounts[i].Name
	}
	return ""
}

func (c *container) mountIndex(at string) int {
	for i := range c.VolumeMounts {
		if path.Clean(c.VolumeMounts[i].Path) == at {
			return i
		}
	}
	return -1
}

// scratchSizeLimit bounds emptyDir volumes on disk that have no bound.
func scratchSizeLimit(b *builder) {
	if b.Intent.ScratchSizeLimit == nil {
		return
	}
	size := *b.Intent.ScratchSizeLimit
	for i := range b.pod.Volumes {
		v := &b.pod.Volumes[i]
		if v.EmptyDir == nil || v.EmptyDir.Medium != "" {
			continue
		}
		p := place{
			words:  b.words + ".spec.volumes[" + v.Name + "].emptyDir.sizeLimit",
			parent: b.root + "/spec/volumes/" + strconv.Itoa(i) + "/emptyDir", below: []string{"sizeLimit"},
		}
		if now := v.EmptyDir.SizeLimit; now != nil {
			p.at, p.now = p.parent+"/sizeLimit", now.String()
		}
		b.want(p, textValue(size.String()), b.by(intent.KeyScratchSizeLimit))
	}
}
