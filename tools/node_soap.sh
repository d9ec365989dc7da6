#!/bin/sh
# Brings node-soap, a foreign peer of tests/interop, into build/cache: the npm package soap and those it needs, by the
# checksums of tests/interop/contract/package-lock.json. Nothing of it becomes part of wsx.
#
# Where npm or the packages cannot be had, this says so and ends with status 0: the tests then say that they skip.
set -u
cd "$(dirname "$0")/.." || exit 1

source=tests/interop/contract
sum=$(cat "$source/package.json" "$source/package-lock.json" | sha256sum | cut -c1-12)
cache=build/cache
target=$cache/node-soap-$sum

[ -d "$target" ] && exit 0
if ! command -v npm >/dev/null 2>&1 || ! command -v node >/dev/null 2>&1; then
    echo "node-soap is not here, and Node.js with npm, which brings and runs it, is not installed" >&2
    exit 0
fi
mkdir -p "$cache"
work=$(mktemp -d "$cache/fetch.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
echo "Fetching node-soap (npm package soap)"
cp "$source/package.json" "$source/package-lock.json" "$work"
if ! (cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --silent >log 2>&1); then
    echo "npm could not bring node-soap:" >&2
    tail -n 5 "$work/log" >&2
    exit 0
fi
mv "$work" "$target"
