"""Requests of wsx for the real WSDLs, read by node-soap and written again by its client: are they the same?"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

import wsx
from tests.interop.contract_peers import CONTRACT, PEERS, node_packages
from tests.interop.php_service import environment
from tests.metadata.documents_for_tests import SHARED
from tests.metadata.values_for_tests import Values
from wsx.metadata import load

__all__ = ["EXCEPTIONS", "Outcome", "missing", "outcomes"]

_SEEDS: Final = 4
_XSI_TYPE: Final = "{http://www.w3.org/2001/XMLSchema-instance}type"

_NIL: Final = "node-soap drops nil elements when it reads, so that there is nothing to write again."
_RPC_TYPE: Final = 'In rpc style node-soap does not write derived types: its attribute is `xsi_type="[object Object]"`.'
_EMPTY: Final = (
    "The message has no part, so that nothing is in the Body (WSDL 1.1 §3.5; WS-I Basic Profile 1.1 R2202). node-soap "
    "invents an element."
)
_ANY: Final = "node-soap reads elements without their namespaces: those of wildcards come back in that of the parent."
_RPC_NAMESPACE: Final = (
    "soap:body says no namespace, and the wrapper has none (WSDL 1.1 §3.5); WS-I Basic Profile 1.1 R2717 forbids such "
    "a document. node-soap takes the target namespace. zeep does as wsx."
)

EXCEPTIONS: Final[dict[tuple[str, str], str]] = {
    ("axis/ChoiceService", "get"): (
        "What a type adds comes after what its base has (XML Schema part 1 §3.4.2). node-soap mixes the elements of a "
        "type that is derived twice."
    ),
    ("axis/CityBBB", "getAttractions2"): _NIL,
    ("axis/complex-rpc-encoded", "echoBaseStructFault"): _RPC_TYPE,
    ("axis/complex-rpc-encoded", "echoExtendedStructFault"): _RPC_TYPE,
    ("axis/complex-rpc-encoded", "echoMultipleFaults1"): _RPC_TYPE,
    ("axis/complex-rpc-encoded", "echoMultipleFaults2"): _RPC_TYPE,
    ("axis/complex-rpc-encoded", "echoSOAPStructFault"): _NIL,
    ("axis/echo2", "echoArrayOfMyBase64Bean"): _NIL,
    ("axis/echo2", "echoArrayOfString_MaxOccursUnbounded"): _NIL,
    ("axis/echo2", "echoArrayOfString_SoapEncArray"): _NIL,
    ("axis/echo2", "echoMyBase64Bean"): _NIL,
    ("axis/interoptestdoclit", "echoVoid"): _EMPTY,
    ("cxf/any", "sayHi"): _ANY,
    ("cxf/doc_lit_bare", "bareNoParam"): _EMPTY,
    ("cxf/soapbody_rpc", "sayHello"): _RPC_NAMESPACE,
    ("cxf/soapbody_rpc", "sayHello1"): _RPC_NAMESPACE,
    ("node-soap/cross_schema", "Operation"): "The operation has no input, which node-soap cannot call.",
    ("node-soap/non_identifier_chars_in_operation", "MyOperation"): _ANY,
    ("node-soap/non_identifier_chars_in_operation", "prefixed-MyOperation"): _ANY,
    ("wcf/TypeNameUseReservedKeyword", "GetDataUsingDataContract1"): _NIL,
    ("wcf/TypeNameUseReservedKeyword", "GetDataUsingDataContract2"): _NIL,
    ("wcf/TypeNameUseReservedKeyword", "GetDataUsingDataContract3"): _NIL,
    ("wcf/memberNamedSystem", "GetDataUsingDataContract"): (
        "`form=\"unqualified\"` of an element is not looked at by node-soap (XML Schema part 1 §3.3.2)."
    ),
    ("wcf/memberNamedSystem", "GetDataUsingDataContract2"): "node-soap reads attributes without their namespaces.",
    ("zeep/claim", "GetClaimDetails"): (
        "The wrapper is in the namespace that soap:body says (WSDL 1.1 §3.5). node-soap takes the target namespace."
    ),
    ("zeep/soap_header", "GetLastTradePrice"): (
        "node-soap cannot load a document with a soap:header whose part has a type instead of an element."
    ),
}  # fmt: skip


@dataclass
class Outcome:
    """What node-soap made of the requests of one operation."""

    document: str
    operation: str
    requests: int = 0
    same: int = 0
    first: str = ""
    """The first difference, for people."""


def outcomes() -> list[Outcome]:
    """All operations of the real WSDLs, several requests of each; one process of Node.js for all."""
    made: list[Outcome] = []
    asked: list[tuple[Outcome, bytes]] = []
    lines = []
    for path in sorted(SHARED.glob("*/*.wsdl")):
        model = load(path)
        port = next((port for _, port in model.ports() if port.binding.callable), None)
        if port is None:
            continue
        client = wsx.connect(model, "http://localhost/", port=port.name)
        for operation in port.binding.operations.values():
            found = Outcome(f"{path.parent.name}/{path.stem}", operation.name)
            made.append(found)
            body = operation.input.body
            for seed in range(_SEEDS):
                arguments = () if body is None else (Values(model.tables, seed).of(body.shape),)
                request = client[operation.name].preview(*arguments).body
                asked.append((found, request))
                lines.append(
                    json.dumps({"wsdl": str(path), "operation": operation.name, "request": request.decode("utf-8")})
                )
    done = subprocess.run(
        ["node", str(CONTRACT / "node_again.js")],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
        env={**environment(), "NODE_PATH": str(node_packages())},
    )
    for (found, request), line in zip(asked, done.stdout.splitlines(), strict=True):
        answer = json.loads(line)
        found.requests += 1
        again = (answer.get("request") or "").encode("utf-8")
        if again and _body(again) == _body(request):
            found.same += 1
        elif not found.first:
            found.first = f"{request.decode()}\n{answer}"
    return made


def missing() -> str | None:
    """Why this cannot be played here."""
    return PEERS["node"].missing() if SHARED.is_dir() else f"the real WSDLs are not beside the project: {SHARED}"


def _body(envelope: bytes) -> Any:
    """What canonical XML says of the body, without prefixes; None for what is no XML."""
    try:
        root = etree.fromstring(envelope, etree.XMLParser(remove_blank_text=True))
    except etree.XMLSyntaxError:
        return None
    return [_plain(node) for node in root[-1]]


def _plain(node: Any) -> Any:
    attributes = dict(node.attrib)
    if _XSI_TYPE in attributes:
        prefix, _, name = attributes[_XSI_TYPE].rpartition(":")
        attributes[_XSI_TYPE] = f"{{{node.nsmap.get(prefix or None)}}}{name}"
    text = node.text or ""
    return node.tag, attributes, text if len(node) == 0 else text.strip(), [_plain(child) for child in node]
