# cython: cdivision=True
"""XmlWriter: writing a document piece by piece, into the same buffer and by the same codecs as the plans."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.dict cimport PyDict_Items
from cpython.object cimport PyObject
from libc.string cimport memset

from wsx._buffer cimport Out, out_append, out_length
from wsx._cursor_reader cimport XmlReader
from wsx._fragment cimport adapt
from wsx._lexical_texts cimport escape
from wsx._nodes cimport XmlAttribute, XmlNode, wanted
from wsx._node_reader cimport END_ELEMENT, EOF, TEXT, XmlPosition
from wsx._scalars cimport ScalarCodec, scalar_codec
from wsx._scanner cimport Slice
from wsx._tag_writer cimport (
    BASE64,
    CHARACTERS,
    NOTHING,
    VALUE,
    Level,
    TagWriter,
    WriterPosition,
    append_bytes,
    append_name,
    check_name,
    check_names,
    single_quoted,
    unescaped,
)
from wsx._writer cimport Output

import codecs
import re
from functools import partial

from wsx._fragment import QUOTAS
from wsx.builtin_types import content_table, text_structure
from wsx.charsets import Charset, encode
from wsx.cursors import MoveTo, NodeType, TypeMapping
from wsx.declare import element_of
from wsx.descriptions import (
    XML_NAMESPACE,
    AttributeDescription,
    CustomTypeDescription,
    ElementDescription,
    FieldMapping,
    Type,
    WriteOption,
)
from wsx.errors import InvalidArgument, InvalidFormat, InvalidOperation, QuotaExceeded, WsError
from wsx.fragment import XmlBuffer
from wsx.legality import FIELD_ONLY
from wsx.values import UNSET, XmlQName

cdef extern from "Python.h":
    Py_ssize_t PY_SSIZE_T_MAX

cdef enum:
    DEEPEST_VALUE = 400         # the most that a plan takes, because of the C stack; elements by calls may be deeper
    DEEPEST_BUFFER = 1000

cdef str XML_NS = XML_NAMESPACE
cdef str WHITE_SPACE = " \t\r\n"
# The characters that XML 1.0 §2.2 forbids, without lone surrogates: those are no characters at all.
cdef object FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
cdef frozenset TEXTS = frozenset({Type.STRING, Type.WSZ, Type.XML_STRING, Type.CHAR_ARRAY, Type.UTF8_ARRAY})
# What WS_TYPE does not allow under a WS_TYPE_MAPPING (types.md §3).
cdef frozenset ELEMENTS = frozenset({Type.XML_BUFFER, Type.ENDPOINT_ADDRESS, Type.FAULT})
cdef dict NOT_BY_MAPPING = {
    TypeMapping.ELEMENT: FIELD_ONLY,
    TypeMapping.ATTRIBUTE: ELEMENTS | FIELD_ONLY | {Type.UNION},
    TypeMapping.ELEMENT_CONTENT: ELEMENTS | FIELD_ONLY,
    # Windows writes strings as elements there, in the element that is open.
    TypeMapping.ANY_ELEMENT: frozenset(Type) - {Type.XML_BUFFER, Type.CUSTOM, Type.STRING, Type.XML_STRING},
}
cdef object UTF8_DECODER = codecs.getincrementaldecoder("utf-8")


cdef class XmlWriter(TagWriter):
    """A writer of one document (WS_XML_WRITER): elements, attributes and texts in the order of the calls.

    ``sink``, a callable that takes bytes, receives what ``flush`` hands over (WS_XML_WRITER_STREAM_OUTPUT); without one
    everything stays in the writer for ``to_bytes``. The keywords are those of XmlWriterProperties; they replace single
    ones of ``properties``.

    Any failing call faults the writer: further calls raise ObjectFaulted until ``set_output``.
    """

    def attribute(self, description, value, option=WriteOption.REQUIRED_VALUE):
        """One attribute by its table (WsWriteAttribute) in the open start tag."""
        self.begin()
        if not isinstance(description, AttributeDescription):
            raise InvalidArgument(f"expected an AttributeDescription, not {description!r}")
        if option is not WriteOption.REQUIRED_VALUE and option is not WriteOption.REQUIRED_POINTER:
            raise InvalidArgument(f"an attribute takes REQUIRED_VALUE or REQUIRED_POINTER, not {option!r}")
        self.open_attribute(description.local_name, description.ns, None, False)
        self.put_attribute_type(description.type, value, description.resolve_description(), option)
        self.close_attribute()
        self.done()

    # --- text ----------------------------------------------------------------------------------------------------

    cdef int text_position(self, int kind, bint blank) except -1:
        """May text stand here? In an attribute only text of one kind, and only one value (serialization.md §11)."""
        if self.in_attribute_:
            if self.kind != NOTHING and (self.kind != kind or kind == VALUE):
                raise InvalidOperation("an attribute takes one value, or pieces of one kind")
            self.kind = kind
            return 0
        if self.in_cdata:
            return 0
        if self.depth_ == 0 and not blank and not self.properties.allow_fragment:
            raise InvalidFormat("text outside of an element (allow_fragment)")
        return self.content(False)

    cdef int put_text(self, str text) except -1:
        cdef ScalarCodec codec
        cdef Out* out = self.target()
        cdef Py_ssize_t mark = out_length(out), start = 0
        codec = scalar_codec(Type.STRING, None, self.in_attribute_)
        if self.properties.allow_invalid_character_references and not self.in_cdata:
            for found in FORBIDDEN.finditer(text):
                piece = text[start:found.start()]
                codec.codec.write(out, <PyObject*>piece, &codec.codec)
                append_bytes(out, b"&#x%X;" % ord(found[0]))
                start = found.end()
            text = text[start:]
        codec.codec.write(out, <PyObject*>text, &codec.codec)
        return self.respell(mark)

    cdef int respell(self, Py_ssize_t mark) except -1:
        """What was escaped from mark on, as single quotes or CDATA want it; `]]>` goes into two CDATA sections."""
        cdef Out* out = self.target()
        cdef bytes text
        if not self.in_cdata and not (self.in_attribute_ and self.single_quote):
            return 0
        text = PyBytes_FromStringAndSize(out.start + mark, out_length(out) - mark)
        out.cursor = out.start + mark
        if not self.in_cdata:
            return append_bytes(out, single_quoted(text))
        text = b"]" * self.brackets + unescaped(text)
        out.cursor -= self.brackets
        self.brackets = min(2, len(text) - len(text.rstrip(b"]")))
        return append_bytes(out, text.replace(b"]]>", b"]]]]><![CDATA[>"))

    def text(self, text):
        """Text (WsWriteText with WS_XML_UTF8_TEXT or WS_XML_UTF16_TEXT), escaped.

        InvalidFormat outside of an element (but white space may stand there) and for characters that XML forbids.
        """
        self.begin()
        wanted(text, "text")
        self.settle()
        self.text_position(CHARACTERS, self.depth_ == 0 and not text.strip(WHITE_SPACE))
        self.put_text(text)
        self.done()

    def chars(self, text):
        """As ``text`` (WsWriteChars)."""
        self.text(text)

    def utf8(self, data):
        """Text given as UTF-8 (WsWriteCharsUtf8); a character may be split over two calls."""
        self.begin()
        try:
            data = bytes(memoryview(data))
        except TypeError as error:
            raise InvalidArgument(f"expected bytes, not {type(data).__name__}") from error
        decoder = self.decoder
        if decoder is None:
            self.settle()
            decoder = UTF8_DECODER()
        try:
            text = decoder.decode(data)
        except UnicodeDecodeError as error:
            raise InvalidFormat(f"not UTF-8: {error.reason}") from None
        self.text_position(CHARACTERS, self.depth_ == 0 and not text.strip(WHITE_SPACE))
        self.put_text(text)
        self.decoder = decoder
        self.done()

    def bytes(self, data):
        """Bytes as base64 (WsWriteBytes); several calls in a row make one value."""
        cdef bytes whole
        cdef Py_ssize_t size
        self.begin()
        try:
            whole = self.carry + bytes(memoryview(data).cast("B"))
        except (TypeError, ValueError) as error:
            raise InvalidArgument(f"expected bytes, not {type(data).__name__}") from error
        if not self.carry:
            self.settle()
        self.text_position(BASE64, not whole)
        size = len(whole) - len(whole) % 3
        self.carry = whole[size:]
        self.put_base64(whole[:size])
        self.done()

    def push_bytes(self, callback):
        """Bytes as base64 from a callback that is given a function to write them with (WsPushBytes).

        ``callback(write)`` is called at once, ``write`` taking bytes any number of times. What it raises leaves the
        writer faulted.
        """
        self.bytes(b"")
        self.faulted = True
        if not callable(callback):
            raise InvalidArgument(f"expected a callable, not {type(callback).__name__}")
        self.faulted = False
        try:
            callback(self.bytes)
        except BaseException:
            self.faulted = True
            raise

    def pull_bytes(self, callback, Py_ssize_t chunk_size=1 << 16):
        """Bytes as base64 from a callback that gives them piece by piece (WsPullBytes).

        ``callback(chunk_size)`` returns at most so many bytes, and none at the end: a file's ``read`` does. What it
        raises leaves the writer faulted.
        """
        self.check()
        if not callable(callback):
            raise InvalidArgument(f"expected a callable, not {type(callback).__name__}")
        self.push_bytes(partial(pulled, callback, chunk_size))

    cdef int put_value(self, object type_, object value, object description) except -1:
        cdef ScalarCodec codec
        cdef Py_ssize_t mark
        if type_ is Type.XML_QNAME:
            if type(value) is not XmlQName:
                raise InvalidArgument(f"expected an XmlQName, not {type(value).__name__}")
            return self.put_qualified_name(value.local_name, value.ns, None)
        codec = scalar_codec(type_, description, self.in_attribute_)
        if self.tag_open and not self.in_attribute_ and isinstance(value, (str, bytes)) and not value:
            mark = out_length(&self.names)
            codec.codec.write(&self.names, <PyObject*>value, &codec.codec)
            if out_length(&self.names) == mark:
                return 0  # an empty value is `<a/>`
            self.names.cursor = self.names.start + mark
        self.text_position(VALUE, False)
        if self.properties.allow_invalid_character_references and type_ in TEXTS and type(value) is str:
            return self.put_text(value)
        mark = out_length(self.target())
        self.busy = True
        try:
            codec.codec.write(self.target(), <PyObject*>value, &codec.codec)
        finally:
            self.busy = False
        return self.respell(mark)

    def value(self, type, value, description=None):
        """One value of a scalar type in its lexical form (WsWriteValue).

        ``description`` is that of an ENUM. InvalidOperation for a second value in one attribute, InvalidFormat outside
        of an element, InvalidArgument for a value of another Python type, NumericOverflow for a number that does not
        fit.
        """
        self.begin()
        self.settle()
        self.put_value(type, value, description)
        self.done()

    def array(self, local_name, ns, type, values, *, start=0, count=None):
        """An element for each of ``values`` (WsWriteArray), or for ``count`` of them from ``start`` on.

        InvalidArgument when the values end before that; no values write nothing.
        """
        cdef Py_ssize_t most
        self.begin()
        check_names(local_name, ns, None)
        try:
            values = list(values)
        except TypeError as error:
            raise InvalidArgument(f"expected a sequence of values, not {values!r}") from error
        for number in (start, 0 if count is None else count):
            if not isinstance(number, int):
                raise InvalidArgument(f"start and count must be int, not {number!r}")
        most = len(values) - start if count is None else count
        if start < 0 or most < 0 or start + most > len(values):
            raise InvalidArgument(f"{len(values)} values, but {most} from number {start} on are wanted")
        scalar_codec(type, None, False)
        self.between()
        for value in values[start:start + most]:
            self.open_element(local_name, ns, None)
            self.put_value(type, value, None)
            self.close_element()
        self.done()

    cdef str prefix_for_name(self, str ns):
        """The prefix of a qualified name in text, where the default namespace counts as well."""
        cdef str prefix, found
        cdef bint default = self.bound("") != ""
        prefix, found = self.around()
        if not prefix:
            default = found != ""
        if found == ns:
            return prefix
        if not ns:
            if default:
                raise InvalidFormat("a name without namespace, but a default namespace is in force")
            return ""
        if self.in_attribute_:
            prefix = self.attribute_prefix(ns)
            self.needed.append((prefix, ns))
            return prefix
        for prefix, found in reversed(self.bindings):
            if found == ns and self.bound(prefix) == ns:
                return prefix
        if ns == XML_NS:
            return "xml"
        raise InvalidFormat(f"no prefix stands for {ns!r}")

    cdef int put_qualified_name(self, str local, str ns, str prefix) except -1:
        self.text_position(VALUE, False)
        append_name(self.target(), self.prefix_for_name(ns) if prefix is None else prefix, local)
        return 0

    def qualified_name(self, local_name, ns=None, prefix=None):
        """A qualified name as text (WsWriteQualifiedName): ``prefix:local_name``, or ``local_name`` alone.

        A given ``prefix`` is written as it is. Without one, a prefix that stands for ``ns`` is looked up: InvalidFormat
        in element content where there is none; in an attribute one is made up and declared.
        """
        self.begin()
        wanted(local_name, "local_name")
        if prefix is None or ns is not None:
            wanted(ns, "ns")
        if prefix is not None:
            wanted(prefix, "prefix")
        for name in (local_name, prefix):
            if name:
                check_name(name)
        self.settle()
        self.put_qualified_name(local_name, ns, prefix)
        self.done()

    # --- CDATA, comments, nodes ----------------------------------------------------------------------------------

    def start_cdata(self):
        """Begins a CDATA section (WsWriteStartCData); texts stand in it as they are. InvalidFormat outside of an
        element."""
        self.begin()
        self.between()
        if self.depth_ == 0:
            raise InvalidFormat("a CDATA section outside of an element")
        self.content(False)
        out_append(&self.output.out, b"<![CDATA[", 9)
        self.in_cdata = True
        self.brackets = 0
        self.done()

    def end_cdata(self):
        """Ends the CDATA section (WsWriteEndCData)."""
        self.begin()
        if not self.in_cdata:
            raise InvalidOperation("no CDATA section is open")
        self.settle()
        out_append(&self.output.out, b"]]>", 3)
        self.in_cdata = False
        self.done()

    cdef int put_comment(self, str text) except -1:
        if "--" in text or text.endswith("-"):
            raise InvalidFormat("`--` or a final `-` in a comment")
        self.content(True)
        out_append(&self.output.out, b"<!--", 4)
        append_bytes(&self.output.out, unescaped(escape(text, False)))
        out_append(&self.output.out, b"-->", 3)
        return 0

    def comment(self, text):
        """A comment (WsWriteNode with a WS_XML_COMMENT_NODE). InvalidFormat for `--` in it."""
        self.begin()
        wanted(text, "text")
        self.between()
        self.put_comment(text)
        self.done()

    cdef int put_node(self, XmlNode node) except -1:
        cdef XmlAttribute attribute
        kind = node.type
        if kind is NodeType.ELEMENT:
            check_names(node.local_name, node.ns, node.prefix)
            self.between()
            self.open_element(node.local_name, node.ns, node.prefix)
            for attribute in node.attributes:
                if attribute.is_xmlns:
                    self.declare(attribute.ns, attribute.prefix or "", attribute.single_quote)
                else:
                    check_names(attribute.local_name, attribute.ns, attribute.prefix)
                    self.open_attribute(attribute.local_name, attribute.ns, attribute.prefix, attribute.single_quote)
                    self.put_text(attribute.value)
                    self.close_attribute()
        elif kind is NodeType.TEXT:
            self.settle()
            self.text_position(CHARACTERS, not node.value.strip(WHITE_SPACE))
            self.put_text(node.value)
        elif kind is NodeType.END_ELEMENT:
            self.between()
            self.close_element()
        elif kind is NodeType.COMMENT:
            self.between()
            self.put_comment(node.value)
        return 0

    def node(self, node):
        """A node (WsWriteNode): an ELEMENT begins with its attributes and is ended by an END_ELEMENT; BOF and EOF
        write nothing."""
        if isinstance(node, XmlNode) and node.type is NodeType.CDATA:
            return self.start_cdata()
        if isinstance(node, XmlNode) and node.type is NodeType.END_CDATA:
            return self.end_cdata()
        self.begin()
        if not isinstance(node, XmlNode):
            raise InvalidArgument(f"expected a wsx.XmlNode, not {node!r}")
        self.put_node(node)
        self.done()

    def copy(self, reader):
        """Copies the node of an XmlReader, an element with all that is in it (WsCopyNode); from the beginning of a
        document (BOF), all of it. The reader stands behind what was copied then."""
        cdef Py_ssize_t opened = 0
        self.check()
        node = reader.node
        if node.type is NodeType.EOF:
            raise InvalidOperation("the reader is at the end of its document")
        whole = node.type is NodeType.BOF
        while True:
            if node.type is NodeType.EOF:
                return
            self.node(node)
            if node.type is NodeType.ELEMENT:
                opened += 1
                if not node.is_empty and not self.properties.compress_empty_elements:
                    self.end_start_element()
            elif node.type is NodeType.END_ELEMENT:
                opened -= 1
            reader.read()
            if not opened and not whole:
                return
            node = reader.node

    # --- values by tables ----------------------------------------------------------------------------------------

    def element(self, element, value, option=WriteOption.REQUIRED_VALUE):
        """One element by its table, an ElementDescription or a class made by ``@wsx.struct`` (WsWriteElement), in the
        namespaces that are in force here. Fields without an element of their own may stand in an element, too."""
        self.begin()
        table = element_of(element)
        self.between()
        if self.depth_ == 0 and table.local_name is not None:
            if self.root and not self.properties.allow_fragment:
                raise InvalidFormat("a second element at the top of the document (allow_fragment)")
            self.root = True
        if self.depth_ >= self.max_depth:
            raise QuotaExceeded(f"more than {self.max_depth} open elements (max_depth)")
        self.content(True)
        self.busy = True
        try:
            if self.flush_size != PY_SSIZE_T_MAX:
                self.output.stream(receiver(self), self.flush_size)
            self.output.write_element(table, value, option, scope=self.scope(),
                                      max_depth=min(self.max_depth - self.depth_, DEEPEST_VALUE))
        finally:
            self.output.stream(None, 1)
            self.busy = False
        self.done()

    cdef tuple inner_scope(self):
        """The bindings in force in the innermost element, those of its open start tag included."""
        cdef dict found = dict(self.bindings)
        if self.tag_open:
            found.update((prefix, ns) for prefix, ns, _ in self.explicit)
            found.update(self.needed)
        prefix, ns = self.around()
        found.pop(prefix, None)
        found[prefix] = ns
        found.pop("xml", None)
        return tuple(PyDict_Items(found))

    cdef int put_type(self, object type_, object value, object description, object option) except -1:
        """Writes the value as an element of that name by its plan, and takes over what is in that element."""
        cdef XmlReader reader
        cdef XmlNode node
        cdef XmlAttribute attribute
        cdef bytes name = self.names.start[self.levels[self.depth_ - 1].name:out_length(&self.names)]
        cdef bytes data, content = b""
        cdef tuple scope = self.inner_scope(), inside = None
        cdef str own, ns
        cdef Output output = Output()
        own, ns = self.around()
        table = ElementDescription(name.rpartition(b":")[2].decode(), self.around()[1], type_, description)
        self.busy = True
        try:
            output.write_element(table, value, option, scope=scope,
                                 max_depth=min(self.max_depth - self.depth_ + 1, DEEPEST_VALUE))
        finally:
            self.busy = False
        data = output.take()
        reader = XmlReader(XmlBuffer(data, scope))
        node = reader.read()
        if not node.is_empty:
            reader.read()
            content = data[reader.at - reader.core.start:data.rindex(b"</")]
        for attribute in node.attributes:
            if not self.tag_open:
                raise InvalidOperation("the value has attributes, but the start tag is complete")
            if not attribute.is_xmlns:
                # a nil element has its prefixes to itself; in others content may use them
                self.open_attribute(attribute.local_name, attribute.ns, attribute.prefix if content else None, False)
                self.put_text(attribute.value)
                self.close_attribute()
            elif content and attribute.prefix == own and attribute.ns != ns:
                inside = (*scope, *[(each.prefix, each.ns) for each in node.attributes if each.is_xmlns])
            elif content:
                self.declare(attribute.ns, attribute.prefix, False)
        if content:
            self.content(False)
            if inside is not None:  # the element is called by a prefix that means something else in the content
                content = adapt(content, inside, dict(self.scope()), False)
            append_bytes(&self.output.out, content)
        return 0

    cdef int put_attribute_type(self, object type_, object value, object description, object option) except -1:
        """In the open attribute; a structure is its only field, a TEXT."""
        if not self.in_attribute_:
            raise InvalidFormat("no attribute is open")
        if option is not WriteOption.REQUIRED_VALUE and option is not WriteOption.REQUIRED_POINTER:
            raise InvalidArgument(f"an attribute takes REQUIRED_VALUE or REQUIRED_POINTER, not {option!r}")
        if type_ is Type.STRUCT:
            type_, value, description = text_of(AttributeDescription("a", "", type_, description), value)
        if type_ is Type.CUSTOM:
            return self.put_custom(description, value)
        return self.put_value(type_, value, description)

    cdef int put_custom(self, object description, object value) except -1:
        """What the callback of a custom type writes here, and nothing but that."""
        cdef Py_ssize_t depth = self.depth_
        cdef bint in_attribute = self.in_attribute_
        if not isinstance(description, CustomTypeDescription):
            raise InvalidArgument(f"type CUSTOM needs a CustomTypeDescription, not {description!r}")
        self.faulted = False
        try:
            description.write(self, value)
        except (WsError, MemoryError):
            raise
        except Exception as error:
            raise InvalidFormat(f"the callback of a custom type failed: {error}") from error
        finally:
            broken = self.faulted
            self.faulted = True
        if broken or self.depth_ != depth or self.in_attribute_ != in_attribute:
            raise InvalidFormat("the callback of a custom type left open what it began, or closed more than that")
        return 0

    def type(self, mapping, type, value, description=None, option=WriteOption.REQUIRED_VALUE):
        """A value of any type in what the caller has opened (WsWriteType).

        With ELEMENT, nil, xsi:type and attributes of a structure go onto the open start tag; ELEMENT_CONTENT writes
        what stands between the tags, ATTRIBUTE the value of the open attribute, ANY_ELEMENT an XmlBuffer with its own
        element. InvalidFormat where that is not open, InvalidOperation for attributes of a complete start tag.
        """
        if not isinstance(mapping, TypeMapping):
            raise InvalidArgument(f"mapping must be a wsx.TypeMapping, not {mapping!r}")
        if mapping is TypeMapping.ANY_ELEMENT and type is Type.XML_BUFFER:
            return self.xml_buffer(value)
        self.check()
        if type in NOT_BY_MAPPING.get(mapping, ()):
            raise InvalidArgument(f"type {type.name} cannot be written as {mapping.name}")
        if mapping is TypeMapping.ELEMENT_CONTENT and type is Type.STRUCT and text_structure(description):
            type, value, description = text_of(AttributeDescription("a", "", type, description), value)
        if mapping is TypeMapping.ELEMENT_CONTENT and type in (Type.STRUCT, Type.UNION):
            if type is Type.UNION:
                value = {"choice": value}
            return self.element(content_table(type, description, self.around()[1]), value, option)
        self.begin()
        self.settle()
        if mapping is TypeMapping.ATTRIBUTE:
            self.put_attribute_type(type, value, description, option)
        else:
            self.between()
            if self.depth_ == 0 and mapping is not TypeMapping.ANY_ELEMENT:
                raise InvalidFormat("no element is open")
            if type is Type.CUSTOM and mapping is not TypeMapping.ELEMENT:
                if mapping is TypeMapping.ELEMENT_CONTENT and self.tag_open:
                    self.commit(False)
                self.put_custom(description, value)
            else:
                self.put_type(type, value, description, option)
        self.done()

    def xml_buffer(self, buffer):
        """The nodes of an XmlBuffer as they are (WsWriteXmlBuffer), with declarations for what is bound otherwise here.

        At the top only one element may stand, unless fragments are allowed.
        """
        cdef bint single
        self.begin()
        if not isinstance(buffer, XmlBuffer):
            raise InvalidArgument(f"expected a wsx.XmlBuffer, not {buffer!r}")
        self.between()
        single = self.depth_ == 0 and not self.properties.allow_fragment
        if single and self.root:
            raise InvalidFormat("a second element at the top of the document (allow_fragment)")
        if self.depth_ >= self.max_depth:
            raise QuotaExceeded(f"more than {self.max_depth} open elements (max_depth)")
        self.content(False)
        append_bytes(&self.output.out, adapt(buffer.data, buffer.scope, dict(self.scope()), single,
                                             min(self.max_depth - self.depth_, DEEPEST_BUFFER)))
        self.root = True
        self.done()

    # --- places --------------------------------------------------------------------------------------------------

    def move(self, to, *, bint required=True):
        """Goes to another node of what was written, as seen from this place (WsMoveWriter); then things are written
        before that node, as at a ``position``, with the same rules. EOF is where the document goes on.

        True when there is such a node; otherwise the writer stays, and InvalidFormat, or False when it is not
        ``required``. End tags that are not written yet are none. InvalidArgument for BOF: nothing stands before that.
        """
        cdef WriterPosition here = self.position, there
        self.begin()
        if type(to) is not MoveTo or to is MoveTo.BOF:
            raise InvalidArgument(f"to must be a wsx.MoveTo other than BOF, not {to!r}")
        there = self.target_of(to)
        self.place = [piece is here for piece in self.pieces].index(True) + 1
        if there is None:
            if required:
                raise InvalidFormat(f"there is no {to.name}")
            self.done()
            return False
        self.done()
        self.position = there
        return True

    cdef WriterPosition target_of(self, object to):
        """The place between the pieces before the node that is wanted; None when there is none."""
        cdef bytes written = b"".join([piece for piece in self.pieces if type(piece) is bytes])
        cdef Py_ssize_t here = sum([len(piece) for piece in self.pieces[:self.place] if type(piece) is bytes])
        # The declaration is left out: it may name another charset, in which the pieces are not yet.
        cdef Py_ssize_t first = written.index(b"?>") + 2 if written.startswith(b"<?xml ") else 0
        cdef Py_ssize_t offset
        cdef WriterPosition last = [piece for piece in self.pieces if type(piece) is WriterPosition][-1]
        cdef XmlReader reader = XmlReader(written[first:] + end_tags(last), quotas=QUOTAS, charset=Charset.UTF8,
                                          allow_fragment=True, allow_invalid_character_references=True)
        read_up_to(reader, here - first)
        if to is MoveTo.EOF:
            return last
        if not reader.try_move(to):
            return None
        offset = reader.at - reader.core.start + first
        if offset >= len(written):
            return last if offset == len(written) and reader.core.open_count == len(last.elements) else None
        if reader.kind == END_ELEMENT and reader.core.at_empty:
            self.open_up(offset, reader.core.opens[reader.core.open_count - 1].name)
            offset -= 1
        self.split(offset)
        return place_at(self, reader)

    cdef int split(self, Py_ssize_t offset) except -1:
        """Goes to that offset of what was written, between two pieces."""
        cdef Py_ssize_t i = 0
        while offset:
            if type(self.pieces[i]) is bytes:
                if len(self.pieces[i]) > offset:
                    self.pieces[i:i + 1] = [self.pieces[i][:offset], self.pieces[i][offset:]]
                offset -= len(self.pieces[i])
            i += 1
        self.place = i
        return 0

    cdef int open_up(self, Py_ssize_t offset, Slice name) except -1:
        """Makes `<a></a>` of the `<a/>` that ends at the offset."""
        self.split(offset)
        self.pieces[self.place - 1] = self.pieces[self.place - 1][:-2] + b">"
        self.pieces.insert(self.place, b"</" + <bytes>name.data[:name.length] + b">")
        self.held += name.length + 2
        return 0

    # --- the output ----------------------------------------------------------------------------------------------

    def to_bytes(self):
        """What was written so far (WS_XML_WRITER_PROPERTY_BYTES); an open start tag is not part of it yet.

        InvalidArgument when a sink takes the output.
        """
        self.check()
        if self.sink is not None:
            raise InvalidArgument("the output goes to a sink")
        return self.written()

    def flush(self, Py_ssize_t min_size=0):
        """Hands what was written to the sink when it is at least ``min_size`` bytes (WsFlushWriter), an open start tag
        excepted. InvalidOperation without a sink."""
        self.check()
        if self.sink is None:
            raise InvalidOperation("the output stays in the writer: there is no sink")
        if out_length(&self.output.out) < max(min_size, 1):
            return
        self.faulted = True
        self.hand_over()
        self.faulted = False


cdef bytes end_tags(WriterPosition end):
    """Of the elements that are open at the end of the document."""
    cdef const Level* levels = <const Level*>PyBytes_AS_STRING(end.levels)
    cdef list tags = []
    cdef Py_ssize_t i, stop = len(end.names)
    for i in reversed(range(len(end.elements))):
        tags.append(b"</" + end.names[levels[i].name:stop] + b">")
        stop = levels[i].name
    return b"".join(tags)


cdef int read_up_to(XmlReader reader, Py_ssize_t offset) except -1:
    """To the node that stands at the offset, or the text around it."""
    cdef XmlPosition before
    reader.begin()
    while True:
        before = reader.here()
        if reader.kind == EOF:
            return 0
        reader.advance()
        if reader.at - reader.core.start > offset:
            if before.kind == TEXT:
                reader.go(before)
            return 0
        if reader.at - reader.core.start == offset and not (reader.kind == END_ELEMENT and reader.core.at_empty):
            return 0


cdef WriterPosition place_at(XmlWriter writer, XmlReader reader):
    """The place of the writer with what is open and in force where the reader is."""
    cdef WriterPosition made = writer.here()
    cdef Level level
    cdef Py_ssize_t i, j
    cdef Slice name
    cdef list levels = [], names = []
    made.elements, made.bindings = [], []
    memset(&level, 0, sizeof(Level))
    level.text = level.children = True  # no white space between what is written there
    for i in range(reader.core.open_count - reader.core.pending):
        name = reader.core.opens[i].name
        level.bindings = len(made.bindings)
        levels.append(PyBytes_FromStringAndSize(<char*>&level, sizeof(Level)))
        names.append(<bytes>name.data[:name.length])
        level.name += name.length
        stop = reader.core.binding_count
        if i + 1 < reader.core.open_count:
            stop = reader.core.opens[i + 1].bindings
        for j in range(reader.core.opens[i].bindings, stop):
            made.bindings.append((reader.core.string(reader.core.bindings[j].prefix),
                                  reader.core.string(reader.core.bindings[j].ns)))
        prefix = names[-1].decode().rpartition(":")[0]
        ns = dict(made.bindings).get(prefix, XML_NS if prefix == "xml" else "")
        made.elements.append((prefix, ns))
    made.names, made.levels = b"".join(names), b"".join(levels)
    return made


cdef tuple text_of(object described, object value):
    """(type, value, description) of the text of a structure that is all text, or of one in it."""
    while described.type is Type.STRUCT:
        struct = described.resolve_description()
        place = [member.mapping for member in struct.fields].index(FieldMapping.TEXT)
        described = struct.fields[place]
        try:
            if issubclass(struct.python_type, tuple):
                value = value[place]
            elif struct.python_type is dict:
                value = value[described.name]
            else:
                value = getattr(value, described.name)
        except (AttributeError, LookupError, TypeError) as error:
            raise InvalidArgument(f"no value for {described}") from error
        if value is None or value is UNSET:
            raise InvalidArgument(f"the value of {described} is {value}, but the field is not OPTIONAL")
    return described.type, value, described.resolve_description()


def pulled(callback, Py_ssize_t chunk_size, write):
    """Writes what a callback gives until it gives nothing."""
    if chunk_size < 1:
        raise InvalidArgument(f"chunk_size must be a number of bytes from 1 on, not {chunk_size}")
    while data := callback(chunk_size):
        if len(data) > chunk_size:
            raise InvalidArgument(f"the callback gave {len(data)} bytes, but was asked for {chunk_size}")
        write(data)


def receiver(XmlWriter writer):
    """What takes the finished parts of a value by its table to the writer's sink."""
    def receive(bytes data):
        data = encode(data, writer.properties.charset, mark=not writer.marked)
        writer.marked = True
        writer.sink(data)
    return receive


def fragment_writer(tuple scope, object sink=None, object properties=None):
    """A writer of an element inside other XML, where the (prefix, namespace) pairs of ``scope`` are in force."""
    cdef XmlWriter writer = XmlWriter(sink) if properties is None else XmlWriter(sink, properties=properties)
    writer.bindings = list(scope)
    return writer
