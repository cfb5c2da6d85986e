#!/usr/bin/env bash
# Installs what NuGet does not provide: PostgreSQL 15 or later, unless ConnectionStrings__Spar names a server, and libgomp for
# llama.cpp.
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

# No pipe into grep -q: grep ends at the first match, and the writer then fails.
has_gomp() { [[ $(PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null) == *'libgomp.so.1 '* ]]; }

packages=() how=()
if [ -z "${ConnectionStrings__Spar:-}" ] && ! has_postgres; then
  packages+=(postgresql)
  how+=("PostgreSQL 15 or later (Debian, Ubuntu: apt-get install postgresql), or set ConnectionStrings__Spar to your own server.")
fi
if ! has_gomp; then
  packages+=(libgomp1)
  how+=("libgomp (Debian, Ubuntu: apt-get install libgomp1).")
fi
[ ${#packages[@]} != 0 ] || exit 0

how=$(printf ' Install %s' "${how[@]}")
[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || fail "Missing: ${packages[*]}. Only root can install them here, with apt-get.$how"
say "installing ${packages[*]} with apt-get (up to 45 MB to download)"
# SPaR creates its own cluster, so the distribution's is not created.
mkdir -p /etc/postgresql-common/createcluster.d
echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/spar.conf
{ apt-get -o DPkg::Lock::Timeout=300 update -q && DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -q -y \
    --no-install-recommends "${packages[@]}"; } </dev/null >&2 || fail "apt-get could not install ${packages[*]}; see above.$how"
[ -n "${ConnectionStrings__Spar:-}" ] || has_postgres || fail "The distribution's PostgreSQL is older than version 15.$how"
