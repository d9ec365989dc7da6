"""Operations as Python source: client classes, the descriptions of their operations, and exception classes."""

from __future__ import annotations

from dataclasses import dataclass, field

from wsx.enumerations import EnvelopeVersion
from wsx.metadata.model import Element, Message, Model, Operation, Port, Service
from wsx.metadata.names import class_name, constant_name, literal, unique
from wsx.metadata.python_types import Namer, default_source, docstring, plain
from wsx.metadata.reach import has_any_order
from wsx.metadata.shapes import FieldShape, StructShape, Value
from wsx.metadata.tables import REQUIRED, python_default
from wsx.values import UNSET

__all__ = ["Clients", "element_source", "shapes_of"]

_WIDTH = 100


def shapes_of(model: Model) -> list[Value]:
    """The types of all messages of all SOAP ports, in their order."""
    found: list[Value] = []
    for _, port in model.ports():
        for operation in port.binding.operations.values():
            for message in (operation.input, operation.output):
                if message is None:
                    continue
                found += [message.body.shape] if message.body is not None else []
                found += [header.element.shape for header in message.headers]
            found += [fault.element.shape for fault in operation.faults]
    return found


def element_source(namer: Namer, element: Element) -> str:
    """The description of an element as an expression: the class that is made for it, or a description.

    What names a type is a function, so that the type is made when it is needed.
    """
    shape = element.shape
    if isinstance(shape, StructShape) and shape.element == (element.ns, element.local_name):
        return f"lambda: {namer.names[shape]}"
    text = namer.annotation(shape)
    if element.local_name is None:
        made = f"wsx.ElementDescription(None, None, wsx.Type.STRUCT, wsx.struct_of({text}))"
    else:
        made = f"xsd.element({literal(element.local_name)}, {namer.ns(element.ns or '')}, {text})"
    return f"lambda: {made}" if "types." in made else made


