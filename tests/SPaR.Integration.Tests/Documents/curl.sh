#!/usr/bin/env bash
# Stands in for curl in the examples of the documentation: sends one request to the service at port $SPAR_PORT. A request about a run, a
# training or an evaluation waits until that has ended, as a reader of the examples does.
set -euo pipefail
export LC_ALL=C
method=GET body='' headers=() url=''
while [ $# -gt 0 ]; do
  case $1 in
    -sS | --fail-with-body) ;;
    -H) headers+=("$2"); shift ;;
    -X) method=$2; shift ;;
    -d) body=$2; [ "$method" != GET ] || method=POST; shift ;;
    --data-binary) method=POST body=$(cat "${2#@}"); shift ;;
    http://127.0.0.1:8765/*) url=${1#http://127.0.0.1:8765} ;;
    *) echo "curl.sh does not know $1" >&2; exit 2 ;;
  esac
  shift
done

# $1: method; $2: address; $3: body. Prints the body of the response; fails from status 400 on.
request() {
  local status line
  exec 3<>"/dev/tcp/127.0.0.1/$SPAR_PORT"
  printf '%s\r\n' "$1 $2 HTTP/1.0" "Host: 127.0.0.1" "Content-Length: ${#3}" "${headers[@]}" '' >&3
  printf '%s' "$3" >&3
  read -r _ status _ <&3
  while read -r line <&3 && [ "$line" != $'\r' ]; do :; done
  cat <&3
  exec 3>&-
  [ "$status" -lt 400 ]
}

declare -A kinds=([run]=runs [trn]=training-runs [evl]=evaluations)
for id in $([ "$method" != GET ] || grep -oE '(run|trn|evl)_[0-9a-f]+' <<<"$url"); do
  until [[ $(request GET "/v1/${kinds[${id%%_*}]}/$id" '') =~ \"status\":\"(succeeded|failed|cancelled)\" ]]; do sleep 0.1; done
done
echo "$method $url" >>requests
request "$method" "$url" "$body"
