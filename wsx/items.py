"""The items of a long repeating field one by one: written and read without the whole, in any number.

:func:`iter_write` and :func:`iter_read` are for documents; channels write and read the items of a body with the same
two classes, :class:`ItemWriter` and :class:`ItemReader`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Generator, Iterable, Iterator
from typing import Any, Final, TypeAlias

from wsx._items import Portion, read_items
from wsx._reader import Reader
from wsx._scanner import DEFAULT_QUOTAS, MoreInput
from wsx._writer import Output
from wsx.declare import element_of
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
from wsx.leniency import Forgiven, Leniency
from wsx.quotas import Quotas

__all__ = ["ItemField", "ItemReader", "ItemWriter", "aiter_read", "aiter_write", "iter_read", "iter_write"]

# Items that are read at once, when the input has them: few enough for little memory, enough to make the calls around
# them cheap.
_BATCH: Final = 256
# Bytes that are taken at once from a larger piece.
_PIECE: Final = 1 << 16

Scope: TypeAlias = tuple[tuple[str, str], ...]
Chunk: TypeAlias = "bytes | bytearray | memoryview"


class ItemField:
    """The repeating field of an element whose items go one by one.

    ``path``: the positions of fields on the way to it; ``around``: the elements on the way, as (namespace, local name).

    :param element: a table whose type is STRUCT.
    :param name: the field's name, with those of the fields around it and "/" between them when it stands in a
        structure in the element's own; None: each structure has one field only, down to the repeating one.
    :raises InvalidArgument: when there is no such field.
    """

    __slots__ = ("alone", "around", "element", "field", "item", "least", "most", "nillable", "path")

    def __init__(self, element: ElementDescription | None, name: str | None = None) -> None:
        if element is None or element.type is not Type.STRUCT:
            raise _unsuitable(element, name)
        self.element = element
        way = _way(element, name)
        self.alone = all(len(structure.fields) == 1 for structure, _ in way)
        self.path = tuple(struct.fields.index(field) for struct, field in way)
        self.around: list[tuple[str, str]] = []
        if element.local_name is not None:
            self.around.append((element.ns or "", element.local_name))
        for structure, field in way[:-1]:
            self.around.append((field.own_ns(structure.ns), field.own_local_name))
        structure, self.field = way[-1]
        wrapper = self.field.wrapper(structure.ns)
        if wrapper is not None:
            self.around.append(wrapper)
        self.item = _item(self.field, structure.ns)
        self.nillable = bool(self.field.options & FieldOption.NILLABLE_ITEM)
        self.least, self.most = self.field.item_range or (0, None)

    def place(self, number: int, path: str | None) -> str:
        """The path of what is at ``path`` in the item ``number``."""
        _, _, rest = (path or "").partition("/")
        names = [name for _, name in self.around]
        return "/".join([*names, f"{self.item.local_name}[{number}]", *([rest] if rest else [])])


def _way(element: ElementDescription, name: str | None) -> list[tuple[StructDescription, FieldDescription]]:
    """The structures and fields on the way to the repeating one."""
    way: list[tuple[StructDescription, FieldDescription]] = []
    structure: object = element.resolve_description()
    names = iter(()) if name is None else iter(name.split("/"))
    while isinstance(structure, StructDescription):
        wanted = next(names, None)
        fields = [field for field in structure.fields if wanted is None or field.name == wanted]
        if len(fields) != 1 or structure.parent is not None or (name is not None and wanted is None):
            break
        way.append((structure, fields[0]))
        if fields[0].mapping is FieldMapping.REPEATING_ELEMENT and next(names, None) is None:
            return way
        if fields[0].mapping is not FieldMapping.ELEMENT or fields[0].type is not Type.STRUCT:
            break
        structure = fields[0].resolve_description()
    raise _unsuitable(element, name)


def _unsuitable(element: object, name: str | None = None) -> InvalidArgument:
    if name is not None:
        return InvalidArgument(f"{element} has no repeating element {name!r} in structures that stand once")
    return InvalidArgument(
        f"{element} has no items to go one by one: that takes structures of one field, the last a repeating element"
    )


def _item(field: FieldDescription, ns: str) -> ElementDescription:
    return ElementDescription(field.own_local_name, field.own_ns(ns), field.type, field.resolve_description())


def _bare(field: FieldDescription, item: ElementDescription) -> StructDescription:
    """A structure that has nothing but the items, without a wrapper; how many there are is counted elsewhere."""
    items = FieldDescription(
        field.name,
        field.type,
        field.description,
        mapping=field.mapping,
        item_local_name=item.local_name,
        item_ns=item.ns,
        options=field.options & FieldOption.NILLABLE_ITEM | field.options & FieldOption.POINTER,
    )
    return StructDescription(dict, [items], ns=item.ns or "")


class ItemWriter:
    """Writes the items of one element to an output, into the namespaces of ``scope``.

    :raises InvalidArgument: when the structures around the items have other fields, too.
    """

    __slots__ = ("_batch", "_end", "_items", "_max_depth", "_option", "_scope", "empty", "most", "number", "start")

    def __init__(self, items: ItemField, scope: Scope, max_depth: int) -> None:
        if not items.alone:
            raise _unsuitable(items.element)
        self._items = items
        self._batch: ElementDescription | None = None
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
        ends = [f"</{name}>".encode() for _, name in reversed(items.around)]
        self._end = b"".join(ends)
        # All there is when there are no items.
        self.empty = b"".join([self.start[:-1] + b"/>", *ends[1:]]) if ends else b""
        self._scope = (*scope, ("", default)) if default else scope
        self._option = WriteOption.NILLABLE_POINTER if items.nillable else WriteOption.REQUIRED_POINTER
        self._max_depth = max_depth - len(items.around)
        self.number = 0
        self.most = items.most

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

    def write_portion(self, output: Output, portion: Portion) -> None:
        """The items of a portion; on failure none of them.

        :raises WsError: as :meth:`write`.
        """
        items = self._items
        if self._batch is None:
            self._batch = ElementDescription(None, None, Type.STRUCT, _bare(items.field, items.item))
        before = portion.number
        try:
            output.write_element(self._batch, {items.field.name: portion}, scope=self._scope, max_depth=self._max_depth)
        except WsError as error:
            # The writer counts from the beginning of the portion.
            index = (error.path or "").partition("/")[0].rpartition("[")[2].rstrip("]")
            error.path = items.place(before + int(index) if index.isdigit() else portion.number, error.path)
            raise
        self.number = portion.number
        if portion.failure is not None:
            raise portion.failure

    def end(self, output: Output) -> None:
        """The end tags around the items.

        :raises InvalidFormat: when there were too few.
        """
        if self.number < self._items.least:
            raise InvalidFormat(f"{self.number} items, but the table wants at least {self._items.least}")
        output.write(self._end)


class ItemReader:
    """Reads the items of one element in batches; what stops for want of input goes on where it stopped."""

    __slots__ = ("_failure", "_items", "_option", "_reader", "ended", "rest")

    def __init__(self, items: ItemField, reader: Reader, option: ReadOption = ReadOption.REQUIRED_VALUE) -> None:
        self._items = items
        self._reader = reader
        self._option = option
        self._failure: WsError | None = None
        self.ended = False
        # The element's value without the items, when it has ended.
        self.rest: Any = None

    def batch(self) -> list[Any]:
        """The next items, as many as the input has, at least one; none when there are no more.

        :raises MoreInput: when the input does not have one.
        :raises WsError: when the next item is not one by its table, or something else is there.
        """
        if self._failure is not None:
            raise self._failure
        found: list[Any] = []
        try:
            while not found and not self.ended:
                self.ended, self.rest = read_items(
                    self._reader, self._items.element, self._items.path, found, most=_BATCH, option=self._option
                )
        except (MoreInput, WsError) as error:
            if not found:
                raise
            # The items before it are good.
            self._failure = error if isinstance(error, WsError) else None
        return found


def iter_write(
    element: ElementDescription | type,
    items: Iterable[Any],
    *,
    max_depth: int = 32,
    chunk_size: int = 1 << 16,
) -> Generator[bytes, None, None]:
    """The bytes of an element whose items come one by one, in chunks: the document of :func:`wsx.write_element`.

    ``element`` is an ElementDescription, or a class made by ``@wsx.struct``, whose structures have one field each, the
    last a repeating element; ``items`` is any iterable of its values, which is asked for the next one when the chunk
    before was taken. Memory is that of one chunk, of ``chunk_size`` bytes and one item, for any number of items.

    Raises InvalidArgument at once for an element that has no such items; while iterating what ``write_element`` raises,
    with the number of the item in the ``path``, and what ``items`` raises: the document ends there unfinished.
    """
    writer, output = _writing(element, max_depth, chunk_size)
    if not isinstance(items, Iterable):
        raise InvalidArgument(f"items must be iterable, not {type(items).__name__}")
    return _iter_write(writer, output, Portion(output, items, chunk_size, writer.most))


def _iter_write(writer: ItemWriter, output: Output, portion: Portion) -> Generator[bytes, None, None]:
    output.write(writer.start)
    while not portion.over:
        writer.write_portion(output, portion)
        if not portion.over:
            yield output.take()
    yield _last(writer, output)


async def aiter_write(
    element: ElementDescription | type,
    items: AsyncIterable[Any],
    *,
    max_depth: int = 32,
    chunk_size: int = 1 << 16,
) -> AsyncGenerator[bytes, None]:
    """:func:`iter_write` for items that have to be waited for.

    Raises as :func:`iter_write`, when the first chunk is asked for.
    """
    writer, output = _writing(element, max_depth, chunk_size)
    if not isinstance(items, AsyncIterable):
        raise InvalidArgument(f"items must be an async iterable, not {type(items).__name__}")
    output.write(writer.start)
    async for item in items:
        writer.write(output, item)
        if len(output) >= chunk_size:
            yield output.take()
    yield _last(writer, output)


def _writing(element: ElementDescription | type, max_depth: int, chunk_size: int) -> tuple[ItemWriter, Output]:
    if type(chunk_size) is not int or chunk_size < 1:
        raise InvalidArgument(f"chunk_size must be a number of bytes from 1 on, not {chunk_size!r}")
    return ItemWriter(_items_of(element, None), (), max_depth), Output(chunk_size)


def _last(writer: ItemWriter, output: Output) -> bytes:
    writer.end(output)
    # Without items nothing was taken yet, and the element has no end tag.
    return output.take() if writer.number else writer.empty


def iter_read(
    element: ElementDescription | type,
    chunks: Iterable[Chunk] | Chunk,
    *,
    field: str | None = None,
    option: ReadOption = ReadOption.REQUIRED_VALUE,
    quotas: Quotas = DEFAULT_QUOTAS,
    leniency: Leniency | None = None,
    forgiven: list[Forgiven] | None = None,
) -> Generator[Any, None, Any]:
    """The items of an element's repeating field, each as soon as it is complete.

    ``chunks`` is an iterable of bytes-like objects of any size (a file opened for reading bytes, a response, a
    generator), or one bytes-like object (an ``mmap``). ``field`` names the field of the element's structure; with
    fields around it, all names with "/" between them; it may be left out when each structure has one field only. The
    other fields are read as well: the generator returns the element's value, in which the list is empty (``rest =
    yield from iter_read(…)``). The arguments behind are those of :func:`wsx.read_element`.

    Memory is that of a chunk and of some items, for any number of items: ``max_value_bytes`` begins anew with each.
    The document behind the element is checked, too, when the last item was taken.

    Raises InvalidArgument at once for an element without that field; while iterating what ``read_element`` raises, with
    number and path of the item, after the items before it, and what ``chunks`` raises.
    """
    reader = _reader(quotas, leniency, forgiven)
    items = ItemReader(_items_of(element, field), reader, option)
    return _iter_read(reader, items, pieces_of(chunks))


def _iter_read(reader: Reader, items: ItemReader, pieces: Iterator[Chunk]) -> Generator[Any, None, Any]:
    for piece in pieces:
        reader.feed(piece)
        while batch := _batch(reader, items):
            yield from batch
    reader.end_input()
    while batch := items.batch():
        yield from batch
    reader.end_document()
    return items.rest


async def aiter_read(
    element: ElementDescription | type,
    chunks: AsyncIterable[Chunk],
    *,
    field: str | None = None,
    option: ReadOption = ReadOption.REQUIRED_VALUE,
    quotas: Quotas = DEFAULT_QUOTAS,
    leniency: Leniency | None = None,
    forgiven: list[Forgiven] | None = None,
) -> AsyncGenerator[Any, None]:
    """:func:`iter_read` for chunks that have to be waited for; the value around the items is not to be had.

    Raises as :func:`iter_read`, when the first item is asked for.
    """
    reader = _reader(quotas, leniency, forgiven)
    items = ItemReader(_items_of(element, field), reader, option)
    if not isinstance(chunks, AsyncIterable):
        raise InvalidArgument(f"chunks must be an async iterable of bytes, not {type(chunks).__name__}")
    async for chunk in chunks:
        for piece in pieces_of(chunk):
            reader.feed(piece)
            while batch := _batch(reader, items):
                for item in batch:
                    yield item
    reader.end_input()
    while batch := items.batch():
        for item in batch:
            yield item
    reader.end_document()


def _items_of(element: ElementDescription | type, field: str | None) -> ItemField:
    return ItemField(element if type(element) is ElementDescription else element_of(element), field)


def _reader(quotas: Quotas, leniency: Leniency | None, forgiven: list[Forgiven] | None) -> Reader:
    reader = Reader.in_pieces(quotas=quotas)
    if leniency is not None:
        reader.forgive_by(leniency, [] if forgiven is None else forgiven)
    return reader


def _batch(reader: Reader, items: ItemReader) -> list[Any]:
    """The items that the input has; behind the last one, what follows the element is read away."""
    try:
        batch = items.batch()
        if not batch:
            reader.end_document()
    except MoreInput:
        return []
    return batch


def pieces_of(chunks: object) -> Iterator[Chunk]:
    """Bytes-like pieces of at most 64 KiB.

    :raises InvalidArgument: for what is neither bytes-like nor iterable.
    """
    try:
        whole = memoryview(chunks)  # type: ignore[arg-type]
    except TypeError:
        if isinstance(chunks, str) or not isinstance(chunks, Iterable):
            text = f"chunks must be an iterable of bytes, not {type(chunks).__name__}"
            raise InvalidArgument(text) from None
        return (piece for chunk in chunks for piece in _pieces(memoryview(chunk)))
    return _pieces(whole)


def _pieces(chunk: memoryview) -> Iterator[memoryview]:
    data = chunk.cast("B") if chunk.nbytes else memoryview(b"")
    return (data[start : start + _PIECE] for start in range(0, len(data), _PIECE))
