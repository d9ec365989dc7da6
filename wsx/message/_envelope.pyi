from collections.abc import Sequence
from typing import Any, TypeVar

from wsx._cursor_reader import XmlReader
from wsx._cursor_writer import XmlWriter
from wsx._reader import Reader
from wsx._writer import Output
from wsx.cursors import XmlWriterProperties
from wsx.descriptions import ElementDescription, ReadOption, WriteOption
from wsx.leniency import Forgiven, Leniency
from wsx.message._blocks import Header
from wsx.message.enums import HeaderAttribute, HeaderType, MessageInitialization, MessageState
from wsx.message.message import Message
from wsx.message.states import Transition
from wsx.message.versions import Versions
from wsx.quotas import Quotas

_AnyMessage = TypeVar("_AnyMessage", bound=MessageCore)

class MessageCore:
    _versions: Versions
    _quotas: Quotas
    _leniency: Leniency | None
    _writer_properties: XmlWriterProperties
    _max_headers: int
    _state: MessageState
    _headers: list[Header]
    _forgiven: list[Forgiven]
    _addressed: bool
    _fault: bool
    _output: Output | None
    _body_writer: XmlWriter | None
    _body_reader: XmlReader | None
    _owns_output: bool
    _body_started: bool
    _received: int
    _reader: Reader | None
    _document: bytes
    def _set_up(
        self,
        versions: Versions,
        quotas: Quotas,
        leniency: Leniency | None,
        max_headers: int,
        writer_properties: XmlWriterProperties,
    ) -> None: ...
    def like(self: _AnyMessage) -> _AnyMessage: ...
    def _check(self, transition: Transition) -> None: ...
    def initialize(
        self, initialization: MessageInitialization = MessageInitialization.BLANK, source: Message | None = None
    ) -> None: ...
    def reset(self) -> None: ...
    def _release_output(self) -> None: ...
    def _release_reader(self) -> None: ...
    def _check_count(self, more: int = 1) -> None: ...
    def add_custom_header(
        self,
        element: ElementDescription | type[Any],
        value: object,
        *,
        option: WriteOption = WriteOption.REQUIRED_VALUE,
        attributes: HeaderAttribute = HeaderAttribute.NONE,
        role: str = "",
    ) -> None: ...
    def _addressed_to_us(self, kind: HeaderType) -> Header | None: ...
    def _named_headers(self, name: tuple[str, str]) -> list[Header]: ...
    def _not_understood(self) -> list[Header]: ...
    def encode(
        self,
        action: Header | None,
        to: Header,
        element: ElementDescription | None,
        value: object,
        option: WriteOption,
        initialization: MessageInitialization = MessageInitialization.BLANK,
        references: Sequence[Header] = (),
        keep: bool = True,
    ) -> bytes: ...
    def _complete(
        self, action: Header | None, to: Header, references: Sequence[Header], initialization: MessageInitialization
    ) -> list[Header]: ...
    def read_envelope_start(self, data: bytes | bytearray | memoryview) -> None: ...
    def _start_reading(self, reader: Reader, document: bytes) -> None: ...
    def read_body(
        self, element: ElementDescription | type[Any], option: ReadOption = ReadOption.REQUIRED_VALUE
    ) -> Any: ...
    def read_envelope_end(self) -> None: ...
    @property
    def versions(self) -> Versions: ...
    def has_lines(self, action: bool) -> bool: ...
    def addressing_text(self, kind: int) -> str | None: ...
    def check_send(self) -> None: ...
    def check_receive(self) -> None: ...
    def finish_receive(self) -> None: ...
