from typing import Any

class Columns:
    data: Any
    threads: int
    def __init__(self, data: Any, *, threads: int = 1) -> None: ...

def address_of(data: Any) -> int: ...
