"""Models as bytes and back: JSON, in records that are read when something asks for them."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from wsx.enumerations import EnvelopeVersion, FieldMapping, Type
from wsx.errors import InvalidFormat
from wsx.metadata.hints import described, hint_of
from wsx.metadata.model import Binding, Element, Fault, Header, Message, Model, Operation, Port, Service
from wsx.metadata.shapes import (
    ANY_ATTRIBUTES,
    XML_FRAGMENT,
    ChoiceShape,
    EnumShape,
    FieldShape,
    ScalarShape,
    StructShape,
    Value,
)
from wsx.metadata.warning import Warning_
from wsx.values import UNSET

__all__ = ["from_bytes", "to_bytes"]

_MAGIC: Final = b"wsx model 1"
_OPAQUE: Final = {"xml": XML_FRAGMENT, "attributes": ANY_ATTRIBUTES}


def to_bytes(model: Model, elements: Iterable[tuple[str, str]], bindings: Iterable[str], extra: Any) -> bytes:
    """The model as bytes, with its ``elements`` and ``bindings`` by name, and ``extra``, which JSON can say.

    :raises WsError: for whatever in the model cannot be used.
    """
    return _Writer().model(model, elements, bindings, extra)


def from_bytes(data: bytes, accept: Callable[[Any], bool]) -> Model | None:
    """The model of :func:`to_bytes`; None when ``accept`` refuses what was ``extra``.

    :raises InvalidFormat: when the bytes are not whole.
    """
    head, _, rest = data.partition(b"\n")
    try:
        magic, check, length = head.rsplit(b" ", 2)
        if magic != _MAGIC or int(check, 16) != zlib.crc32(rest):
            raise InvalidFormat("the kept import is not whole")
        index = json.loads(rest[: int(length)])
        return _Reader(index, memoryview(rest)[int(length) :]).model() if accept(index["extra"]) else None
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidFormat(f"the kept import is not whole: {error}") from error


class _Writer:
    def __init__(self) -> None:
        self.records: list[bytes] = []
        self._ids: dict[int, int] = {}
        self._held: list[Value] = []
        self._waiting: list[tuple[int, Value]] = []

    def model(self, model: Model, elements: Iterable[tuple[str, str]], bindings: Iterable[str], extra: Any) -> bytes:
        found: dict[str, Any] = {"extra": extra, "url": model.url, "bindings": {}, "elements": [], "services": []}
        made: dict[int, str] = {}

        def binding(one: Binding) -> str:
            if id(one) not in made:
                made[id(one)] = key = f"{one.name} {len(made)}"
                found["bindings"][key] = self._binding(one)
            return made[id(one)]

        for service in model.services.values():
            ports = [[port.name, binding(port.binding), port.address, port.doc] for port in service.ports.values()]
            found["services"].append([service.name, service.ns, ports, service.doc])
        for name in bindings:
            one = model.find_binding(name)
            if one is not None:
                binding(one)
        for ns, local_name in elements:
            element = model.find_element(ns, local_name)
            if element is not None:
                found["elements"].append([ns, local_name, *self._element(element)[2:]])
        found["structs"] = []
        self._drain()
        # Well-known schemas come in when something refers to them, and bring types along.
        while len(structs := [self._ref(shape) for shape in model.all_structs()]) > len(found["structs"]):
            found["structs"] = structs
            self._drain()
        found["warnings"] = [[warning.where, warning.message] for warning in model.warnings]
        ends, end = [], 0
        for record in self.records:
            end += len(record)
            ends.append(end)
        found["ends"] = ends
        index = json.dumps(found, separators=(",", ":")).encode()
        rest = b"".join([index, *self.records])
        return b"%s %x %d\n" % (_MAGIC, zlib.crc32(rest), len(index)) + rest

    def _record(self, value: Any, at: int | None = None) -> int:
        if at is None:
            at = len(self.records)
            self.records.append(b"")
        self.records[at] = json.dumps(value, separators=(",", ":")).encode()
        return at

    def _binding(self, binding: Binding) -> list[Any]:
        operations = []
        for key, one in binding.operations.items():
            messages = [None if found is None else self._message(found) for found in (one.input, one.output)]
            faults = [[fault.name, self._element(fault.element)] for fault in one.faults]
            actions = [one.soap_action, one.style, one.input_action, one.output_action, one.doc]
            operations.append([key, one.name, one.python_name, *actions, self._record([messages, faults])])
        version = None if binding.envelope_version is None else binding.envelope_version.name
        head = [binding.name, binding.ns, binding.port_type, version, binding.transport]
        return [*head, operations, binding.addressing, binding.doc]

    def _message(self, message: Message) -> list[Any]:
        headers = [[header.name, header.part, self._element(header.element)] for header in message.headers]
        body = None if message.body is None else self._element(message.body)
        return [body, headers, message.wrapped, message.encoded]

    def _element(self, element: Element) -> list[Any]:
        return [element.local_name, element.ns, self._ref(element.shape), element.nillable]

    def _ref(self, shape: Value) -> Any:
        if isinstance(shape, ChoiceShape):
            return [shape.loose, [self._field(arm) for arm in shape.arms]]
        if shape is XML_FRAGMENT or shape is ANY_ATTRIBUTES:
            return "xml" if shape is XML_FRAGMENT else "attributes"
        if id(shape) not in self._ids:
            self._ids[id(shape)] = at = self._record(None)
            self._held.append(shape)
            self._waiting.append((at, shape))
        return self._ids[id(shape)]

    def _drain(self) -> None:
        made: list[Any]
        while self._waiting:
            at, shape = self._waiting.pop()
            if isinstance(shape, EnumShape):
                made = ["enum", shape.hint_name, shape.ns, shape.name, shape.members, shape.doc]
            elif isinstance(shape, ScalarShape):
                source = shape.source
                for found in shape.enums:
                    source = source.replace(f"«{id(found)}»", f"«{self._ref(found)}»")
                enums = [self._ref(found) for found in shape.enums]
                made = ["scalar", shape.type.name, source, shape.python.__name__, enums]
            elif isinstance(shape, StructShape):
                made = self._struct(shape)
            self._record(made, at)

    def _struct(self, shape: StructShape) -> list[Any]:
        fields = [self._field(found) for found in shape.own_fields]
        base = None if shape.base is None else self._ref(shape.base)
        derived = [self._ref(found) for found in shape.derived()]
        head = [shape.hint_name, shape.ns, shape.name, base, derived, shape.abstract, shape.element]
        return ["struct", *head, shape.doc, shape.where, shape.any_order, shape.array_of is not None, fields]

    def _field(self, found: FieldShape) -> list[Any]:
        return [
            found.name,
            self._ref(found.shape),
            found.mapping.name,
            found.local_name,
            found.ns,
            found.least,
            found.most,
            found.nillable,
            [] if found.default is UNSET else [found.default],
            found.other_namespace,
            found.doc,
            found.branch,
        ]


_CLASSES: Final = {made.__name__: made for made in (bool, bytes, float, int, list, object, str)}


class _Reader:
    def __init__(self, index: dict[str, Any], records: memoryview) -> None:
        self.index = index
        self._records = records
        self._ends: list[int] = index["ends"]
        self._made: dict[int, Any] = {}
        self._bindings: dict[str, Binding] = {}

    def model(self) -> Model:
        index = self.index
        services = {}
        for name, ns, ports, doc in index["services"]:
            made = {port: Port(port, self._binding(key), address, text) for port, key, address, text in ports}
            services[name] = Service(name, ns, made, doc)
        elements = {(ns, name): rest for ns, name, *rest in index["elements"]}

        def find_element(ns: str, local_name: str) -> Element | None:
            found = elements.get((ns, local_name))
            return None if found is None else Element(local_name, ns, self._shape(found[0]), found[1])

        def find_binding(name: str) -> Binding | None:
            return next((self._binding(key) for key in index["bindings"] if key.rpartition(" ")[0] == name), None)

        def all_structs() -> Iterator[StructShape]:
            return (self._shape(one) for one in index["structs"])

        warnings = [Warning_(where, message) for where, message in index["warnings"]]
        return Model(index["url"], services, warnings, find_element, all_structs, find_binding)

    def _record(self, at: int) -> Any:
        return json.loads(bytes(self._records[self._ends[at - 1] if at else 0 : self._ends[at]]))

    def _binding(self, key: str) -> Binding:
        made = self._bindings.get(key)
        if made is None:
            name, ns, port_type, version, transport, operations, addressing, doc = self.index["bindings"][key]
            envelope = None if version is None else EnvelopeVersion[version]
            made = Binding(name, ns, port_type, envelope, transport, {}, addressing, doc)
            made.operations = {one[0]: self._operation(one) for one in operations}
            self._bindings[key] = made
        return made

    def _operation(self, given: list[Any]) -> Operation:
        _, name, python_name, *actions, record = given
        return Operation(name, python_name, lambda: self._messages(record), *actions)

    def _messages(self, record: int) -> tuple[Message, Message | None, tuple[Fault, ...]]:
        (request, reply), faults = self._record(record)
        made = tuple(Fault(name, self._element(element)) for name, element in faults)
        return self._message(request), None if reply is None else self._message(reply), made

    def _message(self, given: list[Any]) -> Message:
        body, headers, wrapped, encoded = given
        made = tuple(Header(name, part, self._element(element)) for name, part, element in headers)
        return Message(None if body is None else self._element(body), made, wrapped, encoded)

    def _element(self, given: list[Any]) -> Element:
        local_name, ns, shape, nillable = given
        return Element(local_name, ns, self._shape(shape), nillable)

    # --- shapes ------------------------------------------------------------------------------------------------------

    def _value(self, ref: Any) -> Value:
        if isinstance(ref, list):
            return ChoiceShape([self._field(arm) for arm in ref[1]], ref[0])
        made: Value = self._shape(ref)
        return made

    def _shape(self, ref: Any) -> Any:
        if isinstance(ref, str):
            return _OPAQUE[ref]
        made = self._made.get(ref)
        if made is None:
            kind, *given = self._record(ref)
            made = self._made[ref] = {"enum": self._enum, "scalar": self._scalar, "struct": self._struct}[kind](given)
        return made

    @staticmethod
    def _enum(given: list[Any]) -> EnumShape:
        hint_name, ns, name, members, doc = given
        return EnumShape(hint_name, ns, name, tuple(map(tuple, members)), doc)

    def _scalar(self, given: list[Any]) -> ScalarShape:
        type_, source, python, refs = given
        hint = hint_of(source, lambda ref: self._shape(ref).python)
        enums = tuple(self._shape(ref) for ref in refs)
        for ref, shape in zip(refs, enums, strict=True):
            source = source.replace(f"«{ref}»", f"«{id(shape)}»")
        return ScalarShape(Type[type_], described(hint), hint, source, _CLASSES.get(python, object), enums=enums)

    def _struct(self, given: list[Any]) -> StructShape:
        hint_name, ns, name, base, derived, abstract, element, doc, where, any_order, array, fields = given
        made = StructShape(hint_name, ns, name, list, None, list, abstract, element and tuple(element), doc, where)
        made.any_order = any_order

        def make_fields() -> list[FieldShape]:
            found = [self._field(one) for one in fields]
            made.array_of = found[0] if array else None
            return found

        made.make_fields = make_fields
        made.derived = lambda: [self._shape(one) for one in derived]
        made.base = None if base is None else self._shape(base)
        return made

    def _field(self, given: list[Any]) -> FieldShape:
        name, shape, mapping, local_name, ns, least, most, nillable, default, other, doc, branch = given
        made = FieldShape(name, self._value(shape), FieldMapping[mapping], local_name, ns, least, most, nillable)
        made.default = default[0] if default else UNSET
        made.other_namespace, made.doc = other, doc
        made.branch = None if branch is None else (branch[0], branch[1])
        return made
