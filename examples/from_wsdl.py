"""Calls a service by its WSDL, without tables of one's own: `wsx demo --serve`, then with its URL as argument.

Run it from the project's root: python -m examples.from_wsdl http://127.0.0.1:8080/orders
"""

from __future__ import annotations

import datetime
import sys
from decimal import Decimal
from pathlib import Path

import wsx

WSDL = Path(__file__).parent / "orders.wsdl"

ORDER = {
    "number": "PO-7",
    "ordered": datetime.datetime(2026, 3, 2, 8, 15, tzinfo=datetime.timezone.utc),
    "priority": "urgent",
    "customer": "Nielsen & Sons",
    "shipTo": {"street": "Havnegade 7", "city": "Aarhus", "postalCode": "8000", "country": "DK"},
    "lines": {
        "line": [
            {"product": "nut M8", "quantity": 100, "unitPrice": Decimal("0.05")},
            {"product": "pencil", "quantity": 2, "unitPrice": Decimal("1.40")},
        ]
    },
}


def main(address: str) -> None:
    with wsx.connect(WSDL, address) as client:
        print(client.model)
        # Structures may be dicts; names are those of the schema or as Python spells them.
        batch = {"run": "6f1ed002-ab36-4d2d-9a5c-3b1f0f5e0001", "position": 1, "size": 1}
        confirmation = client.Submit(ORDER, soap_headers={"batch": batch})
        print(f"{confirmation.number}: {confirmation.lines} lines for {confirmation.total}")
        try:
            client.submit(ORDER)
        except wsx.errors.EndpointFaultReceived as error:
            print(f"without the header: {error.fault.reason() if error.fault else error}")


if __name__ == "__main__":
    main(sys.argv[1])
