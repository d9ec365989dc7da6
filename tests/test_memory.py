"""What writing and reading take beside the objects and the document, and that the collector is as it was found."""

from __future__ import annotations

import gc
import threading
import tracemalloc
from collections.abc import Callable

import wsx

COUNT = 20_000
#: What a call may take beyond its result.
SPARE = 1 << 20


@wsx.struct(ns="urn:m")
class Item:
    number: int
    name: str


@wsx.struct(ns="urn:m")
class Items:
    item: list[Item]


def items(count: int = COUNT) -> Items:
    return Items(item=[Item(number=i, name=f"name {i:08}") for i in range(count)])


def beyond_result(call: Callable[[], object]) -> int:
    """Bytes that were held at most, without those of the result."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        result = call()
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert result is not None
    return peak - max(before, after)


def test_reading_takes_little_beside_its_result() -> None:
    document = wsx.write_element(Items, items())
    assert beyond_result(lambda: wsx.read_element(Items, document)) < SPARE
    latin = document.replace(b"name ", "näme € ".encode())
    assert beyond_result(lambda: wsx.read_element(Items, latin)) < SPARE


def test_writing_takes_no_second_document() -> None:
    value = items()
    size = len(wsx.write_element(Items, value))
    assert beyond_result(lambda: wsx.write_element(Items, value)) < size // 4


def test_the_collector_runs_again_after_readers_in_threads() -> None:
    document = wsx.write_element(Items, items(2_000))
    assert gc.isenabled()
    threads = [threading.Thread(target=wsx.read_element, args=(Items, document)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert gc.isenabled()
