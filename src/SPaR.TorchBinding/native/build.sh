#!/usr/bin/env bash
# Builds build/libspartorch.so from shim.cpp against libtorch: Debian's, installed when absent and we are root, or the one that LIBTORCH
# points to (a folder with include/ and lib/). Does nothing when shim and libtorch are those of the last build. With `runtime` it builds
# nothing: it installs what a shim that is built already needs, on Debian as root.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"

say() { echo "spar: $*" >&2; }
fail() { say "$*"; exit 1; }

# Without OpenBLAS Debian's libtorch multiplies matrices with the reference BLAS, many times slower.
blas=libopenblas0-pthread
install() {
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -q -y --no-install-recommends "$@" </dev/null >&2
}
update() { apt-get -o DPkg::Lock::Timeout=300 update -q </dev/null >&2; }

if [ "${1:-}" = runtime ]; then
  update || fail "apt-get update failed, see above."
  # The library without its headers carries its version in its name.
  library=$(apt-cache depends libtorch-dev | sed -nE 's/^ *Depends: (libtorch[0-9.]+)$/\1/p')
  [ -n "$library" ] && install "$library" "$blas" || fail "apt-get could not install libtorch${library#libtorch}, see above."
  exit 0
fi

flags=(-std=c++17)
if [ -n "${LIBTORCH:-}" ]; then
  include=$LIBTORCH/include
  [ -f "$include/ATen/ATen.h" ] && [ -f "$LIBTORCH/lib/libtorch_cpu.so" ] ||
    fail "LIBTORCH=$LIBTORCH has no include/ATen/ATen.h or no lib/libtorch_cpu.so. Point it to an unpacked libtorch, or unset it."
  flags+=(-I"$include" -L"$LIBTORCH/lib" -Wl,-rpath,"$LIBTORCH/lib")
  # Builds of libtorch for old C++ ABIs (before 2.7) mangle std::string otherwise, and their library says so.
  if ! grep -qa '__cxx11' "$LIBTORCH/lib/libc10.so"; then flags+=(-D_GLIBCXX_USE_CXX11_ABI=0); fi
else
  include=/usr/include
  how="Install them (apt-get install libtorch-dev $blas g++), or set LIBTORCH to an unpacked libtorch."
  if ! [ -f "$include/ATen/ATen.h" ] || ! command -v g++ >/dev/null || ! ls /usr/lib/*/openblas-*/libblas.so.3 >/dev/null 2>&1; then
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || fail "libtorch, OpenBLAS or g++ is missing. $how"
    say "installing libtorch (110 MB)"
    update && install libtorch-dev "$blas" g++ || fail "apt-get failed, see above. $how"
  fi
fi

command -v g++ >/dev/null || fail "g++ is missing; the binding to libtorch is compiled here. Install it (apt-get install g++)."
stamp=$(sha256sum shim.cpp build.sh "$include/torch/csrc/api/include/torch/version.h"; echo "${flags[*]}"; g++ -dumpfullversion)
if [ -f build/libspartorch.so ] && [ "$stamp" = "$(cat build/stamp 2>/dev/null)" ]; then exit 0; fi

say "compiling the binding to libtorch"
mkdir -p build
# To the side, then in place: a reader never meets half a library.
g++ -O2 -fPIC -shared -fvisibility=hidden shim.cpp -o build/new.so "${flags[@]}" -Wl,--no-as-needed -ltorch_cpu -lc10 >&2 ||
  fail "g++ could not compile $PWD/shim.cpp against $include, see above."
mv build/new.so build/libspartorch.so
echo "$stamp" >build/stamp
