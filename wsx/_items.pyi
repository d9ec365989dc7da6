from collections.abc import Iterable, Iterator
from typing import Any

from wsx._reader import Reader
from wsx._writer import Output
from wsx.descriptions import ElementDescription, ReadOption

class Portion(Iterator[Any]):
    def __init__(self, output: Output, source: Iterable[Any], size: int, most: int | None = ...) -> None: ...
    def __next__(self) -> Any: ...
    @property
    def number(self) -> int: ...
    @property
    def over(self) -> bool: ...
    @property
    def failure(self) -> BaseException | None: ...

def read_items(
    reader: Reader,
    element: ElementDescription,
    path: tuple[int, ...],
    items: list[Any],
    *,
    most: int,
    option: ReadOption = ...,
) -> tuple[bool, Any]: ...
