package proc

import "testing"

func TestParseStat(t *testing.T) {
	const rest = " S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20"
	for name, stat := range map[string]string{
		"plain":                "42 (lab)" + rest,
		"a name with spaces":   "42 (a b c)" + rest,
		"a name like the rest": "42 (x) Z 1)" + rest,
	} {
		t.Run(name, func(t *testing.T) {
			fields, err := parseStat([]byte(stat))
			if err != nil {
				t.Fatal(err)
			}
			if fields[0] != "S" || fields[19] != "4711" {
				t.Errorf("state %q, start %q; want S, 4711", fields[0], fields[19])
			}
		})
	}
	for name, stat := range map[string]string{"empty": "", "no name": "42 lab S", "short": "42 (lab) S 1"} {
		t.Run(name, func(t *testing.T) {
			if fields, err := parseStat([]byte(stat)); err == nil {
				t.Errorf("parsed as %q, want an error", fields)
			}
		})
	}
}
