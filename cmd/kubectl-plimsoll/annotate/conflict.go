package annotate

import (
	"fmt"
	"maps"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/resource"

	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/edit"
	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/exitcode"
)

const mergePatchType = types.MergePatchType

// again reads the object after a conflict. A rollout changes its status all the time, which is no reason to stop; that
// somebody else has written annotations of Plimsoll is: what was shown and agreed to is no longer what would come of it.
func (t *target) again(helper *resource.Helper) (version string, err error) {
	live, err := helper.Get(t.info.Namespace, t.info.Name)
	if err != nil {
		return "", fmt.Errorf("%s: %w", t, err)
	}
	object, err := meta.Accessor(live)
	if err != nil {
		return "", fmt.Errorf("%s: %w", t, err)
	}
	if !maps.Equal(edit.Ours(object.GetAnnotations()), edit.Ours(t.before)) {
		return "", fmt.Errorf("%s: its annotations were changed by somebody else meanwhile; nothing was written to it, look again", t)
	}
	return object.GetResourceVersion(), nil
}

// answered says what the API server answered. Not to be found or not to be reached is no denial.
func (t *target) answered(err error) error {
	switch {
	case err == nil:
		return nil
	case apierrors.IsNotFound(err), apierrors.ReasonForError(err) == "":
		return fmt.Errorf("%s: %w", t, err)
	default:
		return exitcode.AsDenied(fmt.Errorf("%s: %w", t, err))
	}
}
