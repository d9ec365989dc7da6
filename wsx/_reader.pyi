from typing import Any

from wsx._frames import FrameReader
from wsx._scanner import Scope as Scope
from wsx.charsets import Charset
from wsx.descriptions import ElementDescription, ReadOption
from wsx.leniency import Forgiven, Leniency
from wsx.quotas import Quotas

class Reader(FrameReader):
    @staticmethod
    def in_pieces(*, quotas: Quotas = ..., charset: Charset = ..., read_declaration: bool = True) -> Reader: ...
    def forgive_by(self, leniency: Leniency, forgiven: list[Forgiven]) -> None: ...
    def read_element(self, element: ElementDescription, option: ReadOption = ...) -> Any: ...

def read_document(
    element: ElementDescription,
    data: Any,
    option: ReadOption,
    quotas: Quotas,
    leniency: Leniency | None = ...,
    forgiven: list[Forgiven] | None = ...,
) -> Any: ...
