from typing import Any

from wsx._scanner import Scanner

class PieceScanner(Scanner):
    def feed(self, data: Any) -> None: ...
    def end_input(self) -> None: ...
