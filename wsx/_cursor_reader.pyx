# cython: cdivision=True
"""XmlReader: reading a document node by node, or value by value."""

from cpython.object cimport PyObject
from cpython.ref cimport Py_XDECREF

from wsx._lexical_texts cimport decode_string, escape
from wsx._node_reader cimport BOF, ELEMENT, END_ELEMENT, EOF, NodeReader, XmlPosition
from wsx._nodes cimport XmlNode, bare_node, wanted
from wsx._reader cimport Reader
from wsx._scalars cimport ScalarCodec, scalar_codec
from wsx._scanner cimport Slice, same, slice_of

from wsx._reader import Reader
from wsx._scanner import DEFAULT_QUOTAS, MoreInput
from wsx.builtin_types import content_table, text_structure
from wsx.charsets import Charset
from wsx.cursors import MoveTo, NodeType, TypeMapping
from wsx.declare import element_of
from wsx.descriptions import (
    XML_NAMESPACE,
    XMLNS_NAMESPACE,
    AttributeDescription,
    CustomTypeDescription,
    ElementDescription,
    ReadOption,
    Type,
)
from wsx.errors import InvalidArgument, InvalidFormat, InvalidOperation, WsError
from wsx.fragment import XmlBuffer
from wsx.limits import XmlQNameDescription
from wsx.values import XmlQName

cdef extern from "Python.h":
    const char* PyUnicode_AsUTF8AndSize(object text, Py_ssize_t* size) except NULL

cdef str XML_NS = XML_NAMESPACE
cdef str XMLNS_NS = XMLNS_NAMESPACE
cdef str WHITE_SPACE = " \t\r\n"


cdef const char* utf8_of(object text, str what, Py_ssize_t* size) except NULL:
    """The UTF-8 of a str argument, which owns it."""
    wanted(text, what)
    try:
        return PyUnicode_AsUTF8AndSize(text, size)
    except UnicodeEncodeError as error:
        raise InvalidArgument(f"{what} cannot stand in XML: {error.reason}") from None


