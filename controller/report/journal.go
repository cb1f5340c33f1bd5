package report

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
)

// Journal remembers what was last reported of one Scaler. The zero value has reported nothing.
type Journal struct {
	status  v1alpha1.ScalerStatus
	known   bool
	essence essence
	// carried are decisions of which the status could not be written.
	carried []v1alpha1.DecisionRecord
	// spent are recent writes that were not about a change of the scale; they are forgiven with time.
	spent float64
	at    time.Time
}

// Writes that are not about a change of the scale: a few at once, then one in a while. Something that flips on every poll
// would otherwise be written on every poll.
const (
	burst   = 6
	forgive = 10 * time.Second
)

// Open begins with the status that the Scaler has.
func (j *Journal) Open(status *v1alpha1.ScalerStatus) {
	status.DeepCopyInto(&j.status)
}

// Status is what the API server is believed to have. Nobody may change it.
func (j *Journal) Status() *v1alpha1.ScalerStatus { return &j.status }

// Next says what the status shall be.
func (j *Journal) Next(f *Facts) *v1alpha1.ScalerStatus {
	if j.carried == nil {
		return Status(&j.status, f)
	}
	before := j.status.DeepCopy()
	before.Decisions, before.LastScaleTime = j.carried, &metav1.Time{Time: j.carried[0].Time.Time}
	return Status(before, f)
}

// Failed notes a status that could not be written: what was decided is told with the next one.
func (j *Journal) Failed(status *v1alpha1.ScalerStatus) {
	if len(status.Decisions) > 0 {
		j.carried = status.Decisions
	}
}

// News tells whether there is something to report, and how long it has to wait.
func (j *Journal) News(f *Facts) (wait time.Duration, news bool) {
	if !f.wrote() && j.known && j.carried == nil && j.essence == f.essence() {
		return 0, false
	}
	if f.wrote() {
		return 0, true
	}
	j.spent = max(0, j.spent-f.Now.Sub(j.at).Seconds()/forgive.Seconds())
	j.at = f.Now
	if over := j.spent + 1 - burst; over > 0 {
		return time.Duration(over * float64(forgive)), true
	}
	return 0, true
}

// Unchanged notes that the status says all of it already.
func (j *Journal) Unchanged(f *Facts) { j.essence, j.known = f.essence(), true }

// Wrote notes what was written.
func (j *Journal) Wrote(f *Facts, status *v1alpha1.ScalerStatus) {
	j.status, j.essence, j.known, j.carried = *status, f.essence(), true, nil
	if !f.wrote() {
		j.spent++
	}
}
