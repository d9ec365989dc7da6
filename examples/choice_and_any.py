"""Choices, and XML that a table does not describe: an envelope of events, from senders that add what they like."""

from __future__ import annotations

from typing import Annotated

import wsx

NAMESPACE = "urn:wsx:example:events"


@wsx.struct(ns=NAMESPACE, local_name="opened")
class Opened:
    door: wsx.UInt16


@wsx.struct(ns=NAMESPACE, local_name="measured")
class Measured:
    sensor: str
    celsius: float


# A scalar has no element name of its own, so a choice must give it one.
Alarm = Annotated[str, wsx.field(local_name="alarm")]


@wsx.struct(ns=NAMESPACE, local_name="report")
class Report:
    latest: Opened | Measured | Alarm | None = None
    events: list[Opened | Measured | Alarm] = wsx.field(wrapper="events", default_factory=list)
    signature: wsx.XmlBuffer | None = None  # an element whose content stays XML
    more: list[wsx.XmlBuffer] = wsx.field(any=True, default_factory=list)  # elements of any name
    others: dict[wsx.XmlQName, str] = wsx.field(default_factory=dict)  # attributes of any name


def title(event: Opened | Measured | str) -> str:
    match event:
        case Opened(door):
            return f"door {door} was opened"
        case Measured(sensor, celsius):
            return f"{sensor}: {celsius} °C"
        case _:
            return f"alarm: {event}"


# The same class twice, told apart by the element's name: then the selector is a value of its own.
LENGTH = wsx.UnionDescription(
    [
        wsx.UnionFieldDescription("metric", wsx.FieldDescription("metres", wsx.Type.DOUBLE)),
        wsx.UnionFieldDescription("imperial", wsx.FieldDescription("feet", wsx.Type.DOUBLE)),
    ]
)


@wsx.struct(ns=NAMESPACE, local_name="cable")
class Cable:
    length: Annotated[wsx.Choice, LENGTH]


def main() -> None:
    report = Report(
        latest="smoke in the cellar",
        events=[Opened(7), Measured("roof", -3.5), "smoke in the cellar"],
        others={wsx.XmlQName("trace", "urn:vendor"): "4711"},
    )
    data = wsx.write_element(Report, report)
    print(data.decode())
    assert wsx.read_element(Report, data) == report

    foreign = (
        f'<report xmlns="{NAMESPACE}" xmlns:v="urn:vendor" v:site="north">'
        "<opened><door>1</door></opened><events/>"
        "<signature><v:key>k1</v:key></signature><v:battery>80</v:battery></report>"
    )
    received = wsx.read_element(Report, foreign.encode())
    print(title(received.latest), received.others)
    print(received.signature.text, [(buffer.name, buffer.text) for buffer in received.more])
    # What was kept as XML is written again, with the namespaces that it needs.
    assert b"80</" in wsx.write_element(Report, received)

    cable = Cable(wsx.Choice("imperial", 30.0))
    data = wsx.write_element(Cable, cable)
    print(data.decode())
    assert wsx.read_element(Cable, data) == cable


if __name__ == "__main__":
    main()