@dataclass
class Clients:
    """Makes the source of clients; the parts of the package fill up on the way."""

    model: Model
    namer: Namer
    faults: dict[str, list[str]] = field(default_factory=dict)
    operations: dict[str, str] = field(default_factory=dict)
    """The source of each operation's description, and the name of its constant."""
    classes: dict[str, list[str]] = field(default_factory=dict)
    _fault_elements: dict[tuple[str | None, str | None], str] = field(default_factory=dict)

    def add_all(self) -> None:
        """The classes of all SOAP ports."""
        ports = [(service, port) for service, port in self.model.ports() if port.binding.callable]
        for service, port in ports:
            self._add(service, port, len(ports) == 1)

    def _add(self, service: Service, port: Port, only: bool) -> None:
        base = class_name(service.name if only else port.name).removesuffix("Client")
        taken = {*self.classes, *(f"Async{name}" for name in self.classes)}
        name = unique(f"{base}Client", taken)
        methods: list[list[str]] = [[], []]
        for operation in port.binding.operations.values():
            constant = self._operation(operation)
            for lines, is_async in zip(methods, (False, True), strict=True):
                lines += ["", *self._method(operation, constant, is_async)]
        version = port.binding.envelope_version or EnvelopeVersion.SOAP_1_1
        settings = [
            f"    default_address = {literal(port.address)}",
            f"    envelope_version = wsx.EnvelopeVersion.{version.name}",
        ]
        if port.binding.addressing:
            settings.append("    addressing_version = wsx.AddressingVersion.V1_0")
        doc = port.doc or service.doc or port.binding.doc
        head = f"Port {port.name} of service {service.name}."
        for lines, prefix in zip(methods, ("", "Async"), strict=True):
            text = f"{head}\n\n{doc}" if doc else head
            self.classes[f"{prefix}{name}"] = [
                f"class {prefix}{name}({prefix}Client):",
                *docstring(text, "    "),
                "",
                *settings,
                *lines,
            ]

    # --- descriptions ------------------------------------------------------------------------------------------------

    def _operation(self, operation: Operation) -> str:
        request, reply = operation.input, operation.output
        arguments = [literal(operation.name)]
        if request.body is not None:
            arguments.append(f"request={element_source(self.namer, request.body)}")
        if reply is not None and reply.body is not None:
            arguments.append(f"reply={element_source(self.namer, reply.body)}")
        action = operation.soap_action or operation.input_action
        arguments += [f"action={literal(action)}"] if action else []
        if reply is None:
            arguments.append("one_way=True")
        elif reply.result is not None:
            arguments.append(f"result={literal(reply.result.name)}")
        if operation.faults:
            names = ", ".join(self._fault(fault.name, fault.element) for fault in operation.faults)
            arguments.append(f"faults=({names}{',' if len(operation.faults) == 1 else ''})")
        for key, message in (("headers", request), ("reply_headers", reply)):
            if message is not None and message.headers:
                arguments.append(f"{key}={{{self._headers(message)}}}")
        if reply is not None and reply.body is not None and has_any_order(reply.body.shape):
            arguments.append("any_order=True")
        if reply is not None and reply.encoded:
            arguments.append("encoded=True")
        head = f"Operation[{self._result(operation)}] = Operation("
        source = "\n".join([head, *(f"    {argument}," for argument in arguments), ")"])
        if source not in self.operations:
            self.operations[source] = unique(constant_name(operation.name), self.operations.values())
        return self.operations[source]

    def _headers(self, message: Message) -> str:
        return ", ".join(
            f"{literal(header.name)}: {element_source(self.namer, header.element)}" for header in message.headers
        )

    def _fault(self, name: str, element: Element) -> str:
        key = (element.ns, element.local_name)
        if key not in self._fault_elements:
            wanted = class_name(element.local_name or name)
            wanted = wanted if wanted.endswith(("Fault", "Error", "Exception")) else f"{wanted}Fault"
            types = {name.removeprefix("types.") for name in self.namer.names.values()}
            if wanted in types:
                wanted = f"{wanted}Error" if not wanted.endswith("Error") else f"{wanted}Fault"
            made = unique(wanted, {*self.faults, *types})
            self._fault_elements[key] = made
            self.faults[made] = [
                f"class {made}(ServiceFault):",
                *docstring(f"The fault with the detail {element.local_name}.", "    "),
                "",
                f"    element: ClassVar[Any] = {element_source(self.namer, element)}",
                f"    detail: {plain(self.namer, element.shape)}",
            ]
        return self._fault_elements[key]

    def _result(self, operation: Operation) -> str:
        """The type of the result."""
        reply = operation.output
        if reply is None or reply.body is None:
            return "None"
        return plain(self.namer, reply.body.shape) if reply.result is None else self._type(reply.result)

    # --- methods -----------------------------------------------------------------------------------------------------

    def _method(self, operation: Operation, constant: str, is_async: bool) -> list[str]:
        parameters, value = self._parameters(operation.input)
        result = self._result(operation)
        keyword = "async def" if is_async else "def"
        head = f"    {keyword} {operation.python_name}("
        named = ["self", *(["*"] if parameters else []), *parameters]
        named += [*([] if parameters else ["*"]), "soap_headers: Headers = ()"]
        named += ["reply_headers: dict[str, Any] | None = None"]
        one_line = f"{head}{', '.join(named)}) -> {result}:"
        lines = [one_line]
        if len(one_line) > _WIDTH:
            lines = [head, *(f"        {one}," for one in named), f"    ) -> {result}:"]
        lines += docstring(operation.doc or f"Operation {operation.name}.", "        ")
        given = [constant, *value, "soap_headers=soap_headers", "reply_headers=reply_headers"]
        call = f"return {'await ' if is_async else ''}self.call("
        return [*lines, *(f"        {line}" for line in _called(call, given))]

    def _parameters(self, message: Message) -> tuple[list[str], list[str]]:
        """The parameters of a method, and the value of the body if there is one, as source."""
        body = message.body
        if body is None:
            return [], ["None"]
        if not isinstance(body.shape, StructShape):
            return [f"value: {plain(self.namer, body.shape)}"], ["value"]
        arguments = []
        for found in body.shape.fields:
            wanted = f"list({found.name})" if found.repeating else found.name
            arguments.append(f"{found.name}={wanted}")
        made = "\n".join(_called(f"{self.namer.names[body.shape]}(", arguments))
        return [self._parameter(found) for found in body.shape.fields], [made]

    def _parameter(self, found: FieldShape) -> str:
        if found.repeating:
            item = plain(self.namer, found.shape)
            item = f"{item} | None" if found.nillable else item
            return f"{found.name}: Iterable[{item}] = ()"
        text = self._type(found)
        default = python_default(found)
        if default is REQUIRED:
            return f"{found.name}: {text}"
        if isinstance(default, type):
            return f"{found.name}: {text}"
        return f"{found.name}: {text} = {default_source(self.namer, found)}"

    def _type(self, found: FieldShape) -> str:
        text = plain(self.namer, found.shape)
        if found.repeating:
            return f"list[{text} | None]" if found.nillable else f"list[{text}]"
        if found.nillable or (found.optional and found.default is UNSET):
            text += " | None"
        if found.nillable and found.optional:
            text += " | Unset"
        return text


def _called(head: str, arguments: list[str]) -> list[str]:
    """A call, on one line or on several."""
    line = f"{head}{', '.join(arguments)})"
    if len(line) <= _WIDTH - 12 and "\n" not in line:
        return [line]
    indented = ["\n".join(f"    {part}" for part in argument.splitlines()) for argument in arguments]
    return [head, *(part for one in indented for part in f"{one},".splitlines()), ")"]
