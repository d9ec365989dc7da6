from typing import Any

from wsx._scanner import Scanner
from wsx._scanner import Scope as Scope
from wsx.descriptions import ElementDescription, ReadOption
from wsx.quotas import Quotas

class Reader(Scanner):
    def read_element(self, element: ElementDescription, option: ReadOption = ...) -> Any: ...

def read_document(element: ElementDescription, data: Any, option: ReadOption, quotas: Quotas) -> Any: ...
