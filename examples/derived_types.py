"""Inheritance: values of derived classes where their base is named, told apart by xsi:type."""

from __future__ import annotations

import math

import wsx

NAMESPACE = "urn:wsx:example:shapes"


@wsx.struct(ns=NAMESPACE, abstract=True)
class Shape:
    """The base; abstract, so that a shape is always one of the derived classes."""

    name: str

    def area(self) -> float:
        raise NotImplementedError


@wsx.struct(ns=NAMESPACE)
class Circle(Shape):
    radius: float

    def area(self) -> float:
        return math.pi * self.radius**2


@wsx.struct(ns=NAMESPACE, type_local_name="RectangleType")
class Rectangle(Shape):
    width: float
    height: float

    def area(self) -> float:
        return self.width * self.height


@wsx.struct(ns=NAMESPACE)
class RoundedRectangle(Rectangle):
    """Derivation may go on; it keeps the fields of all its bases, theirs first."""

    corner: float

    def area(self) -> float:
        return super().area() - (4 - math.pi) * self.corner**2


@wsx.struct(ns=NAMESPACE, local_name="drawing")
class Drawing:
    frame: Rectangle  # a Rectangle or one derived from it
    shapes: list[Shape] = wsx.field(local_name="shape", default_factory=list)


def main() -> None:
    drawing = Drawing(
        frame=RoundedRectangle("frame", 40.0, 30.0, 1.0),
        shapes=[Circle("hole", 2.5), Rectangle("slot", 10.0, 2.0)],
    )
    data = wsx.write_element(Drawing, drawing)
    print(data.decode())
    received = wsx.read_element(Drawing, data)
    assert received == drawing
    for shape in (received.frame, *received.shapes):
        print(f"{type(shape).__name__} {shape.name}: {shape.area():.1f}")

    try:
        wsx.write_element(Drawing, Drawing(drawing.frame, [Shape("nothing in particular")]))
    except wsx.WsError as error:
        print(error)

    try:

        @wsx.struct(ns=NAMESPACE)
        class Triangle(Shape):
            base: float
            height: float

    except wsx.WsError as error:  # too late: shapes were written already
        print(error)


if __name__ == "__main__":
    main()
