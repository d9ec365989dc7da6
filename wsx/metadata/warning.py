"""What an import did not take as it stands."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Warning_"]


@dataclass(frozen=True)
class Warning_:
    """Something that was not taken as it stands: where, and what was done instead."""

    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"
