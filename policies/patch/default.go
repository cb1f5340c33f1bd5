package patch

import (
	"encoding/json"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// isDefault tells whether a value is only there because the API server fills it in before admission. A value that is not
// the default is a wish. Of a default it is one if somebody's manifest says it:
//
//	somebody's manifest says it                  a wish
//	there are manifests, and none says it        the API server's
//	nothing is known (kubectl create, a client)  on create the API server's: the object's own annotation says otherwise;
//	                                             on update a wish, unless the stored object had a value of Plimsoll's there:
//	                                             then the update replaced the object as a whole
func (b *builder) isDefault(p place, byDefault int64, wanted int32) bool {
	if p.now != strconv.FormatInt(byDefault, 10) || int64(wanted) == byDefault {
		return false
	}
	said, known := b.said(p.words)
	if known {
		return !said
	}
	_, had := b.past.old[p.words]
	return b.Old == nil || had
}

// said tells whether a manifest of the object says a field, and whether there is any manifest to go by. Manifests are what
// kubectl apply keeps in an annotation, and what server-side apply keeps in managedFields. The managers of other operations
// there own what the API server filled in, too.
func (b *builder) said(words string) (said, known bool) {
	steps := strings.Split(words, ".")
	if text, ok := b.Subject.Metadata.Annotations["kubectl.kubernetes.io/last-applied-configuration"]; ok {
		if doc, err := decode([]byte(text)); err == nil {
			said, known = hasKeys(doc, steps), true
		}
	}
	var entries []metav1.ManagedFieldsEntry
	if json.Unmarshal(b.Subject.Metadata.RawManagedFields, &entries) != nil {
		return said, known
	}
	for i := range steps {
		steps[i] = "f:" + steps[i]
	}
	for _, e := range entries {
		if e.Operation != metav1.ManagedFieldsOperationApply || e.Subresource != "" || e.FieldsV1 == nil {
			continue
		}
		if doc, err := decode(e.FieldsV1.GetRawBytes()); err == nil {
			said, known = said || hasKeys(doc, steps), true
		}
	}
	return said, known
}

func hasKeys(doc any, steps []string) bool {
	for _, step := range steps {
		m, ok := doc.(map[string]any)
		if !ok {
			return false
		}
		if doc, ok = m[step]; !ok {
			return false
		}
	}
	return doc != nil
}
