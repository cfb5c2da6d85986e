#!/usr/bin/env bash
# Installs the distribution's PostgreSQL if there is none of version 15 or later. Does nothing if ConnectionStrings__Spar names a server.
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
how="Install PostgreSQL 15 or later (Debian, Ubuntu: apt-get install postgresql), or set ConnectionStrings__Spar to a server of yours."
[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || fail "PostgreSQL is missing, and only root can install it here with apt-get. $how"
say "installing PostgreSQL with apt-get (about 45 MB to download)"
# SPaR makes a cluster of its own, so the distribution's is not created.
mkdir -p /etc/postgresql-common/createcluster.d
echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/spar.conf
{ apt-get -o DPkg::Lock::Timeout=300 update -q && DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -q -y \
    --no-install-recommends postgresql; } </dev/null >&2 || fail "apt-get could not install PostgreSQL, see above. $how"
has_postgres || fail "The distribution's PostgreSQL is older than version 15. $how"
