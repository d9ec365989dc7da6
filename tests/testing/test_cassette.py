"""Cassettes: what they match, what they keep, and that no secret is in them."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import wsx
from tests.metadata.documents_for_tests import OWN
from wsx.errors import InvalidArgument
from wsx.metadata import load
from wsx.metadata.model import Model
from wsx.testing import Cassette, CassetteMiss, CassetteMode, FakeService, MemoryTransport
from wsx.testing.cassette_xml import canonical, changed
from wsx.transport import Capability, HttpHead, HttpRequest, HttpUrl, Limits, TransportError

ROOT = Path(__file__).parents[2]
ORDERS = ROOT / "tests" / "interop" / "php" / "orders.wsdl"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
WSA = "http://www.w3.org/2005/08/addressing"
LIMITS = Limits()


def post(body: str | bytes, url: str = "http://x/y", **lines: str) -> HttpRequest:
    headers = [(name.replace("_", "-").encode(), value.encode()) for name, value in lines.items()]
    return HttpRequest("POST", HttpUrl.parse(url), headers, body.encode() if isinstance(body, str) else body)


def answering(body: str | bytes, **lines: str) -> MemoryTransport:
    headers = [(name.replace("_", "-").encode(), value.encode()) for name, value in lines.items()]
    return MemoryTransport(lambda _: (HttpHead(200, "OK", headers), body.encode() if isinstance(body, str) else body))


def recorded(path: Path, *exchanges: tuple[HttpRequest, MemoryTransport], **keywords: Any) -> str:
    with Cassette(path, "record", **keywords) as cassette:
        for request, inner in exchanges:
            cassette.transport(inner).call(request, LIMITS)
    return path.read_text("utf-8")


@pytest.fixture(scope="module")
def model() -> Model:
    return load(ORDERS)


def service(model: Model) -> FakeService:
    made = FakeService(model)
    made.operation("submitOrder")(
        lambda customer, line: {"customer": customer, "lines": len(line), "pieces": 0, "products": []}
    )
    made.returns("refuse", made.faults["RefusalFault"]("refused", detail={"reason": "r", "limit": 3}))
    return made


def test_a_client_gets_what_the_service_said(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "folder" / "orders.json"

    def calls(url: str, cassette: Cassette) -> list[Any]:
        with wsx.connect(model, url, transport=cassette.transport) as client:
            found = [client.submitOrder(customer=name) for name in ("Zoë", "Ōkawa")]
            with pytest.raises(wsx.service.ServiceFault, match="refused") as caught:
                client.refuse(reason="x")
            return [*found, caught.value.detail]

    with service(model).serve() as url, Cassette(path) as cassette:
        assert cassette.mode is CassetteMode.RECORD
        live = calls(url, cassette)
    with Cassette(path) as cassette:
        assert cassette.mode is CassetteMode.REPLAY
        assert calls(url, cassette) == live
        assert cassette.unused == 0
    assert json.loads(path.read_text("utf-8"))["exchanges"][0]["request"]["action"] == "urn:wsx:interop/submitOrder"


def test_asyncio(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "orders.json"
    fake = service(model)

    async def call(url: str, given: bool) -> Any:
        async with Cassette(path) as cassette:
            transport = cassette.async_transport(fake.async_transport() if given else None)
            async with wsx.connect_async(model, url, transport=lambda: transport) as client:
                return await client.submitOrder(customer="x")

    with fake.serve() as url:
        live = asyncio.run(call(url, given=False))
        assert asyncio.run(call(url, given=False)) == live
        assert len(fake.calls) == 1
        path.unlink()
        assert asyncio.run(call(url, given=True)) == live
        assert len(fake.calls) == 2


def test_a_reply_relates_to_the_request_that_is_replayed(tmp_path: Path) -> None:
    fake = FakeService(OWN / "everything.wsdl")
    fake._addressing = wsx.AddressingVersion.V1_0
    fake.returns("count", 3)
    properties = wsx.ChannelProperties(
        envelope_version=wsx.EnvelopeVersion.SOAP_1_1, addressing_version=wsx.AddressingVersion.V1_0
    )
    for _ in range(2):
        with Cassette(tmp_path / "a.json") as cassette:
            transport = cassette.transport(fake.transport())
            with wsx.connect(fake.model, "http://x/", transport=lambda t=transport: t, properties=properties) as client:
                assert client.count(1) == 3
    assert len(fake.calls) == 1
    assert "urn:uuid" not in (tmp_path / "a.json").read_text("utf-8").partition("response")[0]


SAME = [
    ('<a xmlns="urn:n"><b>1</b></a>', '<p:a xmlns:p="urn:n">\n  <p:b>1</p:b>\n</p:a>'),
    ('<a x="1" y="2"/>', "<a y='2' x='1'></a>"),
    (f'<a xmlns:w="{WSA}"><w:MessageID>urn:uuid:1</w:MessageID></a>', f'<a><MessageID xmlns="{WSA}">2</MessageID></a>'),
    (f'<a xmlns:u="{WSU}"><u:Created>1</u:Created></a>', f'<a xmlns:u="{WSU}"><u:Created>2</u:Created></a>'),
    ("<a><password>1</password></a>", "<a><password>2</password></a>"),
    ('<a xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="p:t" xmlns:p="urn:n"/>',
     '<a xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="q:t" xmlns:q="urn:n"/>'),
    ("not XML", "not XML"),
]  # fmt: skip
OTHER = [
    ("<a>1</a>", "<a>2</a>"),
    ("<a/>", '<a xmlns="urn:n"/>'),
    ('<a x="1"/>', '<a x="2"/>'),
    ("<a><b/><c/></a>", "<a><c/><b/></a>"),
    ("<a><Created>1</Created></a>", "<a><Created>2</Created></a>"),
    ("not XML", "not xml"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_requests_that_are_the_same(tmp_path: Path, one: str, other: str) -> None:
    recorded(tmp_path / "c.json", (post(one), answering("yes")))
    with Cassette(tmp_path / "c.json") as cassette:
        assert cassette.transport().call(post(other), LIMITS)[1] == b"yes"


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_requests_that_differ(tmp_path: Path, one: str, other: str) -> None:
    recorded(tmp_path / "c.json", (post(one), answering("yes")))
    with Cassette(tmp_path / "c.json") as cassette:
        with pytest.raises(CassetteMiss, match=r"c\.json has no answer for POST http://x/y; the nearest one differs:"):
            cassette.transport().call(post(other), LIMITS)
        assert cassette.unused == 1


def test_a_miss_shows_the_difference(tmp_path: Path) -> None:
    recorded(tmp_path / "c.json", (post("<a><b>1</b><c>2</c></a>"), answering("")))
    with Cassette(tmp_path / "c.json") as cassette, pytest.raises(CassetteMiss) as caught:
        cassette.transport().call(post("<a><b>1</b><c>3</c></a>"), LIMITS)
    assert "-  <c>2</c>\n+  <c>3</c>" in str(caught.value)


@pytest.mark.parametrize(
    "other",
    [
        post("<a/>", "http://x/z"),
        post("<a/>", "http://x/y?b=2"),
        post("<a/>", SOAPAction='"other"'),
        HttpRequest("PUT", HttpUrl.parse("http://x/y"), [], b"<a/>"),
    ],
)
def test_method_url_and_action_count(tmp_path: Path, other: HttpRequest) -> None:
    recorded(tmp_path / "c.json", (post("<a/>"), answering("yes")))
    with Cassette(tmp_path / "c.json") as cassette, pytest.raises(CassetteMiss):
        cassette.transport().call(other, LIMITS)


def test_equal_requests_are_answered_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    recorded(path, (post("<a/>"), answering("1")), (post("<a/>"), answering("2")))
    with Cassette(path) as cassette:
        assert [cassette.transport().call(post("<a/>"), LIMITS)[1] for _ in range(2)] == [b"1", b"2"]
        with pytest.raises(CassetteMiss, match="it was asked more often than recorded \\(2\\)"):
            cassette.transport().call(post("<a/>"), LIMITS)
    with Cassette(path, repeat=True) as cassette:
        assert [cassette.transport().call(post("<a/>"), LIMITS)[1] for _ in range(3)] == [b"1", b"2", b"2"]


SECRETS = [
    (post("<a/>", Authorization="Basic S3CRET"), answering("")),
    (post("<a/>", Cookie="s=S3CRET"), answering("")),
    (post("<a/>", X_Api_Key="S3CRET"), answering("", Set_Cookie="s=S3CRET")),
    (post("<a/>", "http://x/y?token=S3CRET&b=1"), answering("", Location="http://x/z?b=1&access_token=S3CRET")),
    (post("<a><userPassword>S3<b/>CRET</userPassword></a>"), answering("<a><sessionId>S3CRET</sessionId></a>")),
    (post("<a password='S3CRET' b='1'/>"), answering('<n:a xmlns:n="urn:n" n:Token="S3CRET">x</n:a>')),
    (post("<a><![CDATA[x]]><Token><![CDATA[S3CRET]]></Token></a>"), answering("<a><!-- x --><pwd>S3CRET</pwd></a>")),
    (post(f'<a xmlns:w="{WSSE}"><w:Security><w:X>S3CRET</w:X><y z="S3CRET"/></w:Security></a>'), answering("<a/>")),
    (post("<a><pin>S3CRET</pin></a>", X_Pin="S3CRET"), answering("<pin>S3CRET</pin>")),
]


@pytest.mark.parametrize("exchange", SECRETS)
def test_secrets_are_not_kept(tmp_path: Path, exchange: tuple[HttpRequest, MemoryTransport]) -> None:
    text = recorded(tmp_path / "c.json", exchange, redact=["PIN", "x-pin"])
    assert "S3" not in text
    assert "CRET" not in text
    assert "REDACTED" in text
    with Cassette(tmp_path / "c.json", redact=["pin"]) as cassette:
        cassette.transport().call(exchange[0], LIMITS)
    with Cassette(tmp_path / "c.json", redact=["pin"]) as cassette, pytest.raises(CassetteMiss) as caught:
        cassette.transport().call(exchange[0].replace(method="PUT"), LIMITS)
    assert "S3" not in str(caught.value)


def test_what_is_no_secret_may_be_kept(tmp_path: Path) -> None:
    assert "TOKENS" in recorded(
        tmp_path / "c.json", (post("<a><token>TOKENS</token></a>"), answering("")), keep=["Token"]
    )


def test_only_what_is_replaced_changes() -> None:
    data = '<?xml version="1.0"?>\n<p:a xmlns:p="urn:n" i="p:x"><!--é-->😀<p:b  c = "1"/><d></d><b>2</b>&amp;</p:a>\n'
    made = changed(data.encode(), lambda ns, name: "<&>" if name in ("b", "c", "d") else None)
    assert made.decode() == data.replace('"1"', '"&lt;&amp;>"').replace("<b>2<", "<b>&lt;&amp;><")
    assert changed(data.encode(), lambda ns, name: None) == data.encode()


def test_documents_with_a_dtd_are_not_looked_into() -> None:
    with pytest.raises(ValueError, match="document type"):
        changed(b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>', lambda ns, name: None)
    assert canonical(b'<a xmlns="urn:n">  <b/> </a>') == '<n0:a xmlns:n0="urn:n"><n0:b></n0:b></n0:a>'


def test_a_coded_response_and_one_that_is_no_text(tmp_path: Path) -> None:
    import gzip

    path = tmp_path / "c.json"
    coded = answering(gzip.compress(b"<a><token>S3CRET</token></a>"), Content_Encoding="gzip", Content_Type="text/xml")
    recorded(path, (post("<a/>"), coded), (post(b"\xff\xfe"), answering(b"\x89PNG\xff")))
    with Cassette(path) as cassette:
        head, body = cassette.transport().call(post("<a/>"), LIMITS)
        assert body == b"<a><token>REDACTED</token></a>"
        assert list(head.headers) == [(b"Content-Type", b"text/xml")]
        assert cassette.transport().call(post(b"\xff\xfe"), LIMITS)[1] == b"\x89PNG\xff"


def test_a_failure_of_the_network_is_not_recorded(tmp_path: Path) -> None:
    def fail(_: HttpRequest) -> tuple[HttpHead, bytes]:
        raise TransportError("gone", code=wsx.ErrorCode.WS_E_ENDPOINT_NOT_FOUND, phase=wsx.transport.Phase.CONNECT)

    with Cassette(tmp_path / "c.json") as cassette:
        transport = cassette.transport(MemoryTransport(fail))
        assert transport.capabilities == Capability(0)
        with pytest.raises(TransportError):
            transport.call(post("<a/>"), LIMITS)
        transport.abort()
        transport.close()
    assert not (tmp_path / "c.json").exists()


def test_a_block_that_fails_writes_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with Cassette(tmp_path / "c.json") as cassette:
            cassette.transport(answering("")).call(post("<a/>"), LIMITS)
            raise KeyError("inside")

    with pytest.raises(KeyError):
        fail()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"wsx-cassette": 2}', '{"wsx-cassette": 1, "exchanges": [{}]}'])
def test_a_file_that_is_no_cassette(tmp_path: Path, text: str) -> None:
    path = tmp_path / "c.json"
    path.write_text(text)
    with pytest.raises(InvalidArgument, match=r"c\.json: (no cassette|a cassette of format 2)"):
        Cassette(path)


def test_modes(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="mode must be replay, record or once, not 'never'"):
        Cassette(tmp_path / "c.json", "never")
    with pytest.raises(FileNotFoundError):
        Cassette(tmp_path / "c.json", "replay")


PLUGIN_TEST = """
import pytest
import wsx

