package trigger

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-dev/plimsoll/policies/subject"
	"github.com/plimsoll-dev/plimsoll/policies/trigger/calendar"
)

// checkValue says what is wrong with a value, and what would be legal.
func (p *Param) checkValue(value string) error {
	switch p.Form {
	case Integer:
		_, err := parseInteger(value, p.Min)
		return err
	case Decimal:
		_, err := parseMilli(value, p.Min)
		return err
	case Boolean:
		if _, err := strconv.ParseBool(value); err != nil {
			return errors.New("legal are true, false")
		}
	case Choice:
		if !slices.Contains(p.Legal, value) {
			return fmt.Errorf("legal are %s", strings.Join(p.Legal, ", "))
		}
	case Choices:
		return p.checkChoices(value)
	case HostPort:
		return checkHostPort(value)
	case HostPorts:
		return checkHostPorts(value)
	case Quantity:
		return checkQuantity(value)
	case Cron:
		return checkCron(value)
	case Timezone:
		return checkTimezone(value)
	case Text:
	}
	return nil
}

// checkChoices checks each of a list of choices.
func (p *Param) checkChoices(value string) error {
	separator, alone := cmp.Or(p.Separator, ","), ""
	for choice := range strings.SplitSeq(value, separator) {
		choice = strings.TrimSpace(choice)
		if !slices.Contains(p.Legal, choice) {
			return fmt.Errorf("legal are %s, or several of them with %q between", strings.Join(p.Legal, ", "), separator)
		}
		if !slices.Contains(p.Exclusive, choice) {
			continue
		}
		if alone != "" {
			return fmt.Errorf("legal is one of %s", strings.Join(p.Exclusive, ", "))
		}
		alone = choice
	}
	return nil
}

func checkQuantity(value string) error {
	if q, err := subject.ParseQuantity(value); err != nil || q.Sign() <= 0 {
		return errors.New("legal is a quantity above 0, such as 500m or 1Gi")
	}
	return nil
}

func checkCron(value string) error {
	if _, err := calendar.Parse(value); err != nil {
		return fmt.Errorf("%w; legal is %s", err, calendar.Form)
	}
	return nil
}

func checkTimezone(value string) error {
	if _, err := calendar.Zone(value); err != nil || value == "" {
		return errors.New("legal is an IANA time zone such as Europe/Berlin")
	}
	return nil
}

func checkHostPort(value string) error {
	colon := strings.LastIndexByte(value, ':')
	if colon < 1 {
		return errNoHostPort()
	}
	if port, err := strconv.ParseUint(value[colon+1:], 10, 16); err != nil || port == 0 {
		return errNoHostPort()
	}
	return nil
}

func checkHostPorts(value string) error {
	for one := range strings.SplitSeq(value, ",") {
		if err := checkHostPort(strings.TrimSpace(one)); err != nil {
			return err
		}
	}
	return nil
}

func errNoHostPort() error {
	return errors.New("legal is host:port, such as redis.default.svc:6379")
}

// parseInteger reads a whole number from least.
func parseInteger(value string, least int64) (int64, error) {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < least {
		return 0, fmt.Errorf("legal is a whole number from %d", least)
	}
	return n, nil
}

// parseMilli reads a number from least, or just above 0 where least is 1, and gives it in milli-units, saturated.
func parseMilli(value string, least int64) (int64, error) {
	n, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) || n < 0 || (least > 0 && n*1000 < 1) {
		return 0, fmt.Errorf("legal is a number %s", map[bool]string{true: "above 0", false: "from 0"}[least > 0])
	}
	if n >= math.MaxInt64/1000 {
		return math.MaxInt64, nil
	}
	return int64(math.Round(n * 1000)), nil
}

func clamp32(n int64) int32 { return int32(min(n, math.MaxInt32)) }
