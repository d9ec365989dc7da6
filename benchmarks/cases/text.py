"""``text_ascii``, ``text_escape``, ``text_unicode``: 2,000 strings of 1,000 characters; what a character costs."""

from __future__ import annotations

import random
import string
from dataclasses import dataclass
from typing import Final

from benchmarks.cases.base import Case

__all__ = ["QUICK_SIZE", "SIZE", "Texts", "make"]

NAMESPACE: Final = "urn:texts"
#: Strings.
SIZE: Final = 2_000
QUICK_SIZE: Final = 3

_LENGTH: Final = 1_000
_SEED: Final = 20_260_314
_PLAIN: Final = string.ascii_letters + string.digits + "-_.,;:      "
#: Pieces of one script each, so that the length of a character in UTF-8 changes every few characters.
_MIXED: Final = (
    "zażółć ",
    "naïveté ",
    "plain ",
    "Größe ",
    "東京都千代田区",
    "数据交换",
    "한국어 ",
    "Ελληνικά ",
    "данные ",
    "🚚📦",
    "🙂 ",
)
_TITLES: Final = {
    "text_ascii": "strings of 1,000 ASCII characters",
    "text_escape": "strings of 1,000 characters, 2 % of them & < >",
    "text_unicode": "strings of 1,000 Latin, CJK and other characters and emoji, made anew for each run",
}


@dataclass(slots=True)
class Texts:
    text: list[str]


def make(size: int, name: str) -> Case:
    """``size`` strings of the case's kind, the same ones on each call."""
    chance = random.Random(_SEED)
    texts = Texts([_text(chance, name) for _ in range(size)])
    renew = None
    if name == "text_unicode":
        encoded = [text.encode() for text in texts.text]

        def renew() -> None:
            texts.text[:] = [data.decode() for data in encoded]

    return Case(name, f"{size:,} {_TITLES[name]}", "Texts", NAMESPACE, texts, renew=renew)


def _text(chance: random.Random, name: str) -> str:
    if name == "text_unicode":
        return "".join(chance.choices(_MIXED, k=_LENGTH // 2))[:_LENGTH]
    characters = chance.choices(_PLAIN, k=_LENGTH)
    if name == "text_escape":
        for place in chance.sample(range(_LENGTH), _LENGTH // 50):
            characters[place] = chance.choice("&<>")
    # Blanks at the ends would be a matter of white space, not of speed.
    return "x" + "".join(characters[1:-1]) + "x"