cdef class XmlReader(NodeReader):
    """A cursor over a document in UTF-8, UTF-16LE or UTF-16BE (WS_XML_READER), which begins before its first node.

    ``data`` is any contiguous bytes-like object; or an iterable of such pieces, which are taken when they are needed
    and dropped when they were read (WS_XML_READER_STREAM_INPUT); or an XmlBuffer, whose nodes are read in its
    namespaces as a fragment (WsSetInputToBuffer); without it ``set_input`` must follow. ``quotas`` bounds depth,
    attributes, namespaces and lengths. ``charset`` AUTO takes what the mark or the first bytes say, and a declaration
    must agree. ``allow_fragment``: text and several elements may stand at the top. Without ``read_declaration`` an XML
    declaration is an error. With ``allow_invalid_character_references`` a reference may stand for U+0000 to U+001F,
    U+FFFE or U+FFFF, which XML forbids. Iterating reads node by node.

    Errors of the document are InvalidFormat, when they are met, with the byte offset. Any failing call faults the
    reader: further calls raise ObjectFaulted until ``set_input``.
    """

    def __init__(self, data=None, *, quotas=DEFAULT_QUOTAS, charset=Charset.AUTO, bint allow_fragment=False,
                 bint read_declaration=True, bint allow_invalid_character_references=False):
        self.arm(data, quotas, charset, allow_fragment, read_declaration, allow_invalid_character_references)

    def set_input(self, data, *, quotas=None, charset=Charset.AUTO, allow_fragment=None, read_declaration=None,
                  allow_invalid_character_references=None):
        """Begins another document (WsSetInput); settings that are not given stay, but the charset is detected again."""
        if data is None:
            raise InvalidArgument("no input")
        self.arm(data, self.quotas if quotas is None else quotas, charset,
                 self.allow_fragment if allow_fragment is None else allow_fragment,
                 self.read_declaration if read_declaration is None else read_declaration,
                 self.allow_invalid_character_references if allow_invalid_character_references is None
                 else allow_invalid_character_references)

    def close(self):
        """Gives the input back (WsFreeReader); calls raise InvalidOperation until ``set_input``."""
        self.arm(None, self.quotas, Charset.AUTO, self.allow_fragment, self.read_declaration,
                 self.allow_invalid_character_references)

    def fill(self, min_size=1):
        """Takes pieces until at least so many bytes wait that were not read (WsFillReader), or the input ends; for
        input that is there as a whole nothing. Reading takes pieces by itself, no more than it needs.

        QuotaExceeded for more than ``Quotas.max_buffered_bytes``.
        """
        cdef Reader core
        cdef Py_ssize_t size
        if type(min_size) is not int or min_size < 0:
            raise InvalidArgument(f"min_size must be an int of at least 0, not {min_size!r}")
        self.begin()
        core = self.core
        size = min(min_size, core.limits.buffered + 1)
        if self.streamed and size > core.limits.buffered:
            core.over("max_buffered_bytes", core.limits.buffered)
        while core.partial and core.filled - (self.at - core.start) < size:
            self.pull()
            if self.kind == ELEMENT:
                core.state()
        self.faulted = False

    # --- nodes -------------------------------------------------------------------------------------------------------

    def read(self):
        """Moves to the next node and returns it, None when that is the end of the document (WsReadNode).

        In an attribute, None after its text.
        """
        self.begin()
        if self.attribute_ >= 0:
            self.attribute_read = True
        elif self.chunk is not None:
            self.chunk = None  # the cursor is behind the text already
        else:
            self.advance()
        node = None
        if self.attribute_ < 0 and self.kind != EOF:
            node = self.node_ = self.build()
        self.faulted = False
        return node

    def __iter__(self):
        return self

    def __next__(self):
        node = self.read()
        if node is None:
            raise StopIteration
        return node

    def skip_node(self):
        """Moves behind the node, with all that is in an element (WsSkipNode). InvalidOperation at the end."""
        self.begin()
        self.outside()
        if self.kind == EOF:
            raise InvalidOperation("the reader is at the end of the document")
        self.leave()
        self.faulted = False

    def read_to_start_element(self, local_name=None, ns=None, *, bint required=True):
        """Skips white space and comments up to a start element, and stays there (WsReadToStartElement).

        True when it is there and has the name asked for, None being any; otherwise InvalidFormat, or False when it is
        not ``required``.
        """
        self.begin()
        self.outside()
        self.skip_blanks()
        found = self.kind == ELEMENT and self.is_element(local_name, ns)
        if not found and required:
            self.core.bad(self.at, f"element {local_name!r} of namespace {ns!r} was expected" if local_name is not None
                          else "an element was expected")
        self.faulted = False
        return found

    cdef bint is_element(self, object local, object ns) except -1:
        cdef const char* text
        cdef Py_ssize_t size
        if local is not None:
            text = utf8_of(local, "local_name", &size)
            if not same(&self.core.element_local, text, size):
                return False
        if ns is not None:
            text = utf8_of(ns, "ns", &size)
            return same(&self.core.element_ns, text, size)
        return True

    def read_start_element(self):
        """Moves into the element that comes next, white space and comments before it skipped (WsReadStartElement)."""
        self.begin()
        self.outside()
        self.to_tag()
        if self.kind != ELEMENT:
            self.core.bad(self.at, "an element was expected")
        self.advance()
        self.faulted = False

    def read_end_element(self):
        """Moves behind the end of the innermost element, white space and comments before it skipped
        (WsReadEndElement)."""
        self.begin()
        self.outside()
        self.to_tag()
        if self.kind != END_ELEMENT:
            self.core.bad(self.at, "the end of the element was expected")
        self.advance()
        self.faulted = False

    # --- what the node says --------------------------------------------------------------------------------------

    @property
    def node(self):
        """The XmlNode that the cursor is on (WsGetReaderNode); EOF without an input."""
        if self.attribute_ >= 0 and not self.faulted:
            if self.attribute_read:
                return bare_node(NodeType.EOF)
            return XmlNode(NodeType.TEXT, value=self.core.string(self.attribute_value()))
        if self.node_ is None:
            if self.faulted or self.core is None:
                return bare_node(NodeType(self.kind))
            self.faulted = True
            self.node_ = self.build()
            self.faulted = False
        return self.node_

    @property
    def depth(self):
        """Elements that are open around the node."""
        if self.core is None:
            return 0
        return self.core.open_count - self.core.pending

    # --- text --------------------------------------------------------------------------------------------------------

    cdef Slice attribute_value(self) except *:
        cdef Slice text = slice_of(self.at, 0)
        if self.attribute_ < self.core.attribute_count:
            self.core.attribute_text(&self.core.attributes[self.attribute_], &text)
        return text

    cdef int value_text(self, Slice* text) except -1:
        """The text that the cursor is on, or that of the open attribute; it is consumed."""
        if self.attribute_ >= 0:
            if self.attribute_read:
                return self.core.bad(self.at, "the attribute was read already")
            self.attribute_read = True
            text[0] = self.attribute_value()
            self.place = self.core.offset(self.core.mark)
            return 0
        self.chunk = None
        if self.kind == BOF or self.kind == ELEMENT or self.kind == EOF:
            return self.core.bad(self.at, "text was expected")
        self.place = self.core.offset(self.at)
        return self.run(text)

    cdef object string(self, Slice text):
        """The str of what `run` or `attribute_value` gave."""
        return decode_string(text.data, text.length, self.core.ascii and self.core.start <= text.data <= self.core.end)

    cdef object decoded(self, object type_, object description, Slice text, Py_ssize_t place):
        cdef ScalarCodec codec
        cdef PyObject* value
        if type_ is Type.XML_QNAME:
            return self.limited(self.qualified(text, place), description, place)
        codec = scalar_codec(type_, description, False)
        try:
            value = codec.codec.read(text.data, text.length, False, &codec.codec)
        except (InvalidFormat, OverflowError) as error:
            error.offset = place
            raise
        made = <object>value
        Py_XDECREF(value)
        return made

    cdef object limited(self, object name, object description, Py_ssize_t place):
        """An XML_QNAME that its description allows."""
        if description is None:
            return name
        if type(description) is not XmlQNameDescription:
            raise InvalidArgument(f"type XML_QNAME needs an XmlQNameDescription, not {description!r}")
        try:
            description.check(name)
        except InvalidFormat as error:
            error.offset = place
            raise
        return name

    cdef object qualified(self, Slice text, Py_ssize_t place):
        """An XML_QNAME (types.md §7): split at the first colon; without one, in the default namespace."""
        cdef str whole = self.string(text).strip(WHITE_SPACE)
        prefix, colon, local = whole.partition(":")
        if not colon:
            prefix, local = "", whole
        if not local or (colon and not prefix):
            raise InvalidFormat(f"{whole!r} is no qualified name", offset=place)
        ns = self.bound(prefix)
        if ns is None:
            raise InvalidFormat(f"the prefix {prefix!r} is not bound to a namespace", offset=place)
        return XmlQName(local, ns)

    def read_value(self, type, description=None):
        """The text that the cursor is on as a value of a scalar type (WsReadValue).

        It may be the open attribute's; the end of an element counts as empty text. ``description`` is that of an ENUM.
        InvalidFormat on other nodes and for a text that is no such value; NumericOverflow for a number out of range.
        """
        cdef Slice text
        self.begin()
        self.value_text(&text)
        value = self.decoded(type, description, text, self.place)
        self.faulted = False
        return value

    def read_qualified_name(self):
        """The text that the cursor is on as an XmlQName, its prefix resolved (WsReadQualifiedName)."""
        return self.read_value(Type.XML_QNAME)

    cdef object chunk_of(self, object max_count, bint base64):
        cdef Slice text
        if max_count is not None and (type(max_count) is not int or max_count < 1):
            raise InvalidArgument(f"at least one can be asked for, not {max_count!r}")
        chunk = self.chunk
        if chunk is not None:
            if isinstance(chunk, bytes) != base64:
                raise InvalidOperation("the text is being read in pieces of another kind")
        elif self.attribute_ >= 0 and self.attribute_read or self.attribute_ < 0 and self.kind in (
                ELEMENT, END_ELEMENT, EOF):
            return b"" if base64 else ""
        else:
            self.value_text(&text)
            chunk = self.decoded(Type.BYTES, None, text, self.place) if base64 else self.string(text)
        if max_count is None or len(chunk) <= max_count:
            self.chunk = None
            return chunk
        self.chunk = chunk[max_count:]
        return chunk[:max_count]

    def read_chars(self, max_chars=None):
        """Characters up to the next tag, at most ``max_chars`` of them; "" when there are no more (WsReadChars)."""
        self.begin()
        chunk = self.chunk_of(max_chars, False)
        self.faulted = False
        return chunk

    def read_bytes(self, max_bytes=None):
        """Bytes given as base64 up to the next tag, at most ``max_bytes``; b"" when there are no more (WsReadBytes)."""
        self.begin()
        chunk = self.chunk_of(max_bytes, True)
        self.faulted = False
        return chunk

    # --- attributes ----------------------------------------------------------------------------------------------

    cdef Py_ssize_t attribute_index(self, object local, object ns) except -2:
        cdef Py_ssize_t i, local_size, ns_size
        cdef const char* local_text = utf8_of(local, "local_name", &local_size)
        cdef const char* ns_text = utf8_of(ns, "ns", &ns_size)
        if self.kind != ELEMENT or self.attribute_ >= 0:
            raise InvalidOperation("the reader is not on a start element")
        for i in range(self.core.attribute_count):
            if same(&self.core.attributes[i].local, local_text, local_size) and same(
                    &self.core.attributes[i].ns, ns_text, ns_size):
                return i
        return -1

    def find_attribute(self, local_name, ns="", *, bint required=True):
        """The index of an attribute of the start element that the cursor is on (WsFindAttribute), as in
        ``node.attributes``. Without it: InvalidFormat, or None when it is not ``required``."""
        self.begin()
        index = self.attribute_index(local_name, ns)
        if index < 0 and required:
            self.core.bad(self.at, f"attribute {local_name!r} of namespace {ns!r} is missing")
        self.faulted = False
        return None if index < 0 else index

    def attribute(self, local_name, ns=""):
        """The value of an attribute of the start element that the cursor is on, None when there is none."""
        cdef Slice text
        self.begin()
        index = self.attribute_index(local_name, ns)
        value = None
        if index >= 0:
            self.core.attribute_text(&self.core.attributes[index], &text)
            value = self.core.string(text)
        self.faulted = False
        return value

    def read_attribute(self, description, option=ReadOption.REQUIRED_VALUE):
        """An attribute of the start element by its table (WsReadAttribute); None when it is missing and the option
        allows that."""
        cdef Slice text
        self.begin()
        if not isinstance(description, AttributeDescription):
            raise InvalidArgument(f"expected an AttributeDescription, not {description!r}")
        if option not in (ReadOption.REQUIRED_VALUE, ReadOption.REQUIRED_POINTER, ReadOption.OPTIONAL_POINTER):
            raise InvalidArgument(f"an attribute takes REQUIRED_VALUE, _POINTER or OPTIONAL_POINTER, not {option!r}")
        index = self.attribute_index(description.local_name, description.ns)
        value = None
        if index >= 0 and description.type in (Type.STRUCT, Type.CUSTOM):
            self.faulted = False
            self.read_start_attribute(index)
            value = self.read_type(TypeMapping.ATTRIBUTE, description.type, description.resolve_description())
            self.read_end_attribute()
        elif index >= 0:
            self.core.attribute_text(&self.core.attributes[index], &text)
            value = self.decoded(description.type, description.resolve_description(), text,
                                 self.core.offset(self.core.mark))
        elif option is not ReadOption.OPTIONAL_POINTER:
            self.core.bad(self.at, f"attribute {description.local_name!r} is missing")
        self.faulted = False
        return value

    def read_start_attribute(self, index):
        """Enters the attribute of that index of the start element (WsReadStartAttribute): ``node``, ``read_value``,
        ``read_chars`` mean its text then."""
        self.begin()
        if self.kind != ELEMENT or self.attribute_ >= 0:
            raise InvalidOperation("the reader is not on a start element")
        declared = self.core.binding_count - self.core.opens[self.core.open_count - 1].bindings
        if not isinstance(index, int) or not 0 <= index < self.core.attribute_count + declared:
            raise InvalidArgument(f"there is no attribute {index!r}")
        self.attribute_ = index
        self.attribute_read = False
        self.faulted = False

    def read_end_attribute(self):
        """Back to the start element (WsReadEndAttribute)."""
        self.begin()
        if self.attribute_ < 0:
            raise InvalidOperation("no attribute is open")
        self.attribute_ = -1
        self.chunk = None
        self.faulted = False

    # --- namespaces, xml: attributes -----------------------------------------------------------------------------

    cdef object bound(self, object prefix):
        cdef Py_ssize_t i, size
        cdef const char* text = utf8_of(prefix, "prefix", &size)
        for i in range(self.core.binding_count - 1, -1, -1):
            if same(&self.core.bindings[i].prefix, text, size):
                return self.core.string(self.core.bindings[i].ns)
        return {"": "", "xml": XML_NS, "xmlns": XMLNS_NS}.get(prefix)

    def namespace_of(self, prefix, *, bint required=True):
        """The namespace that ``prefix`` stands for at the cursor, "" being the default one
        (WsGetNamespaceFromPrefix). Without it: InvalidFormat, or None when it is not ``required``."""
        self.begin()
        ns = self.bound(prefix)
        if ns is None and required:
            self.core.bad(self.at, f"the prefix {prefix!r} is not bound to a namespace")
        self.faulted = False
        return ns

    def xml_attribute(self, local_name):
        """The value of the nearest attribute ``xml:local_name`` of the elements around, such as xml:lang; None without
        (WsGetXmlAttribute)."""
        cdef Py_ssize_t count
        cdef XmlPosition here, ancestor
        cdef Slice text
        self.begin()
        self.outside()
        if self.streamed:
            value = self.marked_attribute(local_name)
            self.faulted = False
            return value
        here = ancestor = self.here()
        value = None
        if self.kind != ELEMENT and ancestor.ancestors:
            self.to_parent()
        while self.kind == ELEMENT:
            count = self.attribute_index(local_name, XML_NS)
            if count >= 0:
                self.core.attribute_text(&self.core.attributes[count], &text)
                value = self.core.string(text)
                break
            self.to_parent()
        self.go(here)
        self.faulted = False
        return value

    cdef object marked_attribute(self, object local_name):
        cdef str name = local_name
        for depth, found in reversed(self.marked):
            if depth < self.core.open_count and name in found:
                return found[name]
        return None

    # --- values by tables ----------------------------------------------------------------------------------------

    def read_element(self, element, option=ReadOption.REQUIRED_VALUE):
        """The element that comes next by its table, an ElementDescription or a class made by ``@wsx.struct``
        (WsReadElement); the cursor is behind it then. White space and comments before it are skipped."""
        self.begin()
        self.outside()
        table = element_of(element)
        self.to_tag()
        while True:
            try:
                value = self.core.read_element(table, option)
                break
            except MoreInput:
                self.pull()
        if self.core.pending:
            self.at, self.kind, self.node_ = self.core.tag, ELEMENT, None
            self.after = NULL
        else:
            self.classify()
        self.faulted = False
        return value

    def read_type(self, mapping, type, description=None, option=ReadOption.REQUIRED_VALUE):
        """A value of any type from where the cursor is (WsReadType), whatever the element is called.

        ELEMENT is the element that comes next, ELEMENT_CONTENT what is left of the one around, ATTRIBUTE the open
        attribute, ANY_ELEMENT an element as an XmlBuffer.
        """
        if not isinstance(mapping, TypeMapping):
            raise InvalidArgument(f"mapping must be a wsx.TypeMapping, not {mapping!r}")
        if mapping is TypeMapping.ANY_ELEMENT and type is Type.XML_BUFFER:
            return self.read_xml_buffer()
        if mapping is not TypeMapping.ELEMENT:
            if type is Type.STRUCT and (mapping is TypeMapping.ATTRIBUTE or text_structure(description)):
                self.inside_of(mapping)
                return self.structure_of_text(description)
            if type in (Type.STRUCT, Type.UNION) and mapping is TypeMapping.ELEMENT_CONTENT:
                value = self.read_element(content_table(type, description, self.around()), option)
                return value["choice"] if type is Type.UNION else value
            self.inside_of(mapping)
            if type is Type.CUSTOM:
                return self.custom(description)
            return self.read_value(type, description)
        if self.read_to_start_element(required=False):
            local, ns = self.core.string(self.core.element_local), self.core.string(self.core.element_ns)
        else:
            local, ns = "element", ""
        return self.read_element(ElementDescription(local, ns, type, description), option)

    cdef int inside_of(self, object mapping) except -1:
        if (mapping is TypeMapping.ATTRIBUTE) != (self.attribute_ >= 0):
            raise InvalidOperation("an attribute is open" if self.attribute_ >= 0 else "no attribute is open")
        return 0

    cdef str around(self):
        """The namespace of the innermost element that is open, "" at the top."""
        cdef Py_ssize_t count = self.core.open_count if self.core is not None else 0
        if not count:
            return ""
        prefix, colon, _ = self.core.string(self.core.opens[count - 1].name).partition(":")
        return self.bound(prefix if colon else "") or ""

    cdef object custom(self, object description):
        """What the callback of a custom type reads from here on."""
        if not isinstance(description, CustomTypeDescription):
            raise InvalidArgument(f"type CUSTOM needs a CustomTypeDescription, not {description!r}")
        try:
            return description.read(self)
        except (WsError, MemoryError):
            raise
        except Exception as error:
            raise InvalidFormat(f"the callback of a custom type failed: {error}") from error

    cdef object structure_of_text(self, object description):
        """A structure that is all text, from where the cursor is."""
        AttributeDescription("a", "", Type.STRUCT, description)  # checks that it is
        text = escape(self.read_chars(), False)
        scope = self.core.scope_outside(self.core.binding_count)  # those of the start tag at the cursor included
        table = ElementDescription("e", dict(scope).get("", ""), Type.STRUCT, description)
        return Reader(b"<e>" + text + b"</e>", scope=scope).read_element(table)

    def read_array(self, local_name, ns, type, max_count=None):
        """The values of the elements of that name that follow each other (WsReadArray), at most ``max_count``; the
        cursor stays on whatever is something else."""
        cdef Slice text
        cdef list values = []
        cdef Py_ssize_t local_size, ns_size, most
        cdef const char* local_text
        cdef const char* ns_text
        self.begin()
        self.outside()
        local_text = utf8_of(local_name, "local_name", &local_size)
        ns_text = utf8_of(ns, "ns", &ns_size)
        if type is Type.XML_QNAME:
            raise InvalidArgument("an array holds values that need no namespaces")
        scalar_codec(type, None, False)
        if max_count is not None and (not isinstance(max_count, int) or max_count < 0):
            raise InvalidArgument(f"max_count must be an int of at least 0, not {max_count!r}")
        most = self.core.limits.items if max_count is None else max_count
        while max_count is None or len(values) < most:
            self.skip_blanks()
            if self.kind != ELEMENT or not same(&self.core.element_local, local_text, local_size) or not same(
                    &self.core.element_ns, ns_text, ns_size):
                break
            if len(values) >= most:
                self.core.over("max_items", most)
            self.core.no_attributes()
            self.simple_text(&text)
            values.append(self.decoded(type, None, text, self.core.offset(self.core.mark)))
            self.classify()
        self.faulted = False
        return values

    def read_xml_buffer(self):
        """The element that the cursor is on, with all that is in it, or at BOF the whole document, as an XmlBuffer in
        UTF-8 (WsReadXmlBuffer). White space and comments before an element are skipped."""
        cdef Reader core
        cdef const char* start
        self.begin()
        self.outside()
        core = self.core
        if self.kind != BOF:
            self.to_tag()
            if self.kind != ELEMENT:
                core.bad(self.at, "an element was expected")
        scope, core.held = core.scope(), core.offset(self.at)
        if self.kind != BOF:
            self.skip()
        else:
            while self.kind != EOF:
                self.leave()
        start = core.start + (core.held - core.base)
        data = start[:core.cursor - start]
        core.held = -1
        if self.kind != EOF:
            self.classify()
        self.faulted = False
        return XmlBuffer.of_content(data, scope)

    # --- positions ---------------------------------------------------------------------------------------------------

    @property
    def position(self):
        """The place of the node, for going back there (WsGetReaderPosition, WsSetReaderPosition).

        InvalidArgument for a position of another reader or of another input.
        """
        self.begin()
        self.outside()
        self.no_way_back()
        position = self.here()
        self.faulted = False
        return position

    @position.setter
    def position(self, position):
        self.begin()
        self.outside()
        self.no_way_back()
        if type(position) is not XmlPosition or (<XmlPosition>position).input is not self.input:
            raise InvalidArgument("the position is one of another input")
        self.go(position)
        self.faulted = False

    def move(self, to, *, bint required=True):
        """Goes to another node as seen from this one (WsMoveReader).

        True when there is one; otherwise the cursor stays, and InvalidFormat, or False when it is not ``required``.
        """
        cdef XmlPosition here
        self.begin()
        self.outside()
        if type(to) is not MoveTo:
            raise InvalidArgument(f"to must be a wsx.MoveTo, not {to!r}")
        self.no_way_back()
        here = self.here()
        found = self.try_move(to)
        if not found:
            self.go(here)
            if required:
                self.core.bad(self.at, f"there is no {to.name}")
        self.faulted = False
        return found

    # --- properties ----------------------------------------------------------------------------------------------

    @property
    def charset(self):
        """The Charset of the document, AUTO until it was looked at (WS_XML_READER_PROPERTY_CHARSET)."""
        return self.found

    @property
    def in_attribute(self):
        """Whether an attribute is open (…_IN_ATTRIBUTE)."""
        return self.attribute_ >= 0

    @property
    def row(self):
        """Line of the node, the first being 0 (…_ROW); counted from the beginning each time."""
        return self.lines()[0]

    @property
    def column(self):
        """Characters before the node in its line (…_COLUMN)."""
        return self.lines()[1]

    cdef tuple lines(self):
        if self.data is None:
            raise InvalidOperation("no input is set")
        if self.core is None:
            return 0, 0
        if not self.streamed:
            self.line = self.column_ = self.counted = 0
        self.count_lines(self.at)
        return self.line, self.column_


