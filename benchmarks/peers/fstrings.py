"""f-strings: the template that people write by hand when a library is too slow; it knows only how to write."""

from __future__ import annotations

import base64
from functools import partial
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from benchmarks.cases.base import Case
from benchmarks.peers.base import Job, Peer
from benchmarks.peers.source import compile_source
from benchmarks.reference import parse_xml
from benchmarks.shape import Field, Kind, Struct, namespaces_of

__all__ = ["FStrings"]


def _text(kind: Kind, value: str) -> str:
    """The expression for the text of a scalar, not escaped."""
    return {
        Kind.BOOL: f"'true' if {value} else 'false'",
        Kind.DATETIME: f"{value}.isoformat().replace('+00:00', 'Z')",
        Kind.BYTES: f"b64encode({value}).decode()",
    }.get(kind, value)


def _element(item: Field, prefixes: dict[str, str], value: str) -> str:
    """The part of the f-string for one child element."""
    name = f"{prefixes[item.ns]}{item.local_name}"
    if item.kind is Kind.STRUCT:
        return f"<{name}{{write_{item.nested.name}({value})}}</{name}>"
    text = f"escape({value})" if item.kind is Kind.STRING else _text(item.kind, value)
    return f"<{name}>{{{text}}}</{name}>"


def _function(struct: Struct, prefixes: dict[str, str]) -> str:
    """The function that writes the attributes and the content of one class, after the name of its element."""
    lines = [f"def write_{struct.name}(o):"]
    parts = [
        f" {item.local_name}={{quoteattr(str({_text(item.kind, f'o.{item.name}')}))}}" for item in struct.attributes
    ]
    parts.append(">")
    for item in struct.elements:
        if item.repeated:
            part = _element(item, prefixes, "x")
            lines.append(f"    {item.name} = ''.join([f'''{part}''' for x in o.{item.name}])")
            parts.append(f"{{{item.name}}}")
        else:
            parts.append(_element(item, prefixes, f"o.{item.name}"))
    lines.append(f"    return f'''{''.join(parts)}'''")
    return "\n".join(lines)


def _source(case: Case) -> str:
    name, ns = case.document_element
    prefixes = {uri: f"n{index}:" for index, uri in enumerate(namespaces_of(case.document_struct))}
    declarations = "".join(f' xmlns:{prefix[:-1]}="{uri}"' for uri, prefix in prefixes.items() if uri != case.ns)
    prefixes[case.ns] = ""
    declarations += f' xmlns="{case.ns}"'
    functions = [_function(struct, prefixes) for struct in case.document_struct.structs()]
    name = f"{prefixes[ns]}{name}"
    start = f"<{name}{declarations}{{write_{case.document_struct.name}(o)}}</{name}>"
    return "\n\n".join([*functions, f"def write(o):\n    return f'''{start}'''.encode()"])


class FStrings(Peer):
    """One f-string a class, ``saxutils.escape`` for text."""

    name = "fstrings"
    title = "f-strings"
    note = "no library: one f-string a class, nothing checked"
    features = frozenset({"namespaces"})

    def writer(self, case: Case) -> Job:
        names: dict[str, Any] = {"escape": escape, "quoteattr": quoteattr, "b64encode": base64.b64encode}
        write = compile_source(f"fstrings_{case.name}", _source(case), names)["write"]
        return Job(partial(write, case.document), partial(parse_xml, case))
