"""What a client knows about an operation, and the errors that are its declared faults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Final, Generic, TypeAlias, TypeVar

from wsx.declare import element_of
from wsx.descriptions import (
    ElementDescription,
    FieldDescription,
    FieldMapping,
    MessageDescription,
    ReadOption,
    StructDescription,
    Type,
    WriteOption,
)
from wsx.errors import EndpointFaultReceived, WsError
from wsx.message.faults import read_fault_detail

__all__ = ["ElementSource", "Operation", "ServiceFault", "declared_fault"]

Result = TypeVar("Result")
ElementSource: TypeAlias = "ElementDescription | type[Any] | Callable[[], ElementDescription | type[Any]]"


# Every element in the body as XML: what a reply refers to stands beside it (SOAP 1.1 §5.1, independent elements).
_WHOLE_BODY: Final = ElementDescription(
    None,
    None,
    Type.STRUCT,
    StructDescription(
        dict, [FieldDescription("elements", Type.XML_BUFFER, mapping=FieldMapping.REPEATING_ANY_ELEMENT)]
    ),
)


class ServiceFault(EndpointFaultReceived):
    """A fault that an operation declares; there is a class for each. ``detail`` is the value of its detail element."""

    element: ClassVar[Any]
    """The description of the detail element, the class of its values, or a function that returns one of them."""
    detail: Any = None

    def __init__(self, message: str = "", *, detail: Any = None, **keywords: Any) -> None:
        """A fault to raise, as a service does; a client makes those that it receives.

        ``detail`` is the value of the detail element; the keywords are those of :class:`WsError`.
        """
        super().__init__(message, **keywords)
        self.detail = detail


@dataclass(frozen=True, eq=False)
class Operation(Generic[Result]):
    """WS_OPERATION_DESCRIPTION: one operation of a service.

    ``name`` is that of the WSDL. ``request`` and ``reply`` are the elements of the bodies, None for an empty body;
    ``result`` is the field of the reply that is the result of a call, None for the reply as a whole. ``headers`` are
    the elements of the declared headers by name. ``any_order``: the reply has structures whose elements come in any
    order (xs:all). ``encoded``: the reply is rpc/encoded (SOAP 1.1 §5), with types on elements, references and arrays.
    Elements may be given as functions that return them, which are called when the operation is first used.
    """

    name: str
    request: ElementSource | None = None
    reply: ElementSource | None = None
    action: str = ""
    reply_action: str | None = None
    result: str | None = None
    one_way: bool = False
    faults: tuple[type[ServiceFault], ...] = ()
    headers: Mapping[str, ElementSource] = field(default_factory=dict)
    reply_headers: Mapping[str, ElementSource] = field(default_factory=dict)
    any_order: bool = False
    encoded: bool = False

    @cached_property
    def request_message(self) -> MessageDescription:
        """The description of the request."""
        body = None if self.request is None else element_of(self.request)
        return MessageDescription(self.action or None, body)

    @cached_property
    def reply_element(self) -> ElementDescription | None:
        """The element in the body of the reply."""
        return None if self.reply is None else element_of(self.reply)

    @cached_property
    def header_elements(self) -> Mapping[str, ElementDescription]:
        """The declared headers of the request."""
        return {name: element_of(element) for name, element in self.headers.items()}

    @cached_property
    def reply_header_elements(self) -> Mapping[str, ElementDescription]:
        """The declared headers of the reply."""
        return {name: element_of(element) for name, element in self.reply_headers.items()}

    @cached_property
    def reply_message(self) -> MessageDescription:
        """The description of the reply as it comes from the channel: its body as XML where it is read later."""
        element = self.reply_element
        if self.encoded and element is not None:
            element = _WHOLE_BODY
        elif self.read_later and element is not None:
            element = ElementDescription(element.local_name, element.ns, Type.XML_BUFFER)
        return MessageDescription(self.reply_action or None, element)

    @cached_property
    def write_option(self) -> WriteOption:
        """How the value of the request is given: fragments are pointers in the model."""
        body = self.request_message.body
        pointer = body is not None and body.type is Type.XML_BUFFER
        return WriteOption.REQUIRED_POINTER if pointer else WriteOption.REQUIRED_VALUE

    @cached_property
    def read_option(self) -> ReadOption:
        """How the value of the reply comes from the channel."""
        body = self.reply_message.body
        pointer = body is not None and body.type is Type.XML_BUFFER
        return ReadOption.REQUIRED_POINTER if pointer else ReadOption.REQUIRED_VALUE

    @property
    def read_later(self) -> bool:
        """Is the body kept as XML first, because its table alone does not read it?"""
        element = self.reply_element
        return (self.any_order or self.encoded) and element is not None and element.local_name is not None


def declared_fault(operation: Operation[Any], error: WsError) -> WsError:
    """The error of the declared fault whose detail ``error`` has; ``error`` itself when it has none."""
    fault = error.fault
    if fault is None or fault.detail is None:
        return error
    for cls in operation.faults:
        try:
            detail = read_fault_detail(fault, element_of(cls.element), option=ReadOption.NILLABLE_POINTER)
        except WsError:
            continue  # another element, or not what the contract says: then the fault stays as it came
        made = cls(fault.reason(), fault=fault, original=error.original, url=error.url)
        made.detail = detail
        made.fault_action, made.fault_header = error.fault_action, error.fault_header
        return made
    return error
