#!/usr/bin/env bash
# Stands in for jq in the examples of the documentation: prints the text of one field of an object.
set -euo pipefail
[ "$1" = -r ]
field=$(sed -E 's/^\.([a-z]+)( .*)?$/\1/' <<<"$2")
json=$(cat)
[[ $json =~ \"$field\":\"([^\"]+)\" ]] || { echo "no $field in $json" >&2; exit 5; }
echo "${BASH_REMATCH[1]}"
