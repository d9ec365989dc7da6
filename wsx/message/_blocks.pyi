from typing import Any

from wsx._reader import Reader
from wsx.descriptions import ElementDescription, ReadOption
from wsx.leniency import Forgiven, Leniency
from wsx.message.enums import HeaderAttribute
from wsx.message.versions import Scope, Versions
from wsx.quotas import Quotas

class EnvelopePlan:
    def __init__(self, versions: Versions) -> None: ...

class Header:
    kind: int
    rank: int
    name: tuple[str, str]
    block: bytes
    wire: bytes
    start: int
    end: int
    scope: Scope
    text: str | None
    understood: bool
    mapped: bool
    def __init__(self, kind: int, rank: int, name: tuple[str, str], block: bytes, scope: Scope) -> None: ...
    def copy(self, versions: Versions) -> Header: ...
    def reader(self, quotas: Quotas) -> Reader: ...
    def flags(self, versions: Versions, quotas: Quotas) -> HeaderAttribute: ...
    def is_for_receiver(self, versions: Versions, quotas: Quotas) -> bool: ...
    def read_text(self, quotas: Quotas) -> str: ...
    def read_value(
        self,
        versions: Versions,
        description: ElementDescription,
        option: ReadOption,
        quotas: Quotas,
        *,
        leniency: Leniency | None = None,
        forgiven: list[Forgiven] | None = None,
    ) -> Any: ...
    def fragment(self, own_scope: Scope) -> bytes: ...

def leave(reader: Reader) -> None: ...
def standard_header(versions: Versions, kind: int, value: str, rank: int) -> Header: ...
