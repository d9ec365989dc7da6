"""The items of a body one by one: a body that is one long repeating field, written and read without the whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from wsx._reader import Reader
from wsx._scanner import MoreInput
from wsx._writer import Output
from wsx.descriptions import (
    ElementDescription,
    FieldDescription,
    FieldMapping,
    FieldOption,
    ReadOption,
    StructDescription,
    Type,
    WriteOption,
)
from wsx.errors import InvalidArgument, InvalidFormat, WsError
from wsx.leniency import Forgiven
from wsx.message.versions import Scope

__all__ = ["BodyItems", "ItemReader", "ItemWriter"]

# Items that are read at once, when the input has them: few enough for little memory, enough to make the calls around
# them cheap.
_BATCH: Final = 256


class BodyItems:
    """Where the items of a body stand: the elements ``around`` them, as (namespace, local name), and the item's table.

    :param element: the table of the body: one structure in the other with one field each, the innermost field being
        a repeating element.
    :raises InvalidArgument: when it is another one.
    """

    __slots__ = ("around", "item", "least", "most", "nillable")

    def __init__(self, element: ElementDescription | None) -> None:
        self.around: list[tuple[str, str]] = []
        if element is None or element.type is not Type.STRUCT:
            raise _unsuitable(element)
        if element.local_name is not None:
            self.around.append((element.ns or "", element.local_name))
        structure = _structure(element, element.resolve_description())
        field = structure.fields[0]
        while field.mapping is FieldMapping.ELEMENT and field.type is Type.STRUCT:
            self.around.append((field.own_ns(structure.ns), field.own_local_name))
            structure = _structure(element, field.resolve_description())
            field = structure.fields[0]
        if field.mapping is not FieldMapping.REPEATING_ELEMENT:
            raise _unsuitable(element)
        if field.local_name is not None:
            self.around.append((structure.ns if field.ns is None else field.ns, field.local_name))
        self.item = _item(field, structure.ns)
        self.nillable = bool(field.options & FieldOption.NILLABLE_ITEM)
        self.least, self.most = field.item_range or (0, None)

    def place(self, number: int, path: str | None) -> str:
        """The path of what is at ``path`` in the item ``number``."""
        _, _, rest = (path or "").partition("/")
        names = [name for _, name in self.around]
        return "/".join([*names, f"{self.item.local_name}[{number}]", *([rest] if rest else [])])


def _unsuitable(element: object) -> InvalidArgument:
    return InvalidArgument(
        f"{element} has no items to go one by one: that takes structures of one field, the last a repeating element"
    )


def _structure(element: ElementDescription, description: object) -> StructDescription:
    if not isinstance(description, StructDescription) or len(description.fields) != 1 or description.parent is not None:
        raise _unsuitable(element)
    return description


def _item(field: FieldDescription, ns: str) -> ElementDescription:
    return ElementDescription(field.own_local_name, field.own_ns(ns), field.type, field.resolve_description())


class ItemWriter:
    """Writes the items of one body to an output, into the namespaces of ``scope``."""

    __slots__ = ("_end", "_items", "_max_depth", "_option", "_scope", "number", "start")

    def __init__(self, items: BodyItems, scope: Scope, max_depth: int) -> None:
        self._items = items
        default, start = "", Output()
        for ns, name in items.around:
            start.write(f"<{name}".encode())
            if ns != default:
                start.write(b' xmlns="')
                start.write_attribute_text(ns)
                start.write(b'"')
            start.write(b">")
            default = ns
        self.start = start.take()
        self._end = "".join(f"</{name}>" for _, name in reversed(items.around)).encode()
        self._scope = (*scope, ("", default)) if default else scope
        self._option = WriteOption.NILLABLE_POINTER if items.nillable else WriteOption.REQUIRED_POINTER
        self._max_depth = max_depth - len(items.around)
        self.number = 0

    def write(self, output: Output, value: object) -> None:
        """One more item.

        :raises WsError: as :meth:`Output.write_element`, with the number of the item in the path.
        """
        items = self._items
        try:
            if items.most is not None and self.number >= items.most:
                raise InvalidFormat(f"more than {items.most} items")
            output.write_element(items.item, value, self._option, scope=self._scope, max_depth=self._max_depth)
        except WsError as error:
            error.path = items.place(self.number, error.path)
            raise
        self.number += 1

    def end(self, output: Output) -> None:
        """The end tags around the items.

        :raises InvalidFormat: when there were too few.
        """
        if self.number < self._items.least:
            raise InvalidFormat(f"{self.number} items, but the table wants at least {self._items.least}")
        output.write(self._end)


class ItemReader:
    """Reads the items of one body in batches; what stops for want of input goes on where it stopped."""

    __slots__ = ("_depth", "_failure", "_forgiven", "_inside", "_items", "_option", "_reader", "ended", "number")

    def __init__(self, items: BodyItems, reader: Reader, forgiven: list[Forgiven] | None) -> None:
        self._items = items
        self._reader = reader
        # Where deviations are reported to, None for a strict reader.
        self._forgiven = forgiven
        self._option = ReadOption.NILLABLE_POINTER if items.nillable else ReadOption.REQUIRED_POINTER
        self._depth = 0
        self._inside = False
        self._failure: WsError | None = None
        self.number = 0
        self.ended = False

    def batch(self) -> Sequence[Any]:
        """The next items, as many as the input has, at least one; none when there are no more.

        :raises MoreInput: when the input does not have one.
        :raises WsError: when the next item is not one by its table, or something else is there.
        """
        if self._failure is not None:
            raise self._failure
        found: list[Any] = []
        try:
            self._enter()
            while len(found) < _BATCH and self._next(found):
                pass
        except (MoreInput, WsError) as error:
            if not found:
                raise
            # The items before it are good.
            self._failure = error if isinstance(error, WsError) else None
        return found

    def _enter(self) -> None:
        """Past the start tags around the items."""
        around = self._items.around
        while not self.ended and not self._inside and self._depth < len(around):
            self._expect(around[self._depth])
            offset = self._reader.position
            attributes = self._reader.start_element()
            self._depth += 1
            for _, name, _ in attributes:
                path = "/".join([*(inner for _, inner in around[: self._depth]), f"@{name}"])
                if self._forgiven is None:
                    raise InvalidFormat(f"attribute {name!r} is not expected here", path=path, offset=offset)
                self._forgiven.append(Forgiven("unknown_attributes", path, offset))

    def _next(self, found: list[Any]) -> bool:
        reader = self._reader
        if self._inside or (not self.ended and reader.peek() is not None):
            found.append(self._item())
            return True
        if not self.ended and self.number < self._items.least:
            raise InvalidFormat(f"{self.number} items, but the table wants at least {self._items.least}")
        self.ended = True
        while self._depth:
            if reader.peek() is not None:
                raise InvalidFormat("an element after the items", offset=reader.position)
            reader.end_element()
            self._depth -= 1
        return False

    def _item(self) -> Any:
        items, reader = self._items, self._reader
        try:
            if not self._inside:
                if items.most is not None and self.number >= items.most:
                    raise InvalidFormat(f"more than {items.most} items", offset=reader.position)
                self._expect((items.item.ns or "", items.item.local_name or ""))
            # A reader that runs out of input inside an element wants to go on there.
            self._inside = True
            item = reader.read_element(items.item, self._option)
        except WsError as error:
            error.path = items.place(self.number, error.path)
            raise
        self._inside = False
        self.number += 1
        return item

    def _expect(self, name: tuple[str, str]) -> None:
        found = self._reader.peek()
        if found != name:
            wanted = f"{{{name[0]}}}{name[1]}"
            text = "the element ends" if found is None else f"element {{{found[0]}}}{found[1]}"
            raise InvalidFormat(f"{text} where {wanted} was expected", offset=self._reader.position)
