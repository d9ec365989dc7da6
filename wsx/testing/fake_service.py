"""A service made of Python functions, over the same contract as the client: typed arguments, results and faults."""

from __future__ import annotations

import gzip
import inspect
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar, overload

from wsx.declare import element_of
from wsx.descriptions import ElementDescription, ReadOption, StructDescription, Type, WriteOption
from wsx.enumerations import AddressingVersion, EnvelopeVersion
from wsx.errors import InvalidArgument, InvalidFormat, WsError
from wsx.leniency import Leniency
from wsx.message import (
    FaultDisclosure,
    HeaderType,
    Message,
    MessageInitialization,
    fault_from_error,
    write_fault_detail,
)
from wsx.service import AsyncClient, Client, Operation, ServiceFault, as_value
from wsx.service.client import ClientBase
from wsx.testing.memory import AsyncMemoryTransport, MemoryTransport
from wsx.transport import HttpHead, HttpRequest
from wsx.values import Fault, FaultCode, FaultReason, XmlQName

__all__ = ["Call", "FakeService"]

Function = TypeVar("Function", bound=Callable[..., Any])

_TYPES: Final = {
    EnvelopeVersion.SOAP_1_1: b"text/xml; charset=utf-8",
    EnvelopeVersion.SOAP_1_2: b"application/soap+xml; charset=utf-8",
}
_ANY_ORDER: Final = Leniency(any_order=True)
_OWN_PARAMETERS: Final = ("request", "soap_headers", "reply_headers")


@dataclass(frozen=True)
class Call:
    """A call that a :class:`FakeService` got: the operation's name, the value of the request, its declared headers."""

    operation: str
    request: Any
    headers: Mapping[str, Any]
    http: HttpRequest


@dataclass
class _Endpoint:
    """An operation, and what answers it."""

    operation: Operation[Any]
    python_name: str
    function: Callable[..., Any] | None = None
    wanted: frozenset[str] | None = frozenset()
    """The parameters of the function by name; None when it takes any."""

    @property
    def fields(self) -> list[str] | None:
        """The fields of the request, None when it is no structure."""
        if self.operation.request is None:
            return []
        table = element_of(self.operation.request).resolve_description()
        if not isinstance(table, StructDescription):
            return None
        return [member.name for member in table.fields if member.name != "xsi:type"]

    def use(self, function: Callable[..., Any]) -> None:
        """Answer by ``function`` from now on.

        :raises InvalidArgument: when it has parameters that the operation cannot fill.
        """
        parameters = inspect.signature(function).parameters.values()
        fields = self.fields
        any_name = any(one.kind is one.VAR_KEYWORD for one in parameters)
        named = [one for one in parameters if one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)]
        known = ["value"] if fields is None else fields
        for one in named:
            if one.name not in (*known, *_OWN_PARAMETERS) and one.default is one.empty:
                listed = ", ".join(known) or "none"
                raise InvalidArgument(f"{self.operation.name} has no parameter {one.name!r}; it has: {listed}")
        self.function = function
        self.wanted = None if any_name else frozenset(one.name for one in named)

    def arguments(self, request: Any, headers: dict[str, Any], reply_headers: dict[str, Any]) -> dict[str, Any]:
        """What the function is called with."""
        fields = self.fields
        given = {"value": request} if fields is None else {name: getattr(request, name) for name in fields}
        if self.wanted is None:
            return given
        more = {"request": request, "soap_headers": headers, "reply_headers": reply_headers}
        return {name: value for name, value in {**more, **given}.items() if name in self.wanted}


