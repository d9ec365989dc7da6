"""Messages that others have recorded: wsx writes the same requests, as canonical XML, and reads the replies."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

import wsx
from tests.metadata.documents_for_tests import SHARED
from wsx.service import ServiceFault
from wsx.testing import FakeService, MemoryTransport
from wsx.transport import HttpHead

HELLO = SHARED / "xsdata" / "hello.wsdl"
pytestmark = pytest.mark.skipif(not HELLO.is_file(), reason=f"the real WSDLs are not beside the project: {SHARED}")


def sample(name: str) -> bytes:
    return (HELLO.parent / name).read_bytes()


def canonical(data: bytes) -> str:
    """Without what only indents; prefixes are told apart by their namespaces alone."""
    root = etree.fromstring(data, etree.XMLParser(remove_blank_text=True))
    return str(etree.canonicalize(etree.tostring(root, encoding="unicode"), rewrite_prefixes=True))


def client(name: str, status: int = 200) -> tuple[Any, MemoryTransport]:
    """A client whose service answers with a sample."""
    head = HttpHead(status, "", [(b"Content-Type", b"text/xml")])
    transport = MemoryTransport(lambda _: (head, sample(name)))
    return wsx.connect(HELLO, transport=lambda: transport), transport


def test_a_request_and_its_reply() -> None:
    proxy, transport = client("HelloRS.xml")
    assert proxy.getHelloAsString("chris") == "Hello chris"
    assert canonical(transport.requests[0].body or b"") == canonical(sample("HelloRQ.xml"))


def test_a_fault() -> None:
    proxy, _ = client("HelloRS_SoapFault.xml", 500)
    with pytest.raises(ServiceFault, match="foobar") as caught:
        proxy.get_hello_as_string(arg0="chris")
    assert type(caught.value) is proxy.get_hello_as_string.faults["HelloError"]
    assert caught.value.detail.message == "foobar"


def test_a_service_reads_the_request_and_writes_the_reply() -> None:
    service = FakeService(HELLO)
    service.operation("getHelloAsString")(lambda arg0: f"Hello {arg0}")
    request = wsx.connect(HELLO).getHelloAsString.preview("?")
    request.body = sample("HelloRQ.xml")
    head, body = service.transport().call(request, wsx.transport.Limits())
    assert head.status == 200
    assert canonical(body) == canonical(sample("HelloRS.xml"))
    service.returns("getHelloAsString", service.faults["HelloError"]("foobar", detail={"message": "foobar"}))
    head, body = service.transport().call(request, wsx.transport.Limits())
    assert head.status == 500
    ours, theirs = (etree.fromstring(data).find(".//detail") for data in (body, sample("HelloRS_SoapFault.xml")))
    assert ours is not None
    assert theirs is not None
    assert canonical(etree.tostring(ours[0])) == canonical(etree.tostring(theirs[0]))
