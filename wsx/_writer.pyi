from typing import Any, TypeAlias

from wsx.descriptions import ElementDescription, WriteOption
from wsx.spelling import Spelling

Scope: TypeAlias = tuple[tuple[str, str], ...]

def write_bytes(
    element: ElementDescription, value: Any, option: WriteOption, max_depth: int = 32, spelling: Spelling | None = None
) -> bytes: ...

class Output:
    def __init__(self, size_hint: int = 1024) -> None: ...
    def __len__(self) -> int: ...
    def write(self, data: bytes) -> None: ...
    def write_text(self, text: str) -> None: ...
    def write_attribute_text(self, text: str) -> None: ...
    def write_element(
        self,
        element: ElementDescription,
        value: Any,
        option: WriteOption = ...,
        *,
        scope: Scope = (),
        attributes: bytes = b"",
        max_depth: int = 32,
        spelling: Spelling | None = None,
    ) -> None: ...
    def truncate(self, length: int) -> None: ...
    def take(self) -> bytes: ...