class FakeService:
    """A service of the contract that a client has, answered by Python functions.

    ``contract`` is a WSDL (what :func:`wsx.metadata.load` takes, or a model that it made) or a generated client class,
    whose types the functions then get. A function is registered for an operation::

        service = FakeService("orders.wsdl")

        @service.operation
        def Submit(number, lines, **others):
            return {"number": number, "lines": len(lines.line), "total": 5}

    It gets the fields of the request by name as keywords (``value`` where the request is no structure), and, when it
    has such parameters, ``request``, the request as a whole; ``soap_headers``, a dict of the declared headers that
    came; ``reply_headers``, a dict to be filled. It returns what the client's call returns, plain dicts wherever a
    structure belongs, or raises: a ``ServiceFault`` of the operation becomes that fault.

    :meth:`connect` calls the service in memory, :meth:`serve` on the loopback interface. Any number of threads may
    call; ``calls`` has all calls in their order.
    """

    def __init__(
        self,
        contract: Any,
        *,
        service: str | None = None,
        port: str | None = None,
        load: Mapping[str, Any] | None = None,
    ) -> None:
        """A service without functions yet: a call of an operation without one is an error.

        :raises InvalidArgument: when there is no such port, or the class is no generated client.
        :raises WsError: for a document that cannot be used.
        """
        self.calls: list[Call] = []
        self.errors: list[BaseException] = []
        """What functions raised that is no fault of the service, in calls over HTTP."""
        self._lock = threading.Lock()
        self._contract: Any = contract
        self.model: Any = None
        """What the WSDL became; None for a generated class."""
        if isinstance(contract, type):
            operations = _operations_of(contract)
            self._addressing: AddressingVersion = contract.addressing_version  # type: ignore[attr-defined]
        else:
            operations = self._load(contract, service, port, load)
        self._endpoints = {operation.name: _Endpoint(operation, name) for operation, name in operations}

    def _load(
        self, contract: Any, service: str | None, port: str | None, load: Mapping[str, Any] | None
    ) -> list[tuple[Operation[Any], str]]:
        from wsx.metadata import load as load_model  # noqa: PLC0415 - lxml is loaded when it is needed
        from wsx.service.proxy import Types, operation_of  # noqa: PLC0415

        self.model = contract if hasattr(contract, "services") else load_model(contract, **(load or {}))
        self._port = self.model.port(service, port)[1]
        binding = self._port.binding
        self._addressing = AddressingVersion.V1_0 if binding.addressing else AddressingVersion.TRANSPORT
        self.types = Types(self.model)
        return [(operation_of(self.model, found), found.python_name) for found in binding.operations.values()]

    # --- functions ---------------------------------------------------------------------------------------------------

    @property
    def operations(self) -> list[str]:
        """The names of the operations, as in the WSDL."""
        return list(self._endpoints)

    @property
    def faults(self) -> dict[str, type[ServiceFault]]:
        """The classes of the declared faults by name: ``raise service.faults["RefusalFault"]("no", detail={…})``."""
        return {cls.__name__: cls for found in self._endpoints.values() for cls in found.operation.faults}

    @overload
    def operation(self, name: str) -> Callable[[Function], Function]: ...
    @overload
    def operation(self, name: Function) -> Function: ...
    def operation(self, name: str | Callable[..., Any]) -> Any:
        """Register a function, as a decorator: for the operation of its own name, or of the ``name`` that is given.

        Names are those of the WSDL or as Python spells them.

        :raises InvalidArgument: when there is no such operation, or the function has other parameters.
        """
        if not isinstance(name, str):
            self._endpoint(name.__name__).use(name)
            return name

        def register(function: Function) -> Function:
            self._endpoint(name).use(function)
            return function

        return register

    def returns(self, name: str, result: Any = None) -> None:
        """Answer the operation ``name`` with ``result`` each time; an exception is raised.

        :raises InvalidArgument: when there is no such operation.
        """

        def answer(**_: Any) -> Any:
            if isinstance(result, BaseException):
                raise result
            return result

        self._endpoint(name).use(answer)

    def _endpoint(self, name: str) -> _Endpoint:
        for found in self._endpoints.values():
            if name in (found.operation.name, found.python_name):
                return found
        raise InvalidArgument(f"the service has no operation {name!r}; it has: {', '.join(self._endpoints)}")

    # --- clients and servers -----------------------------------------------------------------------------------------

    def transport(self) -> MemoryTransport:
        """A new transport to the service; what a function raises that is no fault reaches the caller as it is."""
        return MemoryTransport(lambda request: self._answer(request, raising=True))

    def async_transport(self) -> AsyncMemoryTransport:
        """As :meth:`transport`, for asyncio."""
        return AsyncMemoryTransport(lambda request: self._answer(request, raising=True))

    def connect(self, **keywords: Any) -> Any:
        """A client of the service, in memory; the keywords are those of :class:`wsx.service.Client`.

        It is of the class that the service was made of, or a proxy.
        """
        return self._client(is_async=False, transport=self.transport, **keywords)

    def connect_async(self, **keywords: Any) -> Any:
        """As :meth:`connect`, for asyncio."""
        return self._client(is_async=True, transport=self.async_transport, **keywords)

    def _client(self, *, is_async: bool, **keywords: Any) -> Any:
        from wsx.service.proxy import AsyncServiceProxy, ServiceProxy  # noqa: PLC0415

        keywords.setdefault("address", "http://service.invalid/")
        if self.model is not None:
            proxy: Any = AsyncServiceProxy if is_async else ServiceProxy
            return proxy(self.model, self._port, **keywords)
        name = self._contract.__name__.removeprefix("Async")
        return getattr(sys.modules[self._contract.__module__], f"Async{name}" if is_async else name)(**keywords)

    @contextmanager
    def serve(self) -> Iterator[str]:
        """The URL of the service on the loopback interface while the block runs.

        What a function raises that is no fault of the service becomes a fault for the client, and is raised here at the
        end of a block that ends without an error of its own, so that a test does not pass over it.
        """
        from wsx.testing.http_service import serve  # noqa: PLC0415 - loads http.server

        with serve(lambda request: self._answer(request, raising=False)) as url:
            yield url
        self.check()

    def check(self) -> None:
        """Raise the first of ``errors``, if there is one, and forget all."""
        errors, self.errors = self.errors, []
        if errors:
            raise errors[0]

    # --- one call ----------------------------------------------------------------------------------------------------

    def _answer(self, http: HttpRequest, *, raising: bool) -> tuple[HttpHead, bytes]:
        version = _version_of(http)
        if version is None:
            return HttpHead(415, "Unsupported Media Type", [(b"Content-Type", b"text/plain")]), b"not SOAP"
        request = Message(version, self._addressing, leniency=_ANY_ORDER)
        try:
            request.read_envelope_start(_body_of(http))
            endpoint, value = self._read(request, http)
            answer = self._call(endpoint, value, request, http)
        except ServiceFault as error:
            return _fault_response(request, version, _fault_of(error))
        except Exception as error:
            if raising and not (isinstance(error, WsError) and error.fault is not None):
                raise
            if not isinstance(error, WsError) or error.fault is None:
                self.errors.append(error)
            known = error if isinstance(error, WsError) else WsError(f"{type(error).__name__}: {error}")
            return _fault_response(request, version, fault_from_error(known, disclosure=FaultDisclosure.FULL))
        if answer is None:
            return HttpHead(202, "Accepted", []), b""
        return HttpHead(200, "OK", [(b"Content-Type", _TYPES[version])]), answer

    def _read(self, request: Message, http: HttpRequest) -> tuple[_Endpoint, Any]:
        """The operation that a message calls, and the value of its body."""
        node = request.body_reader.node
        name = (node.local_name, node.ns)
        action = _action_of(http, request)
        candidates = [found for found in self._endpoints.values() if _begins(found.operation, name)]
        by_action = [found for found in candidates if found.operation.action in (action, "")]
        for endpoint in by_action or candidates:
            element = endpoint.operation.request
            if element is None:
                return endpoint, None
            described = element_of(element)
            pointer = described.type is Type.XML_BUFFER
            return endpoint, request.read_body(
                described, ReadOption.REQUIRED_POINTER if pointer else ReadOption.REQUIRED_VALUE
            )
        raise InvalidFormat(f"no operation has the body {name[0]!r} of namespace {name[1]!r}, action {action!r}")

    def _call(self, endpoint: _Endpoint, value: Any, request: Message, http: HttpRequest) -> bytes | None:
        """The reply to one call, None for an operation without one."""
        operation = endpoint.operation
        headers = _headers_of(request, operation)
        with self._lock:
            self.calls.append(Call(operation.name, value, headers, http))
        if endpoint.function is None:
            raise LookupError(f"no function is registered for the operation {operation.name}")
        reply_headers: dict[str, Any] = {}
        result = endpoint.function(**endpoint.arguments(value, headers, reply_headers))
        if operation.one_way:
            return None
        reply = Message(request.envelope_version, request.addressing_version)
        reply.initialize(MessageInitialization.REPLY, request)
        if reply.addressing_version is not AddressingVersion.TRANSPORT:
            reply.set_header(HeaderType.ACTION, operation.reply_action or f"{operation.action}Response")
        for name, header in reply_headers.items():
            element = operation.reply_headers.get(name)
            if element is None:
                known = ", ".join(operation.reply_headers) or "none"
                raise InvalidArgument(
                    f"the reply of {operation.name} declares no header {name!r}; it declares: {known}"
                )
            reply.add_custom_header(element_of(element), as_value(element, header))
        reply.write_envelope_start()
        _write_result(reply, operation, result)
        return reply.write_envelope_end()


