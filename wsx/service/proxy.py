"""A client of a service made from its WSDL at run time."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from wsx.descriptions import ElementDescription, StructDescription
from wsx.enumerations import AddressingVersion, EnvelopeVersion
from wsx.errors import InvalidArgument
from wsx.service.client import AsyncClient, Client, ClientBase, Headers
from wsx.service.contract import Operation, ServiceFault
from wsx.service.values import as_value, struct_from

if TYPE_CHECKING:
    from wsx.metadata.model import Message, Model, Port
    from wsx.metadata.model import Operation as OperationModel

__all__ = ["AsyncServiceProxy", "ServiceProxy", "Types", "connect", "connect_async", "operation_of"]

AnyClient = TypeVar("AnyClient", bound=ClientBase[Any])


def operation_of(model: Model, operation: OperationModel) -> Operation[Any]:
    """What a client needs of an operation: its tables, made now."""
    from wsx.metadata.reach import has_any_order  # noqa: PLC0415 - lxml is loaded with the model

    request, reply = operation.input, operation.output
    body = None if request.body is None else model.describe(request.body)
    reply_body = None if reply is None or reply.body is None else model.describe(reply.body)
    result = None if reply is None or reply.result is None else reply.result.name
    return Operation(
        operation.name,
        body,
        reply_body,
        operation.soap_action or operation.input_action,
        None,
        result,
        reply is None,
        tuple(
            type(_fault_name(fault.name), (ServiceFault,), {"element": model.describe(fault.element)})
            for fault in operation.faults
        ),
        _headers(model, request),
        {} if reply is None else _headers(model, reply),
        reply_body is not None and reply is not None and reply.body is not None and has_any_order(reply.body.shape),
        reply is not None and reply.encoded,
    )


def _fault_name(name: str) -> str:
    from wsx.metadata.names import class_name  # noqa: PLC0415

    found = class_name(name)
    return found if found.endswith(("Fault", "Error", "Exception")) else f"{found}Fault"


def _headers(model: Model, message: Message) -> dict[str, ElementDescription]:
    found = {}
    for header in message.headers:
        element = model.describe(header.element)
        found[header.name] = element
        found.setdefault(header.part, element)
    return found


class _Call(Generic[AnyClient]):
    """One operation, to be called."""

    def __init__(self, client: AnyClient, model: Model, operation: OperationModel) -> None:
        self._client = client
        self._operation = operation_of(model, operation)
        self._table: StructDescription | None = None
        fields = operation.input.fields
        if fields:
            described: Any = None if self._operation.request is None else self._operation.request
            self._table = described.resolve_description()
        self.faults: dict[str, type[ServiceFault]] = {fault.__name__: fault for fault in self._operation.faults}
        self.__name__ = operation.python_name
        self.__qualname__ = operation.name
        self.__doc__ = f"{operation.doc}\n\n{operation.signature()}".strip()
        self.__signature__ = _signature(self._operation, self._table)

    def value(self, args: tuple[Any, ...], given: Mapping[str, Any]) -> Any:
        """The value of the request's body that the arguments of a call mean.

        :raises InvalidArgument: for arguments that the operation does not have, and for those that are missing.
        """
        name, element = self._operation.name, self._operation.request
        if element is None:
            if args or given:
                raise InvalidArgument(f"{name} takes no arguments")
            return None
        described: Any = element
        table = described.resolve_description()
        if not isinstance(table, StructDescription):
            values = [*args, *given.values()]
            if len(values) != 1:
                raise InvalidArgument(f"{name} takes one argument, not {len(values)}")
            return as_value(described, values[0])
        if len(args) == 1 and not given and isinstance(args[0], (Mapping, table.python_type)):
            return as_value(described, args[0])
        names = [member.name for member in table.fields if member.name != "xsi:type"]
        if len(args) > len(names):
            raise InvalidArgument(f"{name} takes {len(names)} arguments, not {len(args)}")
        merged = dict(zip(names, args, strict=False))
        for key, value in given.items():
            if key in merged:
                raise InvalidArgument(f"{name}: {key} is given twice")
            merged[key] = value
        return struct_from(table, merged, name)

    def __repr__(self) -> str:
        return f"<operation {self.__doc__.splitlines()[-1] if self.__doc__ else self.__qualname__}>"


def _signature(operation: Operation[Any], table: StructDescription | None) -> inspect.Signature:
    parameters = []
    if table is not None:
        known = inspect.signature(table.python_type).parameters
        for member in table.fields:
            if member.name in known:
                parameters.append(known[member.name].replace(kind=inspect.Parameter.POSITIONAL_OR_KEYWORD))
        # A parameter with a default cannot stand before one without where both may be positional.
        if any(p.default is p.empty for p in parameters) and any(p.default is not p.empty for p in parameters):
            parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters]
    elif operation.request is not None:
        described: Any = operation.request
        if not isinstance(described.resolve_description(), StructDescription):
            parameters.append(inspect.Parameter("value", inspect.Parameter.POSITIONAL_OR_KEYWORD))
    for name, default in (("soap_headers", ()), ("reply_headers", None)):
        parameters.append(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default))
    return inspect.Signature(parameters)


class _SyncCall(_Call[Client]):
    def __call__(
        self, *args: Any, soap_headers: Headers = (), reply_headers: dict[str, Any] | None = None, **given: Any
    ) -> Any:
        value = self.value(args, given)
        return self._client.call(self._operation, value, soap_headers=soap_headers, reply_headers=reply_headers)

    def preview(self, *args: Any, soap_headers: Headers = (), **given: Any) -> Any:
        """The request that a call with the same arguments would send; nothing is sent."""
        return self._client.preview(self._operation, self.value(args, given), soap_headers=soap_headers)


class _AsyncCall(_Call[AsyncClient]):
    async def __call__(
        self, *args: Any, soap_headers: Headers = (), reply_headers: dict[str, Any] | None = None, **given: Any
    ) -> Any:
        value = self.value(args, given)
        return await self._client.call(self._operation, value, soap_headers=soap_headers, reply_headers=reply_headers)

    async def preview(self, *args: Any, soap_headers: Headers = (), **given: Any) -> Any:
        """The request that a call with the same arguments would send; nothing is sent."""
        return await self._client.preview(self._operation, self.value(args, given), soap_headers=soap_headers)


class Types:
    """The classes of a model's types, by the name of the type or of Python: ``client.types.Order(quantity=1)``."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def __getattr__(self, name: str) -> type[Any]:
        if not name.startswith("_"):
            for shape in self._model.all_structs():
                if name in (shape.name, shape.hint_name):
                    found: type[Any] = self._model.struct(shape).python_type
                    setattr(self, name, found)
                    return found
        raise AttributeError(f"{self._model.url} has no type {name}")

    def __dir__(self) -> list[str]:
        return sorted({shape.hint_name for shape in self._model.all_structs()})


