#!/usr/bin/env bash
# Reads what `go build -v` prints, one package a line, and says how far it is: on a terminal in one line that changes, else
# in a line now and then. What is not the name of a package (an error, a download) is passed on as it is.
#
#   go build -v . 2>&1 | progress.sh NAME
set -u
name=$1 count=0 said=0

say() { # the line that changes, or a new one every 20 seconds
	if [ -t 2 ]; then
		printf '\r\033[K  %s: %d packages compiled, %ds' "$name" "$count" "$SECONDS" >&2
	elif [ $((SECONDS - said)) -ge 20 ]; then
		said=$SECONDS
		printf '  %s: %d packages compiled, %ds\n' "$name" "$count" "$SECONDS" >&2
	fi
}

while IFS= read -r line; do
	case $line in
	"" | \#* | *[[:space:]]* | *:*) [ -t 2 ] && printf '\r\033[K' >&2; printf '%s\n' "$line" >&2 ;;
	*) count=$((count + 1)); say ;;
	esac
done
if [ "$count" -gt 0 ] && [ -t 2 ]; then printf '\n' >&2; fi
