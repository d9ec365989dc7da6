"""The model of a service: services, ports, bindings, operations and their messages, made from WSDL when asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from wsx.descriptions import ElementDescription, FieldMapping, StructDescription, Type
from wsx.enumerations import EnvelopeVersion
from wsx.errors import InvalidArgument
from wsx.metadata.names import spelled
from wsx.metadata.shapes import ChoiceShape, EnumShape, FieldShape, ScalarShape, Shape, StructShape, Value
from wsx.metadata.tables import Tables

__all__ = ["Binding", "Element", "Fault", "Header", "Message", "Model", "Operation", "Port", "Service"]


@dataclass(eq=False)
class Element:
    """An element of a message: of the body, a header or a fault's detail.

    ``local_name`` and ``ns`` are None for a body of several elements, which are then the fields of ``shape``.
    """

    local_name: str | None
    ns: str | None
    shape: Shape
    nillable: bool = False

    def __str__(self) -> str:
        return spelled(self.local_name or "(several)", self.ns or "")


@dataclass(eq=False)
class Header:
    """A header that a message may have (soap:header); ``name`` is that of its part, as Python spells it."""

    name: str
    part: str
    element: Element


@dataclass(eq=False)
class Fault:
    """A fault that an operation declares, and the element in its detail."""

    name: str
    element: Element


@dataclass(eq=False)
class Message:
    """What is sent or received: the element in the body, None for an empty one, and the headers."""

    body: Element | None
    headers: tuple[Header, ...] = ()
    wrapped: bool = False
    """Are the fields of the body's structure the parameters (document/literal wrapped, rpc)?"""
    encoded: bool = False

    @property
    def fields(self) -> list[FieldShape]:
        """The fields of the body, if it is a structure."""
        if self.body is None or not isinstance(self.body.shape, StructShape):
            return []
        return self.body.shape.fields

    @property
    def result(self) -> FieldShape | None:
        """The one field that is the result of a call, None when the body as a whole is."""
        fields = self.fields
        return fields[0] if self.wrapped and len(fields) == 1 else None


