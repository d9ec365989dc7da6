"""The properties of a channel (WS_CHANNEL_PROPERTY) as one immutable record."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from wsx.channel.enums import ChannelPropertyId, CookieMode, Encoding, TransferMode
from wsx.channel.header_mapping import HttpMessageMapping
from wsx.channel.property_table import PROPERTIES, PropertyAccess, is_neutral, row_of
from wsx.channel.redirects import RedirectCallback
from wsx.cursors import XmlWriterProperties
from wsx.errors import InvalidArgument, NotSupported
from wsx.leniency import Leniency
from wsx.message.enums import AddressingVersion, EnvelopeVersion
from wsx.message.message import check_writer_properties
from wsx.message.versions import versions_of
from wsx.quotas import Quotas
from wsx.security import ProxySettings

__all__ = ["ChannelProperties", "check_seconds"]

_TIMEOUTS: Final = (
    "resolve_timeout",
    "connect_timeout",
    "send_timeout",
    "receive_response_timeout",
    "receive_timeout",
    "total_timeout",
)
_DEFAULT_QUOTAS: Final = Quotas()
_DIRECT: Final = ProxySettings()
_WRITER_PROPERTIES: Final = XmlWriterProperties()
_NO_MAPPING: Final = HttpMessageMapping()
_SIZES: Final = (
    "max_buffered_message_size",
    "max_response_head_size",
    "max_processed_headers",
    "max_decompression_ratio",
    "max_streamed_message_size",
    "max_streamed_start_size",
    "max_streamed_flush_size",
)
_COUNTS: Final = ("max_http_redirects", "decompression_ratio_above")
# RFC 9110 §5.5 field content, without obs-text.
_FIELD_VALUE: Final = re.compile(r"[\x21-\x7e]+(?:[ \t]+[\x21-\x7e]+)*")


@dataclass(frozen=True)
class ChannelProperties:
    """How a channel works; every field has a default.

    ``envelope_version``, ``addressing_version``: the versions of all its messages (…_ENVELOPE_VERSION,
    …_ADDRESSING_VERSION). ``encoding``: XML_UTF8 is the one available in this version (…_ENCODING).

    ``max_buffered_message_size``: bytes of one envelope, in either direction (…_MAX_BUFFERED_MESSAGE_SIZE; 64 MiB here,
    64 KiB on Windows). ``max_response_head_size``: bytes of the status line and header lines of a response.
    ``max_processed_headers``: header blocks of one message (WS_MESSAGE_PROPERTY_MAX_PROCESSED_HEADERS). ``quotas``:
    what reading a reply may use. ``leniency``: what else than their tables replies may hold; the message tells what
    did (``Message.forgiven``).

    ``writer_properties``: those of :class:`Message`, for all messages of the channel
    (WS_MESSAGE_PROPERTY_XML_WRITER_PROPERTIES; what reading may use is in ``quotas``).

    ``transfer_mode``: which messages go through in pieces (…_TRANSFER_MODE); the transport must be able to, otherwise
    and with BUFFERED they are in memory as a whole. ``max_streamed_message_size``: bytes of such a message, in either
    direction (…_MAX_STREAMED_MESSAGE_SIZE; 16 GiB here, 4 MiB on Windows). ``max_streamed_start_size``: bytes of a
    reply before the content of its Body (…_MAX_STREAMED_START_SIZE; 64 KiB here, 16 KiB on Windows).
    ``max_streamed_flush_size``: so many bytes of a request may wait before the channel hands them over by itself
    (…_MAX_STREAMED_FLUSH_SIZE; on Windows waiting for more fails).

    Timeouts are in seconds, None waits without limit: ``resolve_timeout`` for the name of the host, ``connect_timeout``
    for the connection with its TLS handshake, ``send_timeout`` for the bytes of the request,
    ``receive_response_timeout`` for the head of the response, ``receive_timeout`` for its body. ``total_timeout`` is
    for all of that together, redirects included; it has no counterpart in WWSAPI, and no limit by default.

    ``faults_as_errors``: a SOAP fault that wsx knows raises the error of its own condition, for instance
    ``EndpointActionNotSupported``; when False every fault raises ``EndpointFaultReceived`` (…_FAULTS_AS_ERRORS).
    ``user_agent``: the User-Agent line of HTTP requests. ``proxy``: the HTTP proxy (…_HTTP_PROXY_SETTING_MODE and
    …_CUSTOM_HTTP_PROXY; none here, that of the system on Windows).

    ``cookie_mode``: AUTO keeps the cookies that an endpoint sets and sends them back to it, from open to close
    (…_COOKIE_MODE). ``http_redirect_callback``: called with the URL of the request and the one that the endpoint sends
    it to; True goes there, which may send the message once more, False refuses, and an exception ends the operation
    (…_HTTP_REDIRECT_CALLBACK_CONTEXT). Without it no redirect is followed. ``max_http_redirects``: how many one message
    may take.

    ``http2``: offer HTTP/2 to https endpoints; what it changes is the form on the connection alone.

    ``http_message_mapping``: which header lines of responses become mapped headers of replies, and how mapped headers
    with several values are written (…_HTTP_MESSAGE_MAPPING).

    ``gzip_request_threshold``: messages of at least this many bytes are sent with the content coding gzip; None never
    does. Replies may come in gzip or deflate: ``max_decompression_ratio`` is how many times larger than received they
    may become, once they have more than ``decompression_ratio_above`` bytes; ``max_buffered_message_size`` holds, too.

    A value that is not possible raises :class:`InvalidArgument` naming the field. The number of an enumeration's member
    stands for the member.
    """

    envelope_version: EnvelopeVersion = EnvelopeVersion.SOAP_1_2
    addressing_version: AddressingVersion = AddressingVersion.V1_0
    encoding: Encoding = Encoding.XML_UTF8
    max_buffered_message_size: int = 64 * 1024 * 1024
    max_response_head_size: int = 64 * 1024
    max_processed_headers: int = 64
    quotas: Quotas = _DEFAULT_QUOTAS
    leniency: Leniency | None = None
    writer_properties: XmlWriterProperties = _WRITER_PROPERTIES
    resolve_timeout: float | None = None
    connect_timeout: float | None = 30.0
    send_timeout: float | None = 30.0
    receive_response_timeout: float | None = 30.0
    receive_timeout: float | None = 30.0
    faults_as_errors: bool = True
    user_agent: str = "MS-WebServices/1.0"
    proxy: ProxySettings = _DIRECT
    total_timeout: float | None = None
    cookie_mode: CookieMode = CookieMode.AUTO
    http_redirect_callback: RedirectCallback | None = None
    max_http_redirects: int = 5
    gzip_request_threshold: int | None = None
    max_decompression_ratio: int = 100
    decompression_ratio_above: int = 8 * 1024 * 1024
    http_message_mapping: HttpMessageMapping = _NO_MAPPING
    transfer_mode: TransferMode = TransferMode.BUFFERED
    max_streamed_message_size: int = 16 * 1024 * 1024 * 1024
    max_streamed_start_size: int = 64 * 1024
    max_streamed_flush_size: int = 64 * 1024
    http2: bool = False

    def __post_init__(self) -> None:
        versions = versions_of(self.envelope_version, self.addressing_version)
        object.__setattr__(self, "envelope_version", versions.envelope_version)
        object.__setattr__(self, "addressing_version", versions.addressing_version)
        self._check_encoding()
        for name in _SIZES:
            size = getattr(self, name)
            if type(size) is not int or size < 1:
                raise InvalidArgument(f"ChannelProperties.{name} must be a positive integer, not {size!r}")
        for name in _COUNTS:
            count = getattr(self, name)
            if type(count) is not int or count < 0:
                raise InvalidArgument(f"ChannelProperties.{name} must be an integer, 0 or more, not {count!r}")
        for name in _TIMEOUTS:
            check_seconds(getattr(self, name), f"ChannelProperties.{name}")
        if not isinstance(self.quotas, Quotas):
            raise InvalidArgument(f"ChannelProperties.quotas must be a wsx.Quotas, not {self.quotas!r}")
        if self.leniency is not None and not isinstance(self.leniency, Leniency):
            raise InvalidArgument(f"ChannelProperties.leniency must be a wsx.Leniency, not {self.leniency!r}")
        try:
            check_writer_properties(self.writer_properties)
        except InvalidArgument as error:
            raise InvalidArgument(f"ChannelProperties.writer_properties: {error}") from error
        for name in ("faults_as_errors", "http2"):
            if type(getattr(self, name)) is not bool:
                raise InvalidArgument(f"ChannelProperties.{name} must be a bool, not {getattr(self, name)!r}")
        if type(self.user_agent) is not str or _FIELD_VALUE.fullmatch(self.user_agent) is None:
            raise InvalidArgument(f"ChannelProperties.user_agent {self.user_agent!r} is no HTTP field value")
        if not isinstance(self.proxy, ProxySettings):
            raise InvalidArgument(f"ChannelProperties.proxy must be a wsx.ProxySettings, not {self.proxy!r}")
        self._check_http()

    @classmethod
    def from_ids(
        cls, given: Mapping[ChannelPropertyId, object] | Iterable[tuple[ChannelPropertyId, object]]
    ) -> ChannelProperties:
        """Properties from pairs of id and value, as WsCreateChannel takes them; the values are those of the fields.

        ENABLE_TIMEOUTS False makes every timeout infinite that is not given.

        :raises InvalidArgument: for an unknown id, one that is given twice, cannot be given or belongs to another
            binding, and a value that is not possible.
        :raises NotSupported: for one that is not available in this version. A value that asks for what wsx does anyway
            is taken all the same.
        """
        fields: dict[str, Any] = {}
        proxy: dict[str, Any] = {}
        seen = set()
        enable_timeouts: object = True
        for property_id, value in given.items() if isinstance(given, Mapping) else given:
            if property_id in seen:
                raise InvalidArgument(f"the channel property {ChannelPropertyId(property_id).name} is given twice")
            seen.add(property_id)
            if is_neutral(property_id, value):
                continue
            field = row_of(property_id, PropertyAccess.CREATE).field or ""
            if property_id == ChannelPropertyId.ENABLE_TIMEOUTS:
                enable_timeouts = value
            elif field.startswith("proxy."):
                proxy[field.removeprefix("proxy.")] = value
            else:
                fields[field] = value
        if type(enable_timeouts) is not bool:
            raise InvalidArgument(f"ENABLE_TIMEOUTS must be a bool, not {enable_timeouts!r}")
        if not enable_timeouts:
            fields = {**dict.fromkeys(_TIMEOUTS), **fields}
        if proxy:
            fields["proxy"] = ProxySettings(**proxy)
        return cls(**fields)

    def with_property(self, property_id: ChannelPropertyId, value: object) -> ChannelProperties:
        """These properties with another value of one that may be set later.

        :raises InvalidArgument: for another property, and a value that is not possible.
        :raises NotSupported: for one that is not available in this version.
        """
        if is_neutral(property_id, value) and PROPERTIES[property_id].access & PropertyAccess.SET:
            return self
        changed: dict[str, Any] = {row_of(property_id, PropertyAccess.SET).field or "": value}
        return replace(self, **changed)

    def _check_http(self) -> None:
        try:
            object.__setattr__(self, "cookie_mode", CookieMode(self.cookie_mode))
        except ValueError:
            raise InvalidArgument(f"ChannelProperties.cookie_mode: unknown mode {self.cookie_mode!r}") from None
        mode = self.transfer_mode
        if type(mode) not in (int, TransferMode) or not 0 <= mode <= TransferMode.STREAMED:
            raise InvalidArgument(f"ChannelProperties.transfer_mode: unknown mode {mode!r}")
        object.__setattr__(self, "transfer_mode", TransferMode(mode))
        if self.http_redirect_callback is not None and not callable(self.http_redirect_callback):
            raise InvalidArgument("ChannelProperties.http_redirect_callback must be a function of two URLs, or None")
        if not isinstance(self.http_message_mapping, HttpMessageMapping):
            raise InvalidArgument("ChannelProperties.http_message_mapping must be a wsx.HttpMessageMapping")
        threshold = self.gzip_request_threshold
        if threshold is not None and (type(threshold) is not int or threshold < 0):
            raise InvalidArgument(
                f"ChannelProperties.gzip_request_threshold must be 0 or more bytes, or None, not {threshold!r}"
            )

    def _check_encoding(self) -> None:
        try:
            encoding = Encoding(self.encoding)
        except ValueError as error:
            raise InvalidArgument(f"unknown encoding {self.encoding!r}") from error
        if (encoding is Encoding.RAW) != (self.envelope_version is EnvelopeVersion.NONE):
            raise InvalidArgument("encoding RAW and envelope version NONE go together")
        object.__setattr__(self, "encoding", encoding)
        if encoding is not Encoding.XML_UTF8:
            raise NotSupported(f"encoding {encoding.name} is not available in this version")


def check_seconds(value: Any, what: str) -> None:
    """``value`` is a timeout, or None.

    :raises InvalidArgument: when it is neither.
    """
    if value is None or (type(value) in (int, float) and math.isfinite(value) and value > 0):
        return
    raise InvalidArgument(f"{what} must be seconds above 0 or None, not {value!r}")
