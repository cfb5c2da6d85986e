#!/usr/bin/env bash
# Sees to it that PostgreSQL 15 or later is there: Debian's, installed when absent and we are root. Does nothing where
# ConnectionStrings__Spar names a server.
set -euo pipefail

say() { echo "spar: $*" >&2; }
fail() { say "$*"; exit 1; }

has_postgres() {
  local postgres
  for postgres in "$(command -v postgres || true)" /usr/lib/postgresql/*/bin/postgres; do
    [ -x "$postgres" ] && [ "$("$postgres" --version | sed -E 's/.*\) ([0-9]+).*/\1/')" -ge 15 ] && return
  done
  return 1
}

if [ -n "${ConnectionStrings__Spar:-}" ] || has_postgres; then exit 0; fi
how="Install PostgreSQL 15 or later (apt-get install postgresql-15), or set ConnectionStrings__Spar to a server of yours."
[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || fail "PostgreSQL is missing and only root on Debian can have it installed here. $how"
say "installing PostgreSQL 15"
# SPaR makes a cluster of its own: Debian's is neither made nor started.
mkdir -p /etc/postgresql-common/createcluster.d
echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/spar.conf
{ apt-get -o DPkg::Lock::Timeout=300 update -q && DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -q -y \
    --no-install-recommends postgresql-15; } </dev/null >&2 || fail "apt-get could not install PostgreSQL, see above. $how"
