package calendar

import (
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // as in the manager

	"github.com/google/go-cmp/cmp"
)

func mustParse(t testing.TB, text string) Expression {
	t.Helper()
	e, err := Parse(text)
	if err != nil {
		t.Fatalf("Parse(%q): %v", text, err)
	}
	return e
}

func mustZone(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := Zone(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func utc(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02T15:04", text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// firings lists when an expression fires after from and until to, as the window functions see it.
func firings(e *Expression, zone *time.Location, from, to time.Time) []string {
	var all []string
	for at := from; ; {
		next, ok := e.next(reached(at, zone) + 1)
		if !ok {
			return all
		}
		at = instant(next, zone)
		if at.After(to) {
			return all
		}
		all = append(all, at.UTC().Format("2006-01-02T15:04"))
	}
}

func TestFirings(t *testing.T) {
	tests := map[string]struct {
		expression, zone, from, to string
		want                       []string
	}{
		"an ordinary day": {
			"30 2 * * *", "Europe/Berlin", "2026-03-26T12:00", "2026-03-28T12:00",
			[]string{"2026-03-27T01:30", "2026-03-28T01:30"},
		},
		"Berlin skips 02:00 to 03:00: a skipped time fires at the next valid minute": {
			"30 2 * * *", "Europe/Berlin", "2026-03-28T12:00", "2026-03-30T12:00",
			[]string{"2026-03-29T01:00", "2026-03-30T00:30"},
		},
		"Berlin repeats 02:00 to 03:00: a repeated time fires once": {
			"30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", "2026-10-26T12:00",
			[]string{"2026-10-25T00:30", "2026-10-26T01:30"},
		},
		"New York skips 02:00 to 03:00": {
			"59 2 * * *", "America/New_York", "2026-03-07T12:00", "2026-03-09T12:00",
			[]string{"2026-03-08T07:00", "2026-03-09T06:59"},
		},
		"New York repeats 01:00 to 02:00": {
			"30 1 * * *", "America/New_York", "2026-10-31T12:00", "2026-11-02T12:00",
			[]string{"2026-11-01T05:30", "2026-11-02T06:30"},
		},
		"Lord Howe skips half an hour": {
			"15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00", "2026-10-05T00:00",
			[]string{"2026-10-03T15:30", "2026-10-04T15:15"},
		},
		"Lord Howe skips half an hour, and what comes after it is not moved": {
			"30 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00", "2026-10-05T00:00",
			[]string{"2026-10-03T15:30", "2026-10-04T15:30"},
		},
		"Lord Howe repeats half an hour": {
			"45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00", "2026-04-06T00:00",
			[]string{"2026-04-04T14:45", "2026-04-05T15:15"},
		},
		"a midnight that does not exist": {
			"0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00", "2018-11-05T12:00",
			[]string{"2018-11-04T03:00", "2018-11-05T02:00"},
		},
		"a whole day that does not exist fires once": {
			"0 12 * * *", "Pacific/Apia", "2011-12-29T00:00", "2011-12-31T12:00",
			[]string{"2011-12-29T22:00", "2011-12-30T10:00", "2011-12-30T22:00"},
		},
		"29 February": {
			"0 0 29 2 *", "UTC", "2026-01-01T00:00", "2033-01-01T00:00",
			[]string{"2028-02-29T00:00", "2032-02-29T00:00"},
		},
		"29 February, around a century without one": {
			"0 0 29 2 *", "UTC", "2096-03-01T00:00", "2105-01-01T00:00", []string{"2104-02-29T00:00"},
		},
		"day of month or day of week, where both are restricted": {
			"0 0 13 * 5", "UTC", "2026-02-01T00:00", "2026-02-21T00:00",
			[]string{"2026-02-06T00:00", "2026-02-13T00:00", "2026-02-20T00:00"},
		},
		"names, lists, ranges and steps": {
			"0 6,18 1-8/7 jan,MAR *", "UTC", "2026-01-01T07:00", "2026-03-02T00:00",
			[]string{"2026-01-01T18:00", "2026-01-08T06:00", "2026-01-08T18:00", "2026-03-01T06:00", "2026-03-01T18:00"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			e := mustParse(t, test.expression)
			got := firings(&e, mustZone(t, test.zone), utc(t, test.from), utc(t, test.to))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestAgainstClockWatching compares with the simplest thing that can be right: to look at the wall clock every minute, and
// to fire for every minute on it that passed since the latest one seen.
func TestAgainstClockWatching(t *testing.T) {
	changes := map[string][]string{
		"Europe/Berlin":       {"2026-03-29T01:00", "2026-10-25T01:00"},
		"America/New_York":    {"2026-03-08T07:00", "2026-11-01T06:00"},
		"Australia/Lord_Howe": {"2026-10-03T15:30", "2026-04-04T15:00"},
		"America/Sao_Paulo":   {"2018-11-04T03:00", "2018-02-18T02:00"},
		"Asia/Kolkata":        {"2026-01-01T00:00"},
	}
	expressions := []string{"30 2 * * *", "*/7 * * * *", "0 0 * * *", "45 1 * * *", "59 23 * * *", "0 0,1,2,3 * * 0", "15 2 29 3 *"}
	for name, around := range changes {
		zone := mustZone(t, name)
		for _, text := range expressions {
			e := mustParse(t, text)
			for _, change := range around {
				from := utc(t, change).Add(-30 * time.Hour)
				to := from.Add(60 * time.Hour)
				got := firings(&e, zone, from, to)
				if diff := cmp.Diff(watched(&e, zone, from, to), got); diff != "" {
					t.Errorf("%s in %s around %s (-watched +got)\n%s", text, name, change, diff)
				}
			}
		}
	}
}

func watched(e *Expression, zone *time.Location, from, to time.Time) []string {
	onClock := func(at time.Time) wall {
		local := at.In(zone)
		shown := time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), 0, 0, time.UTC)
		return wall(shown.Unix() / 60)
	}
	var all []string
	latest := onClock(from)
	for at := from.Add(time.Minute); !at.After(to); at = at.Add(time.Minute) {
		for latest < onClock(at) {
			latest++
			if now := time.Unix(int64(latest)*60, 0).UTC(); e.matchesDay(now) && has(e.months, int(now.Month())) &&
				has(e.hours, now.Hour()) && has(e.minutes, now.Minute()) {
				all = append(all, at.UTC().Format("2006-01-02T15:04"))
			}
		}
	}
	return slices.Compact(all) // several that were skipped fire together
}

func TestWindow(t *testing.T) {
	tests := map[string]struct {
		start, end, zone, at string
		open                 bool
		next                 string
	}{
		"before it opens":       {"0 8 * * *", "0 18 * * *", "UTC", "2026-01-15T07:59", false, "2026-01-15T08:00"},
		"the minute it opens":   {"0 8 * * *", "0 18 * * *", "UTC", "2026-01-15T08:00", true, "2026-01-15T18:00"},
		"the minute it closes":  {"0 8 * * *", "0 18 * * *", "UTC", "2026-01-15T18:00", false, "2026-01-16T08:00"},
		"over midnight":         {"0 22 * * *", "0 6 * * *", "UTC", "2026-01-15T03:00", true, "2026-01-15T06:00"},
		"open over the weekend": {"0 20 * * 5", "0 8 * * 1", "UTC", "2026-01-18T12:00", true, "2026-01-19T08:00"},
		"ends more often than it starts, and has ended": {
			"0 9 * * 1", "0 17 * * *", "UTC", "2026-01-13T12:00", false, "2026-01-19T09:00",
		},
		"start and end at the same minute leave it open": {
			"0 8 * * *", "0 8,20 * * *", "UTC", "2026-01-15T08:00", true, "2026-01-15T20:00",
		},
		"opens in the hour that is skipped": {
			"30 2 * * *", "0 6 * * *", "Europe/Berlin", "2026-03-29T01:00", true, "2026-03-29T04:00",
		},
		"does not open early for the hour that is skipped": {
			"30 2 * * *", "0 6 * * *", "Europe/Berlin", "2026-03-29T00:59", false, "2026-03-29T01:00",
		},
		"opens and closes in the hour that is skipped: it does not stay open": {
			"15 2 * * *", "45 2 * * *", "Europe/Berlin", "2026-03-29T01:00", false, "2026-03-30T00:15",
		},
		"does not open again in the hour that is repeated": {
			"15 2 * * *", "45 2 * * *", "Europe/Berlin", "2026-10-25T01:20", false, "2026-10-26T01:15",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := Window{Start: mustParse(t, test.start), End: mustParse(t, test.end), Zone: mustZone(t, test.zone)}
			at := utc(t, test.at)
			if got := w.Open(at); got != test.open {
				t.Errorf("open: %v, want %v", got, test.open)
			}
			if got := w.Next(at).UTC().Format("2006-01-02T15:04"); got != test.next {
				t.Errorf("next: %s, want %s", got, test.next)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"empty":             {"", "empty"},
		"six fields":        {"0 0 8 * * *", "expected exactly 5 fields"},
		"a descriptor":      {"@daily", "descriptors"},
		"out of range":      {"61 * * * *", "above maximum"},
		"a word":            {"x * * * *", "failed to parse"},
		"30 February":       {"0 0 30 2 *", "never fires"},
		"nothing but comma": {", * * * *", "never fires"},
		"a zone":            {"TZ=Europe/Berlin 0 8 * * *", "timezone"},
		"a zone alone":      {"CRON_TZ=x", "timezone"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Parse(test.text)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Parse(%q): %v, want %q in it", test.text, err, test.want)
			}
		})
	}
}

func TestZone(t *testing.T) {
	for name, ok := range map[string]bool{"": true, "UTC": true, "Europe/Berlin": true, "Local": false, "Berlin": false, "../etc": false} {
		if _, err := Zone(name); (err == nil) != ok {
			t.Errorf("Zone(%q): %v, want ok %v", name, err, ok)
		}
	}
}

// FuzzParse wants no crash, and what fires next to have fired by then.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"0 8 * * 1-5", "*/5 0-6,22 1,15 * sun", "0 0 29 2 *", "TZ=UTC 0 0 * * *", "? ? ? ? ?", ", , , , ,"} {
		f.Add(seed, int64(29_460_000))
	}
	f.Fuzz(func(t *testing.T, text string, from int64) {
		e, err := Parse(text)
		if err != nil {
			return
		}
		from %= 1 << 32
		n, ok := e.next(wall(from))
		if !ok || n < wall(from) {
			t.Fatalf("%q: next after %d is %d, %v", text, from, n, ok)
		}
		if p, ok := e.previous(n); !ok || p != n {
			t.Fatalf("%q: %d fires, and the previous time is %d, %v", text, n, p, ok)
		}
		if p, ok := e.previous(n - 1); ok && p >= wall(from) {
			t.Fatalf("%q: next after %d is %d, and %d was before it", text, from, n, p)
		}
	})
}
