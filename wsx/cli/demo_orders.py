"""The purchase orders of the demo: always the same ones, made up from word lists."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

__all__ = ["COUNT", "demo_orders"]

COUNT = 1000

_CUSTOMERS = [
    "Åkerlund & Söner",
    "Blue Harbour Ltd",
    "Café Zoë",
    "Dvořák Tools",
    "Ferretería Ibáñez",
    "Grün GmbH",
    "Ōkawa Trading",
]
_PLACES = [
    ("Torget 4", "Uppsala", "753 10", "SE"),
    ("12 Quay Street", "Bristol", "BS1 4HJ", "GB"),
    ("Rue de l'Église 3", "Liège", "4000", "BE"),
    ("Náměstí Míru 9", "Brno", "602 00", "CZ"),
    ("Calle Mayor 21", "León", "24003", "ES"),
    ("Am Markt 1", "Münster", "48143", "DE"),
    ("2-4-1 Nishiki", "Nagoya", "460-0003", "JP"),
]
_PRODUCTS = [
    ("hex bolt M8 × 40", 24),
    ("washer <8 mm>", 6),
    ("wood glue, 750 ml", 1190),
    ("saw blade 165/20", 2495),
    ("sandpaper P120", 85),
    ("work gloves, size 9", 799),
    ("LED lamp 4000 K", 1849),
    ("cable drum 25 m", 5999),
    ("drill bit set, 19 pcs", 3450),
]
_NOTES = [
    "call before delivery",
    "leave at the gate & ring twice",
    "invoice to head office",
    "partial delivery is fine",
]
_FIRST = datetime(2026, 3, 2, 7, 30, tzinfo=timezone.utc)


def _order(number: int, choose: random.Random) -> dict[str, Any]:
    """The order with this number; every value comes from ``choose``."""
    street, city, postal_code, country = choose.choice(_PLACES)
    moment = _FIRST + timedelta(
        minutes=7 * number, seconds=choose.randrange(60), milliseconds=choose.randrange(0, 1000, 50)
    )
    made: dict[str, Any] = {
        "number": f"PO-2026-{number:05}",
        "ordered": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "priority": choose.choices(["normal", "urgent"], [9, 1])[0],
        "customer": choose.choice(_CUSTOMERS),
        "ship_to": {"street": street, "city": city, "postal_code": postal_code, "country": country},
        "lines": [],
    }
    for product, cents in choose.sample(_PRODUCTS, choose.randint(1, 6)):
        price = f"{cents // 100}.{cents % 100:02}"
        made["lines"].append({"product": product, "quantity": choose.randint(1, 250), "unit_price": price})
    if choose.random() < 0.2:
        made["note"] = choose.choice(_NOTES)
    return made


def demo_orders(count: int = COUNT) -> Iterator[dict[str, Any]]:
    """Orders 1 to ``count``, JSON-able, with the field names of the table."""
    choose = random.Random(20260302)  # noqa: S311 (no secret, but the same orders every time)
    for number in range(1, count + 1):
        yield _order(number, choose)