class _ProxyMixin:
    """Operations as attributes."""

    _call_class: type[_Call[Any]]
    envelope_version: EnvelopeVersion
    addressing_version: AddressingVersion
    model: Model
    port: Port

    def _setup(self, model: Model, port: Port) -> None:
        version = port.binding.envelope_version
        if version is None:
            raise InvalidArgument(f"port {port.name} of {model.url} is not SOAP over HTTP")
        self.envelope_version = version
        self.addressing_version = AddressingVersion.V1_0 if port.binding.addressing else AddressingVersion.TRANSPORT
        self.model = model
        self.port = port
        self.types = Types(model)

    def __getattr__(self, name: str) -> Any:
        operations = {} if name.startswith("_") else self.port.binding.operations
        for operation in operations.values():
            if name in (operation.name, operation.python_name):
                with self.model.tables.lock:
                    made = self.__dict__.get(name)
                    if made is None:
                        made = self.__dict__[name] = self._call_class(self, model=self.model, operation=operation)
                return made
        raise AttributeError(f"the service has no operation {name}; it has {', '.join(self.operations)}")

    def __getitem__(self, name: str) -> Any:
        """The operation of that name, also where the client has a method that is called like it."""
        return self.__getattr__(name)

    @property
    def operations(self) -> list[str]:
        """The names of the operations, as in the WSDL."""
        return list(self.port.binding.operations)

    def __dir__(self) -> Iterator[str]:
        yield from object.__dir__(self)
        yield from (operation.python_name for operation in self.port.binding.operations.values())

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.port.name} with {len(self.operations)} operations>"


class ServiceProxy(_ProxyMixin, Client):
    """A client whose methods are the operations of a port: ``client.Order(quantity=1, productName="Pencil")``.

    Operations go by their names in the WSDL or as Python spells them (``client.place_order``), and so do parameters.
    An operation takes the fields of its request as keywords, in their order, or the request itself as object or dict;
    its ``preview`` makes the request and does not send it. ``types`` has the classes of the types.
    """

    _call_class = _SyncCall

    def __init__(self, model: Model, port: Port, address: str | None = None, **keywords: Any) -> None:
        self._setup(model, port)
        super().__init__(address or port.address, **keywords)


class AsyncServiceProxy(_ProxyMixin, AsyncClient):
    """As :class:`ServiceProxy`, with ``await``."""

    _call_class = _AsyncCall

    def __init__(self, model: Model, port: Port, address: str | None = None, **keywords: Any) -> None:
        self._setup(model, port)
        super().__init__(address or port.address, **keywords)


def _model_of(source: Any, load_keywords: Mapping[str, Any] | None) -> Model:
    from wsx.metadata import load  # noqa: PLC0415 - lxml is loaded when it is needed

    model: Model = source if hasattr(source, "services") else load(source, **(load_keywords or {}))
    return model


def _port_of(model: Model, service: str | None, port: str | None, binding: str | None) -> Port:
    return model.port(service, port)[1] if binding is None else model.binding_port(binding)


def connect(
    source: Any,
    address: str | None = None,
    *,
    service: str | None = None,
    port: str | None = None,
    binding: str | None = None,
    load: Mapping[str, Any] | None = None,
    **keywords: Any,
) -> ServiceProxy:
    """A client of the service that a WSDL describes.

    ``source`` is what :func:`wsx.metadata.load` takes, with ``load`` as its keywords, or a model it made. ``address``
    replaces the one of the WSDL; ``service`` and ``port`` choose among several, the default is the first that is SOAP;
    ``binding`` names a binding that no port has, whose ``address`` must then be given.
    The other keywords are those of :class:`Client`: ``timeout``, ``properties``, ``security``, ``soap_headers`` …

    :raises WsError: for a document that cannot be used.
    :raises InvalidArgument: when there is no such port.
    """
    model = _model_of(source, load)
    return ServiceProxy(model, _port_of(model, service, port, binding), address, **keywords)


def connect_async(
    source: Any,
    address: str | None = None,
    *,
    service: str | None = None,
    port: str | None = None,
    binding: str | None = None,
    load: Mapping[str, Any] | None = None,
    **keywords: Any,
) -> AsyncServiceProxy:
    """As :func:`connect`, for asyncio. A document is read at once, which blocks the loop for as long as that takes; a
    model that ``await wsx.metadata.load_async(…)`` made does not.
    """
    model = _model_of(source, load)
    return AsyncServiceProxy(model, _port_of(model, service, port, binding), address, **keywords)
