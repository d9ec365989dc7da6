from wsx.channel.enums import ChannelState
from wsx.channel.http_exchange import HttpExchange
from wsx.channel.machine import _Action
from wsx.channel.properties import ChannelProperties
from wsx.descriptions import MessageDescription, WriteOption
from wsx.message.enums import MessageInitialization
from wsx.message.headers import Header
from wsx.message.message import Message
from wsx.message.versions import Versions
from wsx.transport import HttpRequest, HttpUrl

class RequestWriter:
    properties: ChannelProperties
    state: ChannelState
    versions: Versions
    _url: HttpUrl | None
    _http: HttpExchange
    _to: Header | None
    _references: list[Header]
    _actions: dict[str | None, _Action]
    def _check_send(self, message: Message, description: MessageDescription, option: WriteOption) -> None: ...
    def preview(
        self, message: Message, description: MessageDescription, value: object, option: WriteOption
    ) -> HttpRequest: ...
    def _encode(
        self,
        message: Message,
        description: MessageDescription,
        value: object,
        option: WriteOption,
        initialization: MessageInitialization,
        keep: bool,
    ) -> HttpRequest: ...
