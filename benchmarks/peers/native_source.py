"""C++ for the native peers, made from a case's shape: the straight-line code that a programmer would write for it."""

from __future__ import annotations

from typing import Final

from benchmarks.cases.base import Case
from benchmarks.shape import Field, Kind, Struct

__all__ = ["gsoap_header", "gsoap_program", "libxml2_program", "limit_program"]

_TYPES: Final = {
    Kind.BOOL: "bool",
    Kind.INT32: "int32_t",
    Kind.INT64: "int64_t",
    Kind.DOUBLE: "double",
    Kind.DECIMAL: "Decimal",
    Kind.DATETIME: "DateTime",
    Kind.UUID: "Guid",
    Kind.STRING: "std::string",
}
_GSOAP_TYPES: Final = {
    Kind.BOOL: "bool",
    Kind.INT32: "int",
    Kind.INT64: "LONG64",
    Kind.DOUBLE: "double",
    Kind.DECIMAL: "std::string",
    Kind.DATETIME: "std::string",
    Kind.UUID: "std::string",
    Kind.STRING: "std::string",
}


def _struct(struct: Struct) -> str:
    lines = [f"struct {struct.name} {{"]
    for item in struct.fields:
        name = item.nested.name if item.kind is Kind.STRUCT else _TYPES[item.kind]
        lines.append(f"    {f'std::vector<{name}>' if item.repeated else name} {item.name};")
    return "\n".join([*lines, "};"])


def _limit_writer(struct: Struct) -> str:
    lines = [f"static void write_{struct.name}(Out& o, const {struct.name}& v) {{"]
    # Scalars and tags of a struct fit into this; texts and the items of a list ask for room themselves.
    lines.append("    o.need(2048);")
    for item in struct.elements:
        value = "x" if item.repeated else f"v.{item.name}"
        put = f"write_{item.nested.name}(o, {value});" if item.kind is Kind.STRUCT else f"put(o, {value});"
        tags = f'LITERAL(o, "<{item.local_name}>"); {put} LITERAL(o, "</{item.local_name}>");'
        if item.repeated:
            lines.append(f"    for (const auto& x : v.{item.name}) {{ o.need(2048); {tags} }}")
            lines.append("    o.need(2048);")
        else:
            lines.append(f"    {tags}")
    return "\n".join([*lines, "}"])


def _limit_reader(struct: Struct) -> str:
    lines = [f"static void read_{struct.name}(In& in, {struct.name}& v) {{"]
    for item in struct.elements:
        place = "x" if item.repeated else f"v.{item.name}"
        get = f"read_{item.nested.name}(in, {place});" if item.kind is Kind.STRUCT else f"get(in, {place});"
        body = f'{get} EXPECT(in, "</{item.local_name}>");'
        start = f"<{item.local_name}>"
        if item.repeated:
            made = f"v.{item.name}.emplace_back(); auto& x = v.{item.name}.back();"
            if item.kind is not Kind.STRUCT:
                made, body = f"{_TYPES[item.kind]} x;", f"{body} v.{item.name}.push_back(std::move(x));"
            lines.append(f'    while (starts(in, "{start}", {len(start)})) {{ in.p += {len(start)}; {made} {body} }}')
        else:
            lines.append(f'    EXPECT(in, "{start}"); {body}')
    return "\n".join([*lines, "}"])


def _common(case: Case) -> list[str]:
    """Structs, the limit's writer and reader, and both for the whole document."""
    structs = case.struct.structs()
    root, name = case.struct.name, case.element
    return [
        '#include "limit.h"',
        *(f"struct {struct.name};" for struct in structs),
        *map(_struct, reversed(structs)),
        *(f"static void write_{struct.name}(Out&, const {struct.name}&);" for struct in structs),
        *(f"static void read_{struct.name}(In&, {struct.name}&);" for struct in structs),
        *map(_limit_writer, structs),
        *map(_limit_reader, structs),
        f"static void write_document(Out& o, const {root}& v) {{ o.p = o.begin; o.need(2048);"
        f' LITERAL(o, "<{name} xmlns=\\"{case.ns}\\">"); write_{root}(o, v); o.need(64); LITERAL(o, "</{name}>"); }}',
        f"static void read_document(const std::string& data, {root}& v) {{"
        " In in{data.data(), data.data() + data.size()};"
        f' EXPECT(in, "<{name} xmlns=\\"{case.ns}\\">"); read_{root}(in, v); EXPECT(in, "</{name}>"); }}',
    ]