# --- helpers of a call -----------------------------------------------------------------------------------------------


def _operations_of(contract: type) -> list[tuple[Operation[Any], str]]:
    """The operations of a generated client: the constants of its module that its methods call."""
    if not issubclass(contract, ClientBase) or contract in (Client, AsyncClient):
        raise InvalidArgument(f"a WSDL, a model or a generated client class is needed, not {contract!r}")
    constants = {k: v for k, v in vars(sys.modules[contract.__module__]).items() if isinstance(v, Operation)}
    found = []
    for name, method in vars(contract).items():
        used = getattr(getattr(method, "__code__", None), "co_names", ())
        found += [(constants[one], name) for one in used if one in constants]
    if not found:
        raise InvalidArgument(f"{contract.__name__} has no operations; a generated client class is needed")
    return found


def _version_of(http: HttpRequest) -> EnvelopeVersion | None:
    kind = _header(http, b"content-type").partition(";")[0].strip().lower()
    return {"text/xml": EnvelopeVersion.SOAP_1_1, "application/soap+xml": EnvelopeVersion.SOAP_1_2}.get(kind)


def _header(http: HttpRequest, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in http.headers if key.lower() == name), "")


def _body_of(http: HttpRequest) -> bytes:
    body = http.body or b""
    return gzip.decompress(body) if _header(http, b"content-encoding").lower() == "gzip" else body


