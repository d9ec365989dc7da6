#!/bin/sh
# Builds the compiled core in a special way, in a copy of the sources, so that the ordinary build stays what it is.
#
#   tools/special_build.sh sanitize   AddressSanitizer and UndefinedBehaviorSanitizer, as WSX_SANITIZE=1 builds them
#   tools/special_build.sh fuzz       AddressSanitizer and the coverage that libFuzzer is guided by; needs clang++
#
# The copy is build/sanitize or build/fuzz-core. What did not change is not compiled again.
set -eu
cd "$(dirname "$0")/.."
python=$PWD/.venv/bin/python

case ${1:-} in
sanitize) copy=build/sanitize ;;
fuzz) copy=build/fuzz-core ;;
*)
    echo "usage: $0 sanitize|fuzz" >&2
    exit 2
    ;;
esac

# Which commit a log is about; tools/make_conformance_page.py reads that.
echo "Building for $1 at commit $(git describe --always --dirty --exclude='*' 2>/dev/null || echo unknown)"
mkdir -p "$copy"
rm -rf "$copy/tests" "$copy/fuzz"
# Tests look at all of the project.
tar -cf - --exclude='*.so' --exclude=__pycache__ --exclude=.git --exclude=./build --exclude=./.venv --exclude=./dist \
    --exclude='*.egg-info' . | tar -xf - -C "$copy"
mkdir -p "$copy/build"
[ ! -e build/cache ] || ln -sfn "$PWD/build/cache" "$copy/build/cache"
cd "$copy"
case $1 in
sanitize) WSX_SANITIZE=1 "$python" setup.py --quiet build_ext --inplace >build.log 2>&1 ;;
fuzz)
    flags="-fsanitize=address,fuzzer-no-link -fno-omit-frame-pointer -g"
    CC=clang CXX=clang++ CFLAGS=$flags CXXFLAGS=$flags "$python" setup.py --quiet build_ext --inplace >build.log 2>&1
    ;;
esac || {
    tail -n 30 build.log >&2
    exit 1
}
