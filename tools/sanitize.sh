#!/bin/sh
# The unit tests with the compiled core built for AddressSanitizer and UndefinedBehaviorSanitizer; a report of either
# ends the run. Arguments are passed to pytest.
#
# Left out: what is about libraries and processes (transports, channels, the command, benchmarks, interoperability,
# types, pages, shell blocks), house rules, and the size of stack frames, which are larger in this build. Random tests begin with the same
# seed, as `make test` has drawn others already.
set -eu
cd "$(dirname "$0")/.."
python=$PWD/.venv/bin/python
tools/special_build.sh sanitize
runtime=$("${CC:-gcc}" -print-file-name=libasan.so)
if [ ! -e "$runtime" ]; then
    echo "The compiler has no AddressSanitizer (libasan)" >&2
    exit 1
fi
cd build/sanitize
# Objects of Python come from malloc, so that every access beyond one is seen. Python itself leaks at its end.
LD_PRELOAD=$runtime PYTHONMALLOC=malloc \
    ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1:detect_stack_use_after_return=0 \
    UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
    exec "$python" -m pytest -q -p no:cacheprovider \
    --ignore=tests/transport --ignore=tests/channel --ignore=tests/cli --ignore=tests/benchmarks \
    --ignore=tests/interop --ignore=tests/metadata --ignore=tests/service --ignore=tests/testing \
    --ignore=tests/typing --ignore=tests/test_examples.py --ignore=tests/test_house.py \
    --ignore=tests/test_errors_page.py --ignore=tests/test_shell_blocks.py --ignore=tests/conformance/test_page.py \
    --deselect=tests/test_pieces.py::test_a_million_records_in_constant_memory \
    --deselect=tests/test_cursor_pieces.py::test_a_million_records_in_constant_memory \
    --deselect=tests/test_writer.py::test_the_deepest_value_fits_the_stack_of_a_thread --hypothesis-seed=1 "$@"
