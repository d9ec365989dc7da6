"""Loading: where documents come from, what is fetched, limits, and errors that name file, line and construct."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import wsx
from tests.metadata.documents_for_tests import OWN, SHARED
from wsx.errors import (
    EndpointAccessDenied,
    EndpointFailure,
    EndpointNotAvailable,
    InvalidArgument,
    InvalidFormat,
    QuotaExceeded,
    WsError,
)
from wsx.metadata import ImportLimits, load

XS = 'xmlns:xs="http://www.w3.org/2001/XMLSchema"'
SCHEMA = f'<xs:schema {XS} xmlns:t="urn:t" targetNamespace="urn:t">{{}}</xs:schema>'
WSDL = 'xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:t="urn:t"'
EVERYTHING = OWN / "everything.wsdl"


def schema(content: str) -> bytes:
    return SCHEMA.format(content).encode()


def definitions(content: str) -> bytes:
    return f'<w:definitions {WSDL} {XS} targetNamespace="urn:t">{content}</w:definitions>'.encode()


# --- sources ---------------------------------------------------------------------------------------------------------


def test_a_path_a_file_bytes_and_a_url_of_a_file_are_the_same() -> None:
    sources: list[Any] = [EVERYTHING, str(EVERYTHING), EVERYTHING.as_uri(), EVERYTHING.open("rb")]
    texts = [str(load(source)).partition("\n")[2] for source in sources]
    texts.append(str(load(EVERYTHING.read_bytes(), base_url=str(EVERYTHING))).partition("\n")[2])
    sources[-1].close()
    assert len(set(texts)) == 1
    assert "port Soap12 (SOAP 1.2) http://127.0.0.1/two" in texts[0]
    assert "count(value: Int32) -> Int32" in texts[0]
    assert "notify(value: Int32)  (one-way)" in texts[0]
    assert "ping() -> None" in texts[0]


def test_a_model_can_be_walked() -> None:
    model = load(EVERYTHING)
    service, port = model.port()
    assert (service.name, port.name, model.port(port="Soap12")[1].name) == ("EverythingService", "Soap11", "Soap12")
    operation = port.binding.operations["everything"]
    assert operation.doc == "Takes everything and gives it back."
    assert [header.name for header in operation.input.headers] == ["session"]
    assert [fault.element.local_name for fault in operation.faults] == ["failure", "outOfStock"]
    assert operation.input.wrapped
    assert port.binding.operations["sum"].style == "rpc"
    with pytest.raises(InvalidArgument, match=r"no SOAP port \*\.Other; ports: EverythingService\.Soap11"):
        model.port(port="Other")
    with pytest.raises(InvalidArgument, match=r"no element \{urn:t\}none"):
        model.element("none", "urn:t")


def test_the_catalog_comes_first() -> None:
    wsdl = definitions(
        "<w:types><xs:schema><xs:import namespace='urn:t' schemaLocation='http://example.invalid/t.xsd'/>"
        "</xs:schema></w:types>"
    )
    by_url = {"http://example.invalid/t.xsd": schema('<xs:element name="e" type="xs:int"/>')}
    by_namespace = {"urn:t": schema('<xs:element name="e" type="xs:int"/>')}
    for catalog in (by_url, by_namespace):
        assert load(wsdl, catalog=catalog).element("e", "urn:t").local_name == "e"


@pytest.mark.parametrize(
    ("ns", "reference"),
    [
        ("http://www.w3.org/XML/1998/namespace", '<xs:attribute ref="xml:lang"/>'),
        ("http://www.w3.org/2005/05/xmlmime", '<xs:attribute ref="k:contentType"/>'),
        ("http://schemas.xmlsoap.org/ws/2004/08/addressing", '<xs:sequence><xs:element ref="k:To"/></xs:sequence>'),
        ("http://schemas.xmlsoap.org/soap/envelope/", '<xs:attribute ref="k:mustUnderstand"/>'),
        ("http://schemas.xmlsoap.org/soap/encoding/", '<xs:attributeGroup ref="k:commonAttributes"/>'),
    ],
)
@pytest.mark.parametrize("location", ["", ' schemaLocation="http://example.invalid/known.xsd"'])
def test_well_known_schemas_come_with_wsx(ns: str, reference: str, location: str) -> None:
    bound = "" if "xml:" in reference else f' xmlns:k="{ns}"'
    imported = f'<xs:import namespace="{ns}"{location}/>'
    model = load(schema(f'{imported}<xs:complexType name="T"{bound}>{reference}</xs:complexType>'))
    assert model.check() == []
    shape = next(model.all_structs())
    assert shape.fields


def test_known_types_can_be_used_in_messages() -> None:
    element = load(
        schema('<xs:element xmlns:a="http://www.w3.org/2005/08/addressing" name="e" type="a:EndpointReferenceType"/>')
    ).element("e", "urn:t")
    assert element.resolve_description() is not None


# --- errors ----------------------------------------------------------------------------------------------------------

BAD: list[tuple[bytes, str]] = [
    (b"", "not a well-formed XML document"),
    (b"<a>", "bytes>:1: not a well-formed XML document"),
    (b"<a/>", "bytes>:1: a: neither a wsdl:definitions nor an xs:schema element"),
    (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "a document type definition is not allowed"),
    (b'<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd"><a/>', "a document type definition is not allowed"),
    (b'<d:description xmlns:d="http://www.w3.org/ns/wsdl"/>', "WSDL 2.0 is not supported"),
    (schema("\n<xs:element/>"), ":2: xs:element: a component of a schema needs a name"),
    (schema('\n<xs:element name="e" type="t:None"/>'), ':2: xs:element "e": there is no type {urn:t}None'),
    (schema('<xs:element name="e" type="q:None"/>'), "the prefix of 'q:None' is not bound"),
    (schema('<xs:element name="e" type="xs:integger"/>'), "XML Schema has no type integger"),
    (schema("<xs:include/>"), "xs:include: schemaLocation is missing"),
    (schema('<xs:include schemaLocation="missing.xsd"/>'), "missing.xsd: cannot be read"),
    (
        schema('<xs:complexType name="T"><xs:sequence><xs:element/></xs:sequence></xs:complexType>'),
        "needs a name or a ref",
    ),
    (
        schema(
            '<xs:complexType name="T"><xs:sequence><xs:element name="a" minOccurs="x"/></xs:sequence></xs:complexType>'
        ),
        "minOccurs 'x'",
    ),
    (
        schema('<xs:complexType name="T"><xs:sequence><xs:element ref="t:no"/></xs:sequence></xs:complexType>'),
        "there is no element {urn:t}no",
    ),
    (schema('<xs:complexType name="T"><xs:attribute ref="t:no"/></xs:complexType>'), "there is no attribute {urn:t}no"),
    (schema('<xs:complexType name="T"><xs:attribute name="a" type="t:T"/></xs:complexType>'), "must be simple"),
    (
        schema(
            '<xs:complexType name="T"><xs:complexContent><xs:extension base="t:T"/></xs:complexContent>'
            "</xs:complexType>"
        ),
        "the type is derived from itself",
    ),
    (
        schema('<xs:simpleType name="S"><xs:restriction base="t:S"/></xs:simpleType><xs:element name="e" type="t:S"/>'),
        "the type is derived from itself",
    ),
    (
        schema(
            '<xs:group name="G"><xs:sequence><xs:group ref="t:G"/></xs:sequence></xs:group>'
            '<xs:complexType name="T"><xs:group ref="t:G"/></xs:complexType>'
        ),
        "a group contains itself",
    ),
    (
        schema(
            '<xs:attributeGroup name="G"><xs:attributeGroup ref="t:G"/></xs:attributeGroup>'
            '<xs:complexType name="T"><xs:attributeGroup ref="t:G"/></xs:complexType>'
        ),
        "an attribute group contains itself",
    ),
    (
        schema(
            '<xs:element name="e"><xs:simpleType><xs:restriction base="xs:int"><xs:minInclusive value="x"/>'
            "</xs:restriction></xs:simpleType></xs:element>"
        ),
        "a facet is no value of the type",
    ),
    (
        schema(
            '<xs:element name="e"><xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="("/>'
            "</xs:restriction></xs:simpleType></xs:element>"
        ),
        "is no pattern of XML Schema",
    ),
    (
        definitions('\n<w:service name="S"><w:port name="P" binding="t:B"/></w:service>'),
        ':2: wsdl:port "P": there is no bin',
    ),
    (
        definitions('<w:binding name="B" type="t:T"/><w:service name="S"><w:port name="P" binding="t:B"/></w:service>'),
        'wsdl:binding "B": there is no portType {urn:t}T',
    ),
    (
        definitions(
            '<w:portType name="T"/><w:binding name="B" type="t:T"><s:binding/><w:operation name="o"/></w:binding>'
            '<w:service name="S"><w:port name="P" binding="t:B"/></w:service>'
        ),
        'wsdl:operation "o": the port type T has no such operation',
    ),
    (
        definitions(
            '<w:portType name="T"><w:operation name="o"><w:input message="t:m"/></w:operation></w:portType>'
            '<w:binding name="B" type="t:T"><s:binding/><w:operation name="o"/></w:binding>'
            '<w:service name="S"><w:port name="P" binding="t:B"/></w:service>'
        ),
        "wsdl:input: there is no message {urn:t}m",
    ),
]


@pytest.mark.parametrize(("content", "message"), BAD, ids=range(len(BAD)))
def test_documents_that_cannot_be_used(content: bytes, message: str) -> None:
    def use() -> None:
        model = load(content)
        model.check()
        for component in model.documents.schemas[0].root.iterchildren("{*}element"):
            model.element(component.get("name"), "urn:t")

    with pytest.raises(InvalidFormat, match=re.escape(message)):
        use()


def test_what_is_no_source() -> None:
    with pytest.raises(InvalidArgument, match="source must be a path, a URL, bytes or a binary file, not int"):
        load(5)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match="the document must be bytes, not str"):
        load(io.StringIO("x"))  # type: ignore[arg-type]
    with pytest.raises(InvalidFormat, match=r"none\.wsdl: cannot be read"):
        load("none.wsdl")
    with pytest.raises(InvalidArgument, match="not as one str"):
        load(EVERYTHING, allow_network="example.org")


def test_a_port_that_is_broken_leaves_the_others() -> None:
    model = load(
        EVERYTHING.read_bytes().replace(
            b'<wsdl:port name="Soap12" binding="t:Everything12">', b'<wsdl:port name="Soap12" binding="t:None">'
        ),
        base_url=str(EVERYTHING),
    )
    assert [port.name for _, port in model.ports()] == ["Soap11"]
    assert "the port is left out" in str(model.warnings[0])


def test_what_is_not_used_does_no_harm() -> None:
    model = load(
        schema(
            '<xs:import namespace="urn:u" schemaLocation="http://example.invalid/u.xsd"/>'
            '<xs:element name="e" type="xs:int"/>'
        )
    )
    assert model.element("e", "urn:t").local_name == "e"
    (warning,) = model.warnings
    assert "not fetched: give it in the catalog" in str(warning)


def test_a_restriction_of_complex_content_has_the_fields_of_its_base() -> None:
    model = load(
        schema(
            '<xs:complexType name="Base"><xs:sequence><xs:element name="a" type="xs:int" minOccurs="0"/>'
            '<xs:element name="b" type="xs:int" minOccurs="0"/></xs:sequence></xs:complexType>'
            '<xs:complexType name="Less"><xs:complexContent><xs:restriction base="t:Base"><xs:sequence>'
            '<xs:element name="a" type="xs:int"/></xs:sequence></xs:restriction></xs:complexContent></xs:complexType>'
            '<xs:element name="e" type="t:Less"/>'
        )
    )
    element = model.element("e", "urn:t")
    value = wsx.read_element(element, b'<t:e xmlns:t="urn:t"><a>1</a><b>2</b></t:e>')
    assert (value.a, value.b) == (1, 2)
    assert b"<b" in wsx.write_element(element, value)
    (warning,) = model.warnings
    assert "those of its base t:Base, which allow more" in str(warning)


# --- limits ----------------------------------------------------------------------------------------------------------


def chain(folder: Path, length: int) -> Path:
    for number in range(length):
        more = f'<xs:include schemaLocation="{number + 1}.xsd"/>' if number + 1 < length else ""
        (folder / f"{number}.xsd").write_bytes(schema(more))
    return folder / "0.xsd"


@pytest.mark.parametrize(
    ("name", "limit", "size"),
    [("max_depth", 4, 5), ("max_documents", 4, 4)],
)
def test_imports_up_to_a_limit_and_one_more(tmp_path: Path, name: str, limit: int, size: int) -> None:
    limits = ImportLimits(**{name: limit})
    load(chain(tmp_path, size), limits=limits)
    with pytest.raises(QuotaExceeded, match=name):
        load(chain(tmp_path, size + 1), limits=limits)


def test_the_size_of_a_document() -> None:
    content = schema("")
    for source in (content, io.BytesIO(content)):
        load(source, limits=ImportLimits(max_document_bytes=len(content)))
    for source in (content, io.BytesIO(content)):
        with pytest.raises(QuotaExceeded, match="max_document_bytes"):
            load(source, limits=ImportLimits(max_document_bytes=len(content) - 1))


def test_documents_that_import_each_other_are_read_once(tmp_path: Path) -> None:
    (tmp_path / "a.xsd").write_bytes(schema('<xs:include schemaLocation="b.xsd"/><xs:element name="a" type="xs:int"/>'))
    (tmp_path / "b.xsd").write_bytes(schema('<xs:include schemaLocation="a.xsd"/><xs:element name="b" type="xs:int"/>'))
    model = load(tmp_path / "a.xsd")
    assert len(model.documents.schemas) == 2
    assert model.element("b", "urn:t").local_name == "b"


# --- the network -----------------------------------------------------------------------------------------------------

Server = tuple[str, dict[str, Callable[[BaseHTTPRequestHandler], None]], list[str]]


@pytest.fixture
def server() -> Iterator[Server]:
    answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            answers[self.path](self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{running.server_port}", answers, asked
    finally:
        running.shutdown()
        thread.join()
        running.server_close()


def answer(content: bytes, status: int = 200, location: str | None = None) -> Callable[[BaseHTTPRequestHandler], None]:
    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        if location is not None:
            handler.send_header("Location", location)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return send


def test_nothing_is_fetched_unless_it_is_allowed(server: Server) -> None:
    url, answers, asked = server
    answers["/a.xsd"] = answer(schema(""))
    with pytest.raises(EndpointAccessDenied, match="not fetched"):
        load(f"{url}/a.xsd")
    with pytest.raises(EndpointAccessDenied, match=r"not among those that imports may ask: example\.org"):
        load(f"{url}/a.xsd", allow_network={"example.org"})
    with pytest.raises(EndpointAccessDenied, match=r"127\.0\.0\.1 is a private address"):
        load(f"{url}/a.xsd", allow_network=True)
    assert asked == []


def test_imports_are_fetched_from_named_hosts(server: Server) -> None:
    url, answers, asked = server
    answers["/in/a.xsd"] = answer(schema('<xs:include schemaLocation="../b.xsd"/>'))
    answers["/b.xsd"] = answer(b"", 302, "/c.xsd")
    answers["/c.xsd"] = answer(schema('<xs:element name="e" type="xs:int"/>'))
    model = load(f"{url}/in/a.xsd", allow_network={"127.0.0.1"})
    assert model.element("e", "urn:t").local_name == "e"
    assert asked == ["/in/a.xsd", "/b.xsd", "/c.xsd"]


def test_what_a_host_may_not_do(server: Server, tmp_path: Path) -> None:
    url, answers, _ = server
    content = schema("")
    answers["/elsewhere"] = answer(b"", 301, "http://10.0.0.1/x.xsd")
    answers["/file"] = answer(b"", 301, (tmp_path / "x.xsd").as_uri())
    answers["/local"] = answer(schema(f'<xs:include schemaLocation="{(tmp_path / "x.xsd").as_uri()}"/>'))
    answers["/loop"] = answer(b"", 302, "/loop")
    answers["/missing"] = answer(b"no", 404)
    answers["/large"] = answer(content + b" " * 10)
    cases: list[tuple[str, type[WsError], str]] = [
        ("/elsewhere", EndpointAccessDenied, r"host 10\.0\.0\.1 is not among"),
        ("/file", EndpointAccessDenied, "not a plain http or https URL"),
        ("/local", InvalidFormat, "a document from the network cannot name a local file"),
        ("/loop", QuotaExceeded, "more than 5 redirects"),
        ("/missing", EndpointFailure, "HTTP status 404"),
        ("/large", QuotaExceeded, "max_document_bytes"),
    ]
    for path, error, message in cases:
        limits = ImportLimits(max_document_bytes=len(content) if path == "/large" else 4096)
        with pytest.raises(error, match=message):
            load(f"{url}{path}", allow_network={"127.0.0.1"}, limits=limits)


def test_a_host_that_does_not_answer() -> None:
    with pytest.raises(EndpointNotAvailable):
        load("http://127.0.0.1:9/x.wsdl", allow_network={"127.0.0.1"})


def test_parts_that_are_not_there_are_ignored_with_a_warning() -> None:
    path = Path(__file__).parent / "documents" / "everything.wsdl"
    body = '<soapAction="urn:wsx:everything/count"/>\n      <wsdl:input><soap:body use="literal"/>'.replace(
        "<s", "s", 1
    )
    text = path.read_text("utf-8")
    assert body in text
    broken = text.replace(body, body.replace("use=", 'parts="in" use='), 1)
    model = load(broken.encode(), base_url=path.as_uri())
    operation = model.port()[1].binding.operations["count"]
    assert operation.input.body is not None
    assert operation.input.body.local_name == "count"
    assert "parts='in' names parts that are not there; it is ignored" in str(model.warnings[-1])


def test_without_lxml_the_error_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['lxml'] = None\n"
        "from wsx.errors import NotSupported\nfrom wsx.metadata import load\n"
        "try:\n    load(b'<a/>')\nexcept NotSupported as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert "reading WSDL needs the package lxml: pip install 'wsx[wsdl]'" in done.stdout


def test_what_is_not_done_about_headers_and_encoding_is_said() -> None:
    text = EVERYTHING.read_text("utf-8")
    header = '<soap:header message="t:headers" part="session" use="literal"/>'
    fault = '<soap:headerfault message="t:headers" part="session" use="literal"/>'
    assert header in text
    changed = text.replace(header, header.replace("/>", f">{fault}</soap:header>"))
    model = load(changed.encode(), base_url=str(EVERYTHING))
    (found,) = [warning for warning in model.check() if "declared for a header" in warning.message]
    assert "headerfault" in found.where
    if SHARED.is_dir():
        encoded = load(SHARED / "axis" / "echo2.wsdl")
        assert any("written as rpc/literal" in warning.message for warning in encoded.check())