def _main(root: str, write: str, read: str, save_written: str) -> str:
    """``write`` writes ``value``; ``read`` gives a new one named ``found``; ``save_written`` stores to ``path``."""
    return f"""int main(int count, char** arguments) {{
    if (count != 3) fail("write|read DATA");
    static const std::string data = load(arguments[2]);
    static {root} value, found;
    static Out out;
    read_document(data, value);
    if (arguments[1][0] == 'w') return serve([] {{ {write} }}, [](const char* path) {{ {save_written} }});
    return serve([] {{ {read} }}, [](const char* path) {{
        write_document(out, found);
        store(path, out.begin, size_t(out.p - out.begin));
    }});
}}"""


def limit_program(case: Case) -> str:
    """The hand-written loop over C structs."""
    root = case.struct.name
    write = "write_document(out, value);"
    read = f"found = {root}(); read_document(data, found);"
    return "\n".join([*_common(case), _main(root, write, read, "store(path, out.begin, size_t(out.p - out.begin));")])


# --- libxml2 --------------------------------------------------------------------------------------------------------


def _libxml2_writer(struct: Struct) -> str:
    lines = [f"static void xwrite_{struct.name}(xmlTextWriterPtr w, const {struct.name}& v) {{"]
    for item in struct.elements:
        value = "x" if item.repeated else f"v.{item.name}"
        if item.kind is Kind.STRUCT:
            body = (
                f"xmlTextWriterStartElement(w, X({item.local_name})); xwrite_{item.nested.name}(w, {value});"
                " xmlTextWriterEndElement(w);"
            )
        else:
            body = f"xmlTextWriterWriteElement(w, X({item.local_name}), text({value}));"
        lines.append(f"    for (const auto& x : v.{item.name}) {{ {body} }}" if item.repeated else f"    {body}")
    return "\n".join([*lines, "}"])


def _libxml2_reader(struct: Struct) -> str:
    lines = [f"static void xread_{struct.name}(xmlTextReaderPtr r, {struct.name}& v) {{"]
    for item in struct.elements:
        place = "x" if item.repeated else f"v.{item.name}"
        if item.kind is Kind.STRUCT:
            body = f"xmlTextReaderRead(r); xread_{item.nested.name}(r, {place}); leave(r);"
        else:
            body = f"xvalue(r, {place});"
        if item.repeated:
            name = item.nested.name if item.kind is Kind.STRUCT else _TYPES[item.kind]
            body = f"{name} x{{}}; {body} v.{item.name}.push_back(std::move(x));"
            lines.append(f"    while (at(r, X({item.local_name}))) {{ {body} }}")
        else:
            lines.append(f'    if (!at(r, X({item.local_name}))) fail("no {item.local_name}"); {body}')
    return "\n".join([*lines, "}"])


_LIBXML2: Final = """\
#include <libxml/xmlreader.h>
#include <libxml/xmlwriter.h>
#define X(name) reinterpret_cast<const xmlChar*>(#name)
template <class Value> static const xmlChar* text(const Value& v) {
    static Out o;
    o.p = o.begin;
    o.need(64);
    put(o, v);
    *o.p = 0;
    return reinterpret_cast<const xmlChar*>(o.begin);
}
static const xmlChar* text(const std::string& v) { return reinterpret_cast<const xmlChar*>(v.c_str()); }
static bool at(xmlTextReaderPtr r, const xmlChar* name) {
    return xmlTextReaderNodeType(r) == XML_READER_TYPE_ELEMENT && xmlStrEqual(xmlTextReaderConstLocalName(r), name);
}
static void leave(xmlTextReaderPtr r) {
    if (xmlTextReaderNodeType(r) != XML_READER_TYPE_END_ELEMENT) fail("no end of an element");
    xmlTextReaderRead(r);
}
static void take(const std::string& s, std::string& v) { v = s; }
template <class Value> static void take(const std::string& s, Value& v) {
    In in{s.data(), s.data() + s.size()};
    get(in, v);
}
template <class Value> static void xvalue(xmlTextReaderPtr r, Value& v) {
    static std::string found;
    found.clear();
    bool empty = xmlTextReaderIsEmptyElement(r);
    xmlTextReaderRead(r);
    if (!empty) {
        for (; xmlTextReaderNodeType(r) == XML_READER_TYPE_TEXT; xmlTextReaderRead(r))
            found += reinterpret_cast<const char*>(xmlTextReaderConstValue(r));
        leave(r);
    }
    take(found, v);
}"""


