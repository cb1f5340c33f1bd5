package main

import "bytes"

func index(w *bytes.Buffer, _ string) error {
	w.WriteString(`# Reference

| page | says |
| --- | --- |
| [annotations](annotations.md) | what can be asked for on a workload or a Namespace |
| [triggers](triggers.md) | the event sources, and their parameters |
| [reasons](reasons.md) | the codes in conditions, events, metrics and warnings |
| [metrics](metrics.md) | what the manager counts and measures |
| [command line](cli.md) | kubectl plimsoll |

The fields of a Scaler: ` + "`kubectl explain scaler.spec`" + `.
`)
	return nil
}
