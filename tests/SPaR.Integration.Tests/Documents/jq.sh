#!/usr/bin/env bash
# Stands in for jq in the examples of the documentation: prints the text of one field of an object, or of the first of a list.
set -euo pipefail
[ "$1" = -r ]
field=$(sed -E 's/^\.(data\[0\]\.)?([a-z]+)( .*)?$/\2/' <<<"$2")
json=$(cat)
[[ $json =~ \"$field\":\"([^\"]+)\" ]] || { echo "no $field in $json" >&2; exit 5; }
echo "${BASH_REMATCH[1]}"
