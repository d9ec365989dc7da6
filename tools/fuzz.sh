#!/bin/sh
# Fuzzes every target of fuzz/targets.py for so many seconds: tools/fuzz.sh [SECONDS] [TARGET …]
#
# With Atheris (from the group `fuzz` of pyproject.toml) and clang++ the compiled core is built for libFuzzer and with
# AddressSanitizer. Where one of them cannot be had, a plain mutation loop over the corpora takes its place, on the
# ordinary build; the output says which one runs.
set -u
cd "$(dirname "$0")/.." || exit 1
python=$PWD/.venv/bin/python
seconds=${1:-60}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- text_reader typed_decode lexical round_trip

way=mutate
if "$python" -c 'import atheris' 2>/dev/null && command -v clang++ >/dev/null 2>&1; then
    if tools/special_build.sh fuzz; then
        way=coverage
    else
        echo "The core could not be built for libFuzzer" >&2
        exit 1
    fi
fi

# What failed is printed at once and again at the end, where a log that was cut short still has it.
failures=build/fuzz/failures
mkdir -p build/fuzz
: >"$failures"
failed() {
    {
        echo "---- $1"
        "$python" -m fuzz.failures "$1" "build/fuzz/$1.log"
    } >>"$failures" 2>&1
    "$python" -m fuzz.failures "$1" "build/fuzz/$1.log" >&2
}

for target in "$@"; do
    if [ "$way" = coverage ]; then
        echo "Fuzzing $target for $seconds s: Atheris, guided by coverage, with AddressSanitizer"
        runtime=$("$python" -c 'import atheris; print(atheris.path())')/asan_with_fuzzer.so
        if ! (cd build/fuzz-core && LD_PRELOAD=$runtime PYTHONMALLOC=malloc \
            ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 \
            "$python" -m fuzz.run "$target" --seconds "$seconds") >"build/fuzz/$target.log" 2>&1; then
            failed "$target"
        fi
        grep -E '^(Done|stat::(number_of_executed_units|average_exec_per_sec|new_units_added|peak_rss_mb))' \
            "build/fuzz/$target.log"
    else
        echo "Fuzzing $target for $seconds s: plain mutation loop, without coverage"
        "$python" -m fuzz.run "$target" --mutate --seconds "$seconds" >"build/fuzz/$target.log" 2>&1 || failed "$target"
        tail -n 1 "build/fuzz/$target.log"
    fi
done
[ -s "$failures" ] || exit 0
cat "$failures" >&2
exit 1