WSDL = {wsdl!r}

@pytest.mark.wsx_cassette(redact=["pin"])
def test_cassette(wsx_service, wsx_cassette):
    service = wsx_service(WSDL)
    service.returns("submitOrder", {{"customer": "c", "lines": 0, "pieces": 0}})
    client = wsx.connect(WSDL, "http://x/", transport=lambda: wsx_cassette.transport(service.transport()))
    assert client.submitOrder(customer="c").lines == 0
    assert len(service.calls) == {calls}

class TestOther:
    def test_fails(self, wsx_service, wsx_cassette):
        service = wsx_service(WSDL)
        service.returns("submitOrder", {{"customer": "c", "lines": 0, "pieces": 0}})
        client = wsx.connect(WSDL, "http://x/", transport=lambda: wsx_cassette.transport(service.transport()))
        assert client.submitOrder(customer="c").lines == 1

def test_wrong_function(wsx_service):
    service = wsx_service(WSDL)
    service.returns("submitOrder", ValueError("inside"))
    server = service.serve()
    with pytest.raises(wsx.errors.EndpointFaultReceived):
        wsx.connect(WSDL, server.__enter__()).submitOrder(customer="c")
"""


@pytest.fixture
def plugin_folder(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\nfilterwarnings = error\n")
    return tmp_path


def run_pytest(folder: Path, *arguments: str) -> str:
    others = [word for name in ("hypothesispytest", "anyio", "cacheprovider") for word in ("-p", f"no:{name}")]
    command = [sys.executable, "-m", "pytest", "-q", *others, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    return done.stdout + done.stderr


def test_the_plugin(plugin_folder: Path) -> None:
    for calls, arguments in ((1, ()), (0, ("--wsx-record=replay",))):
        (plugin_folder / "test_it.py").write_text(PLUGIN_TEST.format(wsdl=str(ORDERS), calls=calls))
        output = run_pytest(plugin_folder, *arguments)
        assert "2 errors" in output if calls == 0 else "1 error" in output, output
        assert ("1 failed, 2 passed" in output) == (calls == 1)
        assert "ValueError: inside" in output
        written = [path.name for path in (plugin_folder / "cassettes" / "test_it").iterdir()]
        assert written == ["test_cassette.json"]


def test_the_plugin_loads_nothing_that_is_not_used() -> None:
    program = (
        "import sys, wsx.testing.pytest_plugin; "
        "print([name for name in sys.modules if name.startswith('wsx.') and name not in "
        "('wsx.testing', 'wsx.testing.pytest_plugin')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
