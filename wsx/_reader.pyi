from typing import Any

from wsx._scanner import Scope as Scope
from wsx._step_reader import StepReader
from wsx.descriptions import ElementDescription, ReadOption
from wsx.leniency import Forgiven, Leniency
from wsx.quotas import Quotas

class Reader(StepReader):
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