def libxml2_program(case: Case) -> str:
    """xmlTextWriter and xmlTextReader of libxml2 around the same structs."""
    structs, root = case.struct.structs(), case.struct.name
    document = [
        "static xmlBufferPtr buffer;",
        f"static void xwrite(const {root}& v) {{",
        "    if (buffer) xmlBufferFree(buffer);",
        "    buffer = xmlBufferCreate();",
        "    xmlTextWriterPtr w = xmlNewTextWriterMemory(buffer, 0);",
        f"    xmlTextWriterStartElement(w, X({case.element}));",
        f'    xmlTextWriterWriteAttribute(w, X(xmlns), reinterpret_cast<const xmlChar*>("{case.ns}"));',
        f"    xwrite_{root}(w, v);",
        "    xmlTextWriterEndElement(w);",
        "    xmlFreeTextWriter(w);",
        "}",
        f"static void xread(const std::string& data, {root}& v) {{",
        "    xmlTextReaderPtr r ="
        " xmlReaderForMemory(data.data(), int(data.size()), nullptr, nullptr, XML_PARSE_HUGE | XML_PARSE_NONET);",
        "    xmlTextReaderRead(r);",
        f'    if (!at(r, X({case.element}))) fail("another document");',
        "    xmlTextReaderRead(r);",
        f"    xread_{root}(r, v);",
        "    xmlFreeTextReader(r);",
        "}",
    ]
    save = "store(path, reinterpret_cast<const char*>(xmlBufferContent(buffer)), size_t(xmlBufferLength(buffer)));"
    return "\n".join(
        [
            *_common(case),
            _LIBXML2,
            *(f"static void xwrite_{struct.name}(xmlTextWriterPtr, const {struct.name}&);" for struct in structs),
            *(f"static void xread_{struct.name}(xmlTextReaderPtr, {struct.name}&);" for struct in structs),
            *map(_libxml2_writer, structs),
            *map(_libxml2_reader, structs),
            *document,
            _main(root, "xwrite(value);", f"found = {root}(); xread(data, found);", save),
        ]
    )


# --- gSOAP ----------------------------------------------------------------------------------------------------------


def _gsoap_member(item: Field) -> str:
    name = f"t__{item.nested.name}" if item.kind is Kind.STRUCT else _GSOAP_TYPES[item.kind]
    return f"    std::vector<{name}> {item.name} 0;" if item.repeated else f"    {name} {item.name} 1;"


def gsoap_header(case: Case) -> str:
    """The header that soapcpp2 makes its code of."""
    lines = [
        f"//gsoap t schema namespace: {case.ns}",
        "//gsoap t schema elementForm: qualified",
        '#import "stlvector.h"',
    ]
    for struct in reversed(case.struct.structs()):
        lines += [f"class t__{struct.name} {{ public:", *map(_gsoap_member, struct.elements), "};"]
    return "\n".join(lines) + "\n"


def gsoap_program(case: Case) -> str:
    """A program around the code of soapcpp2."""
    root, tag = f"t__{case.struct.name}", f"t:{case.element}"
    return f"""#include "limit.h"
#include "soapH.h"
#include <sstream>
struct Namespace namespaces[] = {{ {{"t", "{case.ns}", nullptr, nullptr}}, {{nullptr, nullptr, nullptr, nullptr}} }};
static struct soap *context;
static std::string written;
static {root} value, found;
static const std::string* source;
static void swrite(const {root}& v) {{
    std::ostringstream stream;
    context->os = &stream;
    if (soap_begin_send(context) || soap_out_{root}(context, "{tag}", 0, &v, nullptr) || soap_end_send(context))
        fail("gSOAP cannot write");
    written = stream.str();
    context->os = nullptr;
}}
static void sread({root}& v) {{
    std::istringstream stream(*source);
    context->is = &stream;
    if (soap_begin_recv(context) || !soap_in_{root}(context, "{tag}", &v, nullptr) || soap_end_recv(context))
        fail("gSOAP cannot read");
    context->is = nullptr;
    soap_destroy(context);
    soap_end(context);
}}
int main(int count, char** arguments) {{
    if (count != 3) fail("write|read DATA");
    static const std::string data = load(arguments[2]);
    source = &data;
    context = soap_new1(SOAP_C_UTFSTRING | SOAP_XML_TREE);
    soap_set_namespaces(context, namespaces);
    sread(value);
    auto save = [](const char* path) {{ store(path, written.data(), written.size()); }};
    if (arguments[1][0] == 'w') return serve([] {{ swrite(value); }}, save);
    return serve([] {{ found = {root}(); sread(found); }}, [](const char* path) {{
        swrite(found);
        store(path, written.data(), written.size());
    }});
}}
"""
