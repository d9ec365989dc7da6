"""Write the purchase orders of ``examples/orders.jsonl``: always the same ones, made up from word lists.

python tools/make_orders.py [COUNT] > examples/orders.jsonl
"""

from __future__ import annotations

import json
import random
import sys
from datetime import datetime, timedelta, timezone
from typing import Any

CUSTOMERS = [
    "Åkerlund & Söner",
    "Blue Harbour Ltd",
    "Café Zoë",
    "Dvořák Tools",
    "Ferretería Ibáñez",
    "Grün GmbH",
    "Ōkawa Trading",
]
PLACES = [
    ("Torget 4", "Uppsala", "753 10", "SE"),
    ("12 Quay Street", "Bristol", "BS1 4HJ", "GB"),
    ("Rue de l'Église 3", "Liège", "4000", "BE"),
    ("Náměstí Míru 9", "Brno", "602 00", "CZ"),
    ("Calle Mayor 21", "León", "24003", "ES"),
    ("Am Markt 1", "Münster", "48143", "DE"),
    ("2-4-1 Nishiki", "Nagoya", "460-0003", "JP"),
]
PRODUCTS = [
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
NOTES = ["call before delivery", "leave at the gate & ring twice", "invoice to head office", "partial delivery is fine"]
FIRST = datetime(2026, 3, 2, 7, 30, tzinfo=timezone.utc)


def order(number: int, choose: random.Random) -> dict[str, Any]:
    """The order with this number; every value comes from ``choose``."""
    street, city, postal_code, country = choose.choice(PLACES)
    moment = FIRST + timedelta(
        minutes=7 * number, seconds=choose.randrange(60), milliseconds=choose.randrange(0, 1000, 50)
    )
    made: dict[str, Any] = {
        "number": f"PO-2026-{number:05}",
        "ordered": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "priority": choose.choices(["normal", "urgent"], [9, 1])[0],
        "customer": choose.choice(CUSTOMERS),
        "ship_to": {"street": street, "city": city, "postal_code": postal_code, "country": country},
        "lines": [],
    }
    for product, cents in choose.sample(PRODUCTS, choose.randint(1, 6)):
        price = f"{cents // 100}.{cents % 100:02}"
        made["lines"].append({"product": product, "quantity": choose.randint(1, 250), "unit_price": price})
    if choose.random() < 0.2:
        made["note"] = choose.choice(NOTES)
    return made


def main() -> None:
    """Write COUNT (1000) orders to standard output."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    choose = random.Random(20260302)
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    for number in range(1, count + 1):
        print(json.dumps(order(number, choose), ensure_ascii=False))


if __name__ == "__main__":
    main()