def _action_of(http: HttpRequest, request: Message) -> str:
    """The action of a request: of its headers, else SOAPAction, else that of the media type (SOAP 1.2)."""
    if request.addressing_version is not AddressingVersion.TRANSPORT:
        action = request.get_header(HeaderType.ACTION, option=ReadOption.OPTIONAL_POINTER)
        if action is not None:
            return str(action)
    for parameter in _header(http, b"content-type").split(";")[1:]:
        name, _, value = parameter.strip().partition("=")
        if name.lower() == "action":
            return value.strip('"')
    return _header(http, b"soapaction").strip().strip('"')


def _begins(operation: Operation[Any], name: tuple[str, str]) -> bool:
    """Does a body that starts with the element ``name`` belong to the operation?"""
    if operation.request is None:
        return not name[0]
    element: ElementDescription = element_of(operation.request)
    if element.local_name is None:
        return True  # several elements in the body
    return (element.local_name, element.ns or "") == name


def _headers_of(request: Message, operation: Operation[Any]) -> dict[str, Any]:
    found = {}
    for name, element in operation.headers.items():
        value = request.get_custom_header(element_of(element), option=ReadOption.OPTIONAL_POINTER)
        if value is not None:
            found[name] = value
    return found


def _write_result(reply: Message, operation: Operation[Any], result: Any) -> None:
    if operation.reply is None:
        return
    element = element_of(operation.reply)
    value = as_value(element, result if operation.result is None else {operation.result: result})
    pointer = element.type is Type.XML_BUFFER
    reply.write_body(element, value, WriteOption.REQUIRED_POINTER if pointer else WriteOption.REQUIRED_VALUE)


def _fault_of(error: ServiceFault) -> Fault:
    fault = error.fault
    if fault is None:
        fault = Fault(FaultCode(XmlQName("Receiver")), (FaultReason(error.message or type(error).__name__, "en"),))
    if fault.detail is not None or error.detail is None:
        return fault
    element = element_of(type(error).element)
    return write_fault_detail(fault, element, as_value(element, error.detail))


def _fault_response(request: Message, version: EnvelopeVersion, fault: Fault) -> tuple[HttpHead, bytes]:
    """SOAP 1.1 §6.2: status 500; SOAP 1.2 part 2 §7.5.2: 400 where the sender is to blame."""
    reply = Message(version, request.addressing_version)
    try:
        reply.initialize(MessageInitialization.FAULT, request)
    except WsError:  # its headers cannot be read
        reply.reset()
        reply.initialize(MessageInitialization.BLANK)
    if reply.addressing_version is not AddressingVersion.TRANSPORT:
        reply.set_header(HeaderType.ACTION, "http://www.w3.org/2005/08/addressing/soap/fault")
    reply.write_envelope_start()
    reply.write_fault(fault)
    sender = version is EnvelopeVersion.SOAP_1_2 and fault.code.value.local_name == "Sender"
    status = (400, "Bad Request") if sender else (500, "Internal Server Error")
    return HttpHead(*status, [(b"Content-Type", _TYPES[version])]), reply.write_envelope_end()