def cursor_on(Reader core, object quotas, source=None):
    """A cursor on the node where `core` stands, inside a document: the two share the place.

    When that document comes in pieces, the cursor takes them from the iterator `source` while it needs them.
    Between `cursor_left` and `cursor_back`, `core` may read on by itself.
    """
    cdef XmlReader cursor = XmlReader(b"", quotas=quotas, charset=Charset.UTF8)
    cursor.core = core
    # Going to the beginning is going to the outermost element: what is before it holds nothing.
    cursor.streamed = core.decoder is not None
    cursor.source = source
    cursor.counted = core.position
    if not cursor.streamed:
        cursor.first = core.opens[0].name.data - 1 - core.start if core.open_count else core.cursor - core.start
    cursor_back(cursor)
    return cursor


def cursor_left(XmlReader cursor):
    """Raises what any call of the cursor would: ObjectFaulted after a failure, InvalidOperation in an attribute."""
    cursor.begin()
    cursor.outside()
    cursor.faulted = False


def cursor_back(XmlReader cursor):
    """The cursor goes to where its core stands now."""
    cdef Reader core = cursor.core
    cursor.in_cdata = False
    if not core.pending:
        cursor.classify()
        return
    cursor.kind = ELEMENT
    cursor.at = core.tag
    cursor.after = NULL
    cursor.node_ = None
    cursor.root = True
    if cursor.streamed:
        cursor.mark_attributes()
