"""Write the purchase orders of ``examples/orders.jsonl``.

python tools/make_orders.py > examples/orders.jsonl
"""

from __future__ import annotations

import json
import sys

from wsx.cli.demo_orders import demo_orders


def main() -> None:
    """Write the orders to standard output, in UTF-8."""
    for order in demo_orders():
        sys.stdout.buffer.write(json.dumps(order, ensure_ascii=False).encode() + b"\n")


if __name__ == "__main__":
    main()
