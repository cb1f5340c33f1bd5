package calendar

import (
	"errors"
	"fmt"
	"math/bits"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Form says what a cron expression looks like, for error messages.
const Form = `five fields: minute hour day-of-month month day-of-week, such as "0 8 * * 1-5"`

// Expression is a parsed cron expression with five fields. It has no time zone: it is about a wall clock. As in cron, where
// both day of month and day of week are restricted either of them is enough.
type Expression struct {
	minutes, hours, days, months, weekdays uint64 // bit n is set where n matches
	eitherDay                              bool
}

// Parse reads an expression. The error says what is wrong with it; Form says what is legal. An expression that never fires
// (30 February) is an error too: a window that cannot open is a mistake.
func Parse(text string) (Expression, error) {
	if strings.HasPrefix(text, "TZ=") || strings.HasPrefix(text, "CRON_TZ=") {
		return Expression{}, errors.New("a time zone has a field of its own, timezone")
	}
	parsed, err := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow).Parse(text)
	if err != nil {
		return Expression{}, err
	}
	spec, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return Expression{}, fmt.Errorf("%q is not a plain cron expression", text)
	}
	e := expression(spec)
	if !e.fires() {
		return Expression{}, errors.New("never fires")
	}
	return e, nil
}

// fires is false for a date that does not exist, and for a field that is a lone comma.
func (e *Expression) fires() bool {
	if e.minutes == 0 || e.hours == 0 {
		return false
	}
	_, ok := e.next(0)
	return ok
}

// star is the bit that the parser sets for "*" and "?".
const star = 1 << 63

func expression(s *cron.SpecSchedule) Expression {
	return Expression{
		minutes:   s.Minute &^ star,
		hours:     s.Hour &^ star,
		days:      s.Dom &^ star,
		months:    s.Month &^ star,
		weekdays:  s.Dow &^ star,
		eitherDay: s.Dom&star == 0 && s.Dow&star == 0,
	}
}

// wall is a wall-clock time in minutes since 1970-01-01T00:00, as if there were no time zones.
type wall int64

const (
	minutesPerHour = 60
	minutesPerDay  = 24 * minutesPerHour
	// horizon bounds a search in days; months that do not match are passed over in one step. The longest pause between
	// leap days, around a century, is eight years.
	horizon = 9 * 366
)

// next finds the first match at or after w.
func (e *Expression) next(w wall) (wall, bool) {
	day, minute := w.split()
	for range horizon {
		date := dateOf(day)
		if !has(e.months, int(date.Month())) {
			day, minute = dayOf(date.AddDate(0, 1, 1-date.Day())), 0
			continue
		}
		if m, ok := e.minuteFrom(minute); ok && e.matchesDay(date) {
			return wall(day*minutesPerDay + m), true
		}
		day, minute = day+1, 0
	}
	return 0, false
}

// previous finds the last match at or before w.
func (e *Expression) previous(w wall) (wall, bool) {
	day, minute := w.split()
	for range horizon {
		date := dateOf(day)
		if !has(e.months, int(date.Month())) {
			day, minute = dayOf(date.AddDate(0, 0, -date.Day())), minutesPerDay-1
			continue
		}
		if m, ok := e.minuteUpTo(minute); ok && e.matchesDay(date) {
			return wall(day*minutesPerDay + m), true
		}
		day, minute = day-1, minutesPerDay-1
	}
	return 0, false
}

func dateOf(day int64) time.Time { return time.Unix(day*minutesPerDay*60, 0).UTC() }
func dayOf(date time.Time) int64 { return date.Unix() / (minutesPerDay * 60) }

func (w wall) split() (day, minute int64) {
	day, minute = int64(w)/minutesPerDay, int64(w)%minutesPerDay
	if minute < 0 {
		return day - 1, minute + minutesPerDay
	}
	return day, minute
}

func (e *Expression) matchesDay(date time.Time) bool {
	ofMonth, ofWeek := has(e.days, date.Day()), has(e.weekdays, int(date.Weekday()))
	if e.eitherDay {
		return ofMonth || ofWeek
	}
	return ofMonth && ofWeek
}

// minuteFrom finds the first matching minute of a day at or after minute.
func (e *Expression) minuteFrom(minute int64) (int64, bool) {
	hour, first := minute/minutesPerHour, minute%minutesPerHour
	if has(e.hours, int(hour)) {
		if m := e.minutes &^ (1<<first - 1); m != 0 {
			return hour*minutesPerHour + int64(bits.TrailingZeros64(m)), true
		}
	}
	later := e.hours &^ (1<<(hour+1) - 1)
	if later == 0 {
		return 0, false
	}
	return int64(bits.TrailingZeros64(later))*minutesPerHour + int64(bits.TrailingZeros64(e.minutes)), true
}

// minuteUpTo finds the last matching minute of a day at or before minute.
func (e *Expression) minuteUpTo(minute int64) (int64, bool) {
	hour, last := minute/minutesPerHour, minute%minutesPerHour
	if has(e.hours, int(hour)) {
		if m := e.minutes & (1<<(last+1) - 1); m != 0 {
			return hour*minutesPerHour + highest(m), true
		}
	}
	earlier := e.hours & (1<<hour - 1)
	if earlier == 0 {
		return 0, false
	}
	return highest(earlier)*minutesPerHour + highest(e.minutes), true
}

func has(set uint64, n int) bool { return set>>uint(n)&1 == 1 }

func highest(set uint64) int64 { return int64(bits.Len64(set) - 1) }
