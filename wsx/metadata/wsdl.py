"""WSDL 1.1: services, ports, bindings and messages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from wsx.descriptions import FieldMapping
from wsx.enumerations import EnvelopeVersion
from wsx.errors import InvalidFormat
from wsx.metadata.complex_types import ComplexTypes
from wsx.metadata.components import Components
from wsx.metadata.documents import Documents, Node, problem, qname_of
from wsx.metadata.model import Binding, Element, Fault, Header, Message, Model, Operation, Port, Service
from wsx.metadata.names import HTTP_TRANSPORT, SOAP_BINDINGS, WSDL, attribute_name, class_name, spelled, unique
from wsx.metadata.shapes import FieldShape, StructShape

__all__ = ["read_model"]

_VERSIONS: Final = {"1.1": EnvelopeVersion.SOAP_1_1, "1.2": EnvelopeVersion.SOAP_1_2}
_ADDRESSING: Final = ("http://www.w3.org/2007/05/addressing/metadata", "http://www.w3.org/2006/05/addressing/wsdl")
_Named = dict[tuple[str, str], tuple[Node, str]]


def read_model(documents: Documents, url: str, facets: bool = True) -> Model:
    """The model of the documents that were read; ``facets``: are facets and fixed values checked?"""
    return _Reader(documents, url, facets).model()


def _w(name: str) -> str:
    return f"{{{WSDL}}}{name}"


def _doc(node: Node) -> str:
    found = node.find(_w("documentation"))
    return "" if found is None else " ".join("".join(found.itertext()).split())


@dataclass(frozen=True)
class _Bound:
    """An operation of a binding and the one of the port type, each with its document."""

    node: Node
    abstract: Node
    url: str
    abstract_url: str
    soap_ns: str


class _Reader:
    def __init__(self, documents: Documents, url: str, facets: bool) -> None:
        self.documents = documents
        self.url = url
        self.components = Components(documents)
        self.types = ComplexTypes(self.components, facets)
        self.messages = self._named("message")
        self.port_types = self._named("portType")
        self.bindings = self._named("binding")
        self._bindings: dict[tuple[str, str], Binding] = {}

    def model(self) -> Model:
        services: dict[str, Service] = {}
        for root, url in self.documents.definitions:
            for node in root.iterchildren(_w("service")):
                service = self._service(node, url, root.get("targetNamespace", ""))
                services.setdefault(service.name, service)
        return Model(
            self.url,
            services,
            self.documents.warnings,
            self._global_element,
            self._all_structs,
            self._find_binding,
            self.documents,
            self._all_names,
        )

    # --- finding -----------------------------------------------------------------------------------------------------

    def _named(self, kind: str) -> _Named:
        found: _Named = {}
        for root, url in self.documents.definitions:
            for node in root.iterchildren(_w(kind)):
                found.setdefault((root.get("targetNamespace", ""), node.get("name", "")), (node, url))
        return found

    def _get(self, named: _Named, kind: str, node: Node, url: str, attribute: str) -> tuple[tuple[str, str], Node, str]:
        text = node.get(attribute)
        if not text:
            raise problem(url, node, f"{attribute} is missing")
        name = qname_of(url, node, text)
        if name not in named:
            raise problem(url, node, f"there is no {kind} {spelled(name[1], name[0])}")
        return (name, *named[name])

    def _global_element(self, ns: str, local_name: str) -> Element | None:
        component = self.components.found.get(("element", ns, local_name))
        if component is None:
            return None
        shape = self.types.type_of_element(component.node, component.schema)
        return Element(local_name, ns, shape, component.node.get("nillable") in ("true", "1"))

    def _all_names(self) -> tuple[list[tuple[str, str]], list[str]]:
        elements = [(component.ns, component.name) for component in self.components.of_kind("element")]
        return elements, [name for _, name in self.bindings]

    def _all_structs(self) -> Iterator[StructShape]:
        """The named complex types, and the types inside global elements, in the order of the documents."""
        for component in self.components.of_kind("type"):
            if component.node.tag.endswith("}complexType"):
                yield self.types.struct_of(component)
        for component in self.components.of_kind("element"):
            shape = self.types.type_of_element(component.node, component.schema)
            if isinstance(shape, StructShape) and shape.name is None:
                yield shape

    # --- services and bindings ---------------------------------------------------------------------------------------

    def _service(self, node: Node, url: str, ns: str) -> Service:
        ports: dict[str, Port] = {}
        named: set[tuple[str, str]] = set()
        broken: InvalidFormat | None = None
        for port in node.iterchildren(_w("port")):
            try:
                name, _, _ = self._get(self.bindings, "binding", port, url, "binding")
                named.add(name)
                binding = self._binding_named(name)
            except InvalidFormat as error:
                # The other ports can be used all the same.
                broken = broken or error
                self.components.warn(url, port, f"the port is left out: {error.message}")
                continue
            address = next((found.get("location") for found in port if found.get("location")), "")
            ports[port.get("name", "")] = Port(port.get("name", ""), binding, address, _doc(port))
        # A binding that no port has can still be used, by its name.
        if broken is not None and not ports and set(self.bindings) <= named:
            raise broken
        return Service(node.get("name", ""), ns, ports, _doc(node))

    def _binding_named(self, name: tuple[str, str]) -> Binding:
        if name not in self._bindings:
            self._bindings[name] = self._binding(*self.bindings[name], *name)
        return self._bindings[name]

    def _find_binding(self, name: str) -> Binding | None:
        found = next((key for key in self.bindings if key[1] == name), None)
        return None if found is None else self._binding_named(found)

    def _binding(self, node: Node, url: str, ns: str, name: str) -> Binding:
        port_type_name, port_type, port_type_url = self._get(self.port_types, "portType", node, url, "type")
        binding = Binding(name, ns, port_type_name[1], None, doc=_doc(node) or _doc(port_type))
        style, soap_ns = "document", ""
        for found in node:
            space, _, local = found.tag.rpartition("}")
            if space[1:] in SOAP_BINDINGS and local == "binding":
                soap_ns = space[1:]
                style = found.get("style", "document")
                binding.transport = found.get("transport", "")
                # Other URIs than the one of HTTP are in use for HTTP as well; only what is known to be another is not.
                if binding.transport in ("", HTTP_TRANSPORT) or "http" in binding.transport.lower():
                    binding.envelope_version = _VERSIONS[SOAP_BINDINGS[soap_ns]]
            elif local == "UsingAddressing" and space[1:] in _ADDRESSING:
                binding.addressing = True
        if not soap_ns:
            return binding
        operations: dict[str, Operation] = {}
        python_names: set[str] = set()
        declared: dict[str, list[Node]] = {}
        for one in port_type.iterchildren(_w("operation")):
            declared.setdefault(one.get("name", ""), []).append(one)
        for one in node.iterchildren(_w("operation")):
            candidates = declared.get(one.get("name", ""), [])
            if not candidates:
                raise problem(url, one, f"the port type {port_type_name[1]} has no such operation")
            abstract = candidates.pop(0) if len(candidates) > 1 else candidates[0]
            made = self._operation(_Bound(one, abstract, url, port_type_url, soap_ns), style)
            made.python_name = unique(made.python_name, python_names)
            python_names.add(made.python_name)
            operations[unique(made.name, operations)] = made
        binding.operations = operations
        return binding

    def _operation(self, bound: _Bound, style: str) -> Operation:
        node, abstract = bound.node, bound.abstract
        soap = node.find(f"{{{bound.soap_ns}}}operation")
        attributes = {} if soap is None else soap.attrib
        actions = []
        for direction in ("input", "output"):
            found = abstract.find(_w(direction))
            values = [] if found is None else [found.get(f"{{{space}}}Action") for space in _ADDRESSING]
            actions.append(next((value for value in values if value), ""))
        made = Operation(
            node.get("name", ""),
            attribute_name(node.get("name", "")),
            lambda: self._messages(bound, made.style),
            attributes.get("soapAction", ""),
            attributes.get("style", style),
            actions[0],
            actions[1],
            _doc(abstract) or _doc(node),
        )
        return made

    # --- messages ----------------------------------------------------------------------------------------------------

    def _messages(self, bound: _Bound, style: str) -> tuple[Message, Message | None, tuple[Fault, ...]]:
        node, abstract = bound.node, bound.abstract
        name = node.get("name", "")
        made: list[Message | None] = []
        for direction, suffix in (("input", ""), ("output", "Response")):
            declared = abstract.find(_w(direction))
            if declared is None:
                made.append(None)
                continue
            made.append(self._message(bound, declared, direction, style, name + suffix))
        request, reply = made
        if request is None:
            request = Message(None)
        request.wrapped |= style == "rpc"
        if request.encoded:
            self.components.warn(bound.url, node, "requests are written as rpc/literal, without SOAP's encoding")
        if reply is not None:
            single = reply.body is not None and isinstance(reply.body.shape, StructShape)
            reply.wrapped = single and (request.wrapped or request.body is None)
        return request, reply, self._faults(abstract, bound.abstract_url)

    def _message(self, operation: _Bound, declared: Node, direction: str, style: str, name: str) -> Message:
        soap_ns = operation.soap_ns
        bound = operation.node.find(_w(direction))
        message_name, message, message_url = self._get(
            self.messages, "message", declared, operation.abstract_url, "message"
        )
        body = None if bound is None else next(bound.iter(f"{{{soap_ns}}}body"), None)
        headers, taken = self._headers(bound, operation.url, soap_ns, message_name)
        parts = list(message.iterchildren(_w("part")))
        wanted = None if body is None else body.get("parts")
        if wanted is not None and not {part.get("name") for part in parts}.issuperset(wanted.split()):
            self.components.warn(operation.url, body, f"parts={wanted!r} names parts that are not there; it is ignored")
            wanted = None
        if wanted is not None:
            parts = [part for part in parts if part.get("name") in wanted.split()]
        else:
            parts = [part for part in parts if part.get("name") not in taken]
        encoded = body is not None and body.get("use") == "encoded"
        if style == "rpc":
            body_ns = "" if body is None else body.get("namespace", "")
            # Without a namespace attribute the wrapper has none (WSDL 1.1 §3.5).
            element = self._rpc(parts, message_url, (name, body_ns), encoded)
            return Message(element, headers, True, encoded)
        if not parts:
            return Message(None, headers)
        if len(parts) > 1:
            fields = [self._part_field(part, message_url, encoded) for part in parts]
            struct = StructShape(class_name(name), "", None, lambda: fields)
            return Message(Element(None, None, struct), headers, True, encoded)
        element = self._part_element(parts[0], message_url)
        wrapped = parts[0].get("name") == "parameters" or element.local_name == name
        return Message(element, headers, wrapped and isinstance(element.shape, StructShape), encoded)

    def _headers(
        self, bound: Node | None, url: str, soap_ns: str, own: tuple[str, str]
    ) -> tuple[tuple[Header, ...], set[str]]:
        """The headers, and the parts of the message itself that they take."""
        headers: list[Header] = []
        taken: set[str] = set()
        for node in () if bound is None else bound.iter(f"{{{soap_ns}}}header"):
            name, message, message_url = self._get(self.messages, "message", node, url, "message")
            wanted = node.get("part")
            part = next((one for one in message.iterchildren(_w("part")) if one.get("name") == wanted), None)
            if part is None:
                raise problem(url, node, f"message {spelled(name[1], name[0])} has no part {wanted!r}")
            if name == own:
                taken.add(wanted or "")
            for fault in node.iterchildren(f"{{{soap_ns}}}headerfault"):
                message = "a fault that is declared for a header is raised as any other, its header is not read"
                self.components.warn(url, fault, message)
            element = self._part_element(part, message_url)
            python_name = unique(attribute_name(wanted or "header"), {header.name for header in headers})
            headers.append(Header(python_name, wanted or "", element))
        return tuple(headers), taken

    def _part_element(self, part: Node, url: str) -> Element:
        """The element that a part is; one with a type instead is an element of the part's name (as peers do it)."""
        if part.get("element"):
            component = self.components.get("element", url, part, part.get("element"))
            found = self._global_element(component.ns, component.name)
            if found is None:
                raise problem(url, part, "there is no such element")
            return found
        if part.get("type"):
            return Element(part.get("name"), "", self.types.named(url, part, part.get("type")))
        raise problem(url, part, "a part needs an element or a type")

    def _part_field(self, part: Node, url: str, encoded: bool) -> FieldShape:
        element = self._part_element(part, url)
        name = part.get("name", "")
        local_name = element.local_name if part.get("element") else name
        made = FieldShape(attribute_name(name), element.shape, FieldMapping.ELEMENT, local_name, element.ns or "")
        made.nillable = encoded or element.nillable
        made.least = 0 if encoded else 1
        return made

    def _rpc(self, parts: list[Node], url: str, called: tuple[str, str], encoded: bool) -> Element:
        """The wrapper of an rpc message: named after the operation, its parts are elements without namespace."""
        name, ns = called
        fields = [self._part_field(part, url, encoded) for part in parts]
        taken: set[str] = set()
        for found in fields:
            found.name = unique(found.name, taken)
            taken.add(found.name)
        struct = StructShape(class_name(name), ns, None, lambda: fields, element=(ns, name))
        return Element(name, ns, struct)

    def _faults(self, abstract: Node, url: str) -> tuple[Fault, ...]:
        faults = []
        for node in abstract.iterchildren(_w("fault")):
            _, message, message_url = self._get(self.messages, "message", node, url, "message")
            for part in message.iterchildren(_w("part")):
                faults.append(Fault(node.get("name", ""), self._part_element(part, message_url)))
        return tuple(faults)