@dataclass(eq=False)
class Operation:
    """An operation of a binding. Its messages are made when they are asked for."""

    name: str
    python_name: str
    make: Callable[[], tuple[Message, Message | None, tuple[Fault, ...]]]
    soap_action: str = ""
    style: str = "document"
    input_action: str = ""
    output_action: str = ""
    doc: str = ""

    @cached_property
    def _messages(self) -> tuple[Message, Message | None, tuple[Fault, ...]]:
        return self.make()

    @property
    def input(self) -> Message:
        """The request."""
        return self._messages[0]

    @property
    def output(self) -> Message | None:
        """The reply, None for an operation without one."""
        return self._messages[1]

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults that are declared."""
        return self._messages[2]

    def signature(self) -> str:
        """The operation as one line: parameters with types, and the result."""
        fields = self.input.fields
        if not fields and self.input.body is not None:
            parameters = type_text(self.input.body.shape)
            parameters = "" if isinstance(self.input.body.shape, StructShape) else f"value: {parameters}"
        else:
            parameters = ", ".join(field_text(found) for found in fields)
        if self.output is None:
            return f"{self.name}({parameters})  (one-way)"
        result = self.output.result
        if result is not None:
            text = field_text(result).partition(": ")[2]
        else:
            text = "None" if self.output.body is None else type_text(self.output.body.shape)
        return f"{self.name}({parameters}) -> {text}"


@dataclass(eq=False)
class Binding:
    """How the operations of a port type go over the wire; ``envelope_version`` is None for one that is not SOAP."""

    name: str
    ns: str
    port_type: str
    envelope_version: EnvelopeVersion | None
    transport: str = ""
    operations: Mapping[str, Operation] = field(default_factory=dict)
    addressing: bool = False
    doc: str = ""

    @property
    def callable(self) -> bool:
        """Is it SOAP over HTTP?"""
        return self.envelope_version is not None


@dataclass(eq=False)
class Port:
    """An address where a binding is spoken."""

    name: str
    binding: Binding
    address: str
    doc: str = ""


@dataclass(eq=False)
class Service:
    """A named set of ports."""

    name: str
    ns: str
    ports: Mapping[str, Port]
    doc: str = ""


@dataclass(eq=False)
class Model:
    """What :func:`wsx.metadata.load` makes of a document and all that it imports.

    ``services`` by name; ``warnings`` say what was not taken as it stands, where and what was done instead; more are
    added as types are looked at for the first time, :meth:`check` looks at all. ``print(model)`` shows everything.
    """

    url: str
    services: Mapping[str, Service]
    warnings: list[Any]
    find_element: Callable[[str, str], Element | None]
    all_structs: Callable[[], Iterator[StructShape]]
    find_binding: Callable[[str], Binding | None]
    documents: Any = None
    """The parsed documents; None for a kept import."""
    names: Callable[[], tuple[list[tuple[str, str]], list[str]]] = lambda: ([], [])
    """(namespace, local name) of all global elements, and the names of all bindings."""
    tables: Tables = field(default_factory=Tables)

    def ports(self) -> Iterator[tuple[Service, Port]]:
        """All ports of all services."""
        for service in self.services.values():
            for port in service.ports.values():
                yield service, port

    def port(self, service: str | None = None, port: str | None = None) -> tuple[Service, Port]:
        """The port of these names; without names the first that can be called.

        :raises InvalidArgument: when there is none.
        """
        for found, candidate in self.ports():
            named = port is not None and candidate.name == port
            if (service is None or found.name == service) and (named or (port is None and candidate.binding.callable)):
                return found, candidate
        known = ", ".join(f"{found.name}.{candidate.name}" for found, candidate in self.ports()) or "none"
        wanted = f"{service or '*'}.{port or '*'}"
        raise InvalidArgument(f"{self.url}: there is no SOAP port {wanted}; ports: {known}")

    def binding_port(self, binding: str) -> Port:
        """A port without address for the binding of that name, which need not belong to a port of the document.

        :raises InvalidArgument: when there is no such binding, or it is not SOAP over HTTP.
        """
        found = self.find_binding(binding)
        if found is None or not found.callable:
            raise InvalidArgument(f"{self.url}: there is no SOAP binding {binding!r}")
        return Port(found.name, found, "")

    def element(self, local_name: str, ns: str = "") -> ElementDescription:
        """The description of a global element of the schemas.

        :raises InvalidArgument: when there is none of that name.
        """
        found = self.find_element(ns, local_name)
        if found is None:
            raise InvalidArgument(f"{self.url}: there is no element {spelled(local_name, ns)}")
        return self.describe(found)

    def describe(self, element: Element) -> ElementDescription:
        """The description of an element of a message."""
        type_, description = self.tables.described(element.shape)
        if type_ is Type.STRUCT and isinstance(element.shape, StructShape):
            description = self.tables.struct(element.shape)
        return ElementDescription(element.local_name, element.ns, type_, description)

    def struct(self, shape: StructShape) -> StructDescription:
        """The table of a complex type."""
        return self.tables.struct(shape)

    def check(self) -> list[Any]:
        """Look at every operation and type; returns the warnings.

        :raises WsError: for the first that cannot be used.
        """
        for _, port in self.ports():
            for operation in port.binding.operations.values():
                _ = operation.input, operation.output, operation.faults
        for shape in self.all_structs():
            self.tables.struct(shape)
        return self.warnings

    def __str__(self) -> str:
        lines = [self.url]
        for service in self.services.values():
            lines.append(f"service {spelled(service.name, service.ns)}")
            for port in service.ports.values():
                version = port.binding.envelope_version
                kind = "not SOAP" if version is None else version.name.replace("_", " ", 1).replace("_", ".")
                lines.append(f"  port {port.name} ({kind}) {port.address}")
                lines += [f"    {operation.signature()}" for operation in port.binding.operations.values()]
        lines.append("types")
        for shape in self.all_structs():
            lines += [f"  {line}" for line in struct_text(shape)]
        return "\n".join(lines)


# --- as text ---------------------------------------------------------------------------------------------------------


def type_text(shape: Value) -> str:
    """The name of a type for people."""
    if isinstance(shape, ScalarShape):
        plain = shape.source.removeprefix("wsx.").removeprefix("xsd.").removeprefix("datetime.")
        for found in shape.enums:
            plain = plain.replace(f"«{id(found)}»", found.hint_name)
        return plain.removeprefix("Annotated[").partition(",")[0] if "[" in plain else plain
    if isinstance(shape, (EnumShape, StructShape)):
        return shape.hint_name
    if isinstance(shape, ChoiceShape):
        return " or ".join(f"{arm.local_name or 'any element'} ({type_text(arm.shape)})" for arm in shape.arms)
    return "XML" if shape.type is Type.XML_BUFFER else "other attributes"


def field_text(found: FieldShape) -> str:
    """A field as ``name: type``."""
    text = type_text(found.shape)
    if found.repeating:
        text = f"list[{text}]"
    elif found.least == 0:
        text += " | None"
    return f"{found.name}: {text}"


def struct_text(shape: StructShape) -> list[str]:
    """The lines that show a structure."""
    base = f"({shape.base.hint_name})" if shape.base is not None else ""
    kind = "abstract " if shape.abstract else ""
    head = f"{kind}{shape.hint_name}{base}  {shape.ns}".rstrip()
    rows = []
    for found in shape.own_fields:
        mark = "@" if found.mapping in (FieldMapping.ATTRIBUTE, FieldMapping.XML_ATTRIBUTE) else ""
        rows.append(f"  {mark}{field_text(found)}")
    return [head, *rows]
