# cython: cdivision=True
"""Bytes → names, texts and attributes: a forward-only cursor over a document, without tree and without events.

The input is checked once, in one pass, for legal UTF-8 and legal characters (XML 1.0 §2.2); after that every slice of
it is known to be good. The names of a start tag are parsed and resolved when the cursor gets there; open elements and
namespace bindings stand on explicit stacks, so that the depth of a document never costs C stack.

Errors: InvalidFormat for what is not well-formed, QuotaExceeded for a limit of Quotas, both with the byte offset.
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_Items
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from libc.stdint cimport uint32_t
from libc.string cimport memchr, memcmp, memcpy
from libcpp cimport bool as cppbool

from wsx._buffer cimport out_append, out_close, out_length, out_open, out_reserve
from wsx._lexical_texts cimport decode_string

from wsx.charsets import Charset, after_declaration
from wsx.descriptions import XML_NAMESPACE, XMLNS_NAMESPACE, XSI_NAMESPACE
from wsx.errors import InvalidArgument, InvalidFormat, InvalidOperation, QuotaExceeded
from wsx.quotas import Quotas

cdef extern from "_utf8.h":
    cdef struct WsxInput:
        size_t invalid
        bint ascii
    WsxInput wsx_check_input(const char* text, size_t length) noexcept

cdef extern from "_text.h":
    size_t wsx_copy_text(char** out, size_t room, const char* text, size_t length) noexcept
    size_t wsx_scan_text(const char* text, size_t length) noexcept
    size_t wsx_scan_ncname(const char* text, size_t length) noexcept
    size_t wsx_scan_value(const char* text, size_t length, char quote, cppbool* plain) noexcept
    char* wsx_put_utf8(char* out, uint32_t c) noexcept

DEFAULT_QUOTAS = Quotas()


class MoreInput(Exception):
    """The input ends here for now: the call that raises this does what it should when more has been fed."""


# Up to so many attributes are compared each with each.
cdef enum:
    FEW_ATTRIBUTES = 24

cdef enum:
    NO_CHARACTER = 0x7FFFFFFF


cdef Limits limits_of(object quotas) except *:
    cdef Limits limits
    if type(quotas) is not Quotas:
        raise InvalidArgument(f"quotas must be wsx.Quotas, not {type(quotas).__name__}")
    limits.depth = quotas.max_depth
    limits.attributes = quotas.max_attributes
    limits.namespaces = quotas.max_namespaces
    limits.name_length = quotas.max_name_length
    limits.text_length = quotas.max_text_length
    limits.items = quotas.max_items
    limits.value_bytes = quotas.max_value_bytes
    limits.buffered = quotas.max_buffered_bytes
    return limits


cdef Limits DEFAULT_LIMITS = limits_of(DEFAULT_QUOTAS)

cdef bytes XML_NS = XML_NAMESPACE.encode()
cdef bytes XMLNS_NS = XMLNS_NAMESPACE.encode()
cdef bytes XSI_NS = XSI_NAMESPACE.encode()


cdef bint xsi(const Slice* ns) noexcept:
    """The namespace of xsi:type, xsi:nil and the schema locations, which XSD allows on every element."""
    return same(ns, PyBytes_AS_STRING(XSI_NS), PyBytes_GET_SIZE(XSI_NS))


cdef Py_ssize_t grown(void** array, void* inline_array, Py_ssize_t count, Py_ssize_t size) except -1:
    """Doubles an array that is full; returns its new capacity."""
    cdef Py_ssize_t capacity = count * 2
    cdef void* larger = PyMem_Malloc(capacity * size)
    if larger is NULL:
        raise MemoryError
    memcpy(larger, array[0], count * size)
    if array[0] is not inline_array:
        PyMem_Free(array[0])
    array[0] = larger
    return capacity


cdef class Scanner:
    """A cursor over a UTF-8 document or over a slice of one; `Reader` has the parameters."""

    def __cinit__(self, data, *, quotas=DEFAULT_QUOTAS, object start=None, object end=None, tuple scope=()):
        self.opens, self.open_capacity = self.inline_opens, INLINE_OPENS
        self.bindings, self.binding_capacity = self.inline_bindings, INLINE_BINDINGS
        self.attributes, self.attribute_capacity = self.inline_attributes, INLINE_ATTRIBUTES
        if isinstance(data, str):
            raise InvalidArgument("expected bytes, not str: encode the document as UTF-8")
        try:
            PyObject_GetBuffer(data, &self.view, PyBUF_SIMPLE)
        except (TypeError, BufferError) as error:
            raise InvalidArgument(f"expected bytes or a contiguous buffer, not {type(data).__name__}") from error
        self.viewed = True
        self.limits = DEFAULT_LIMITS if quotas is DEFAULT_QUOTAS else limits_of(quotas)
        self.open_input(0 if start is None else start, self.view.len if end is None else end, start is None)
        for prefix, ns in scope:
            pair = (prefix.encode(), ns.encode())
            self.keep_alive(pair)
            self.bind(slice_of(PyBytes_AS_STRING(pair[0]), PyBytes_GET_SIZE(pair[0])),
                      slice_of(PyBytes_AS_STRING(pair[1]), PyBytes_GET_SIZE(pair[1])))

    def __dealloc__(self):
        if self.opens is not self.inline_opens:
            PyMem_Free(self.opens)
        if self.bindings is not self.inline_bindings:
            PyMem_Free(self.bindings)
        if self.attributes is not self.inline_attributes:
            PyMem_Free(self.attributes)
        out_close(&self.scratch)
        if self.viewed:
            PyBuffer_Release(&self.view)

    cdef int open_input(self, Py_ssize_t start, Py_ssize_t end, bint whole) except -1:
        cdef WsxInput found
        if not 0 <= start <= end <= self.view.len:
            raise InvalidArgument(f"start and end must be within 0 and {self.view.len}, not {start} and {end}")
        self.start = <const char*>self.view.buf
        self.cursor = self.mark = self.start + start
        self.end = self.start + end
        if whole:
            self.read_declaration()
        found = wsx_check_input(self.cursor, self.end - self.cursor)
        self.ascii = found.ascii
        if <Py_ssize_t>found.invalid < self.end - self.cursor:
            return self.bad(self.cursor + found.invalid, "a byte that is no UTF-8 or no character of XML")
        return 0

    # --- errors --------------------------------------------------------------------------------------------------

    cdef Py_ssize_t offset(self, const char* place) noexcept:
        return place - self.start + self.base

    cdef int bad(self, const char* place, str text) except -1:
        raise InvalidFormat(text, offset=self.offset(place))

    cdef int truncated(self) except -1:
        return self.more() if self.partial else self.bad(self.end, "the document ends too early")

    cdef int more(self) except -1:
        """What is wanted stands behind the end of the input, which is not that of the document."""
        raise MoreInput

    cdef int over(self, str quota, Py_ssize_t limit) except -1:
        raise QuotaExceeded(f"more than {limit} ({quota})", offset=self.offset(self.cursor))

    # --- between the tags ----------------------------------------------------------------------------------------

    cdef int read_declaration(self) except -1:
        """Byte order mark and XML declaration; encodings other than UTF-8 are named in the error."""
        cdef Py_ssize_t length = self.end - self.cursor
        cdef const char* p = self.cursor
        if length >= 2 and ((<unsigned char>p[0] == 0xFF and <unsigned char>p[1] == 0xFE)
                            or (<unsigned char>p[0] == 0xFE and <unsigned char>p[1] == 0xFF)
                            or p[0] == 0 or p[1] == 0):
            return self.bad(p, "the encoding is not UTF-8")
        if length >= 3 and memcmp(p, b"\xEF\xBB\xBF", 3) == 0:
            p += 3
        if self.end - p >= 5 and memcmp(p, b"<?xml", 5) == 0:
            p = self.behind_declaration(p, Charset.UTF8, True)
        self.cursor = p
        return 0

    cdef const char* behind_declaration(self, const char* p, object charset, bint allowed) except NULL:
        """Behind the XML declaration at p, if there is one, of a document that came in that charset."""
        cdef const char* closing = <const char*>memchr(p, c">", self.end - p)
        cdef bytes head = <bytes>self.start[:(self.end if closing is NULL else closing + 1) - self.start]
        return self.start + <Py_ssize_t>after_declaration(memoryview(head), p - self.start, charset, allowed)

    cdef int skip_comment(self) except -1:
        """XML 1.0 §2.5: `--` must not occur inside."""
        cdef const char* p = self.cursor + 4
        while True:
            p = <const char*>memchr(p, c"-", self.end - p) if p < self.end else NULL
            if p is NULL or self.end - p < 3:
                return self.truncated()
            if p[1] == c"-":
                if p[2] != c">":
                    return self.bad(p, "`--` inside a comment")
                self.cursor = p + 3
                return 0
            p += 1

    cdef int skip_instruction(self) except -1:
        """XML 1.0 §2.6: a target that is not xml, then anything up to `?>`."""
        cdef const char* p = self.cursor + 2
        cdef Py_ssize_t length = wsx_scan_ncname(p, self.end - p)
        if length == 0 or (length == 3 and (<bytes>p[:3]).lower() == b"xml"):
            return self.bad(self.cursor, "a processing instruction with a bad target")
        p += length
        if self.end - p >= 2 and not is_space(p[0]) and (p[0] != c"?" or p[1] != c">"):
            return self.bad(p, "a processing instruction with a bad target")
        while True:
            p = <const char*>memchr(p, c"?", self.end - p) if p < self.end else NULL
            if p is NULL or self.end - p < 2:
                return self.truncated()
            if p[1] == c">":
                self.cursor = p + 2
                return 0
            p += 1

    cdef int skip_markup(self) except -1:
        """What begins with `<!` or `<?` at the cursor and is neither element nor CDATA."""
        if self.cursor[1] == c"?":
            return self.skip_instruction()
        if self.end - self.cursor >= 4 and memcmp(self.cursor, b"<!--", 4) == 0:
            return self.skip_comment()
        if self.end - self.cursor >= 9 and memcmp(self.cursor, b"<!DOCTYPE", 9) == 0:
            return self.bad(self.cursor, "a document type declaration (DTD) is always refused")
        return self.bad(self.cursor, "markup that cannot stand here")

    cdef int skip_misc(self) except -1:
        """White space, comments and processing instructions between elements; stops at another `<` or at the end of the
        document."""
        while self.cursor < self.end:
            if self.cursor[0] == c"<":
                if self.end - self.cursor < 2:
                    return self.truncated()
                if self.cursor[1] != c"!" and self.cursor[1] != c"?":
                    return 0
                self.skip_markup()
            elif is_space(self.cursor[0]):
                self.cursor += 1
            else:
                return self.bad(self.cursor, "text where only elements can stand")
        return self.more_misc() if self.partial else 0

    cdef int more_misc(self) except -1:
        """As `more`, where nothing has begun yet: what was skipped need not be read again."""
        return self.more()

    cdef int idle(self) except -1:
        if self.reading:
            raise InvalidOperation("the reader is in use: the constructor of a value being read called it")
        return 0

    cdef int state(self) except -1:
        """Moves to the next tag; parses it when it is a start tag. `<a/>` that was entered has an end tag yet."""
        if self.pending:
            return AT_START_TAG
        if self.at_empty:
            return AT_END_TAG
        self.skip_misc()
        if self.cursor == self.end:
            return AT_END
        if self.cursor[1] == c"/":
            return AT_END_TAG
        self.parse_tag()
        self.pending = True
        return AT_START_TAG

    # --- tags ----------------------------------------------------------------------------------------------------

    cdef int scan_name(self, Slice* name, Slice* prefix, Slice* local) except -1:
        """QName of Namespaces in XML 1.0 §4, at the cursor."""
        cdef const char* p = self.cursor
        cdef Py_ssize_t length = wsx_scan_ncname(p, self.end - p)
        prefix[0] = slice_of(p, 0)
        local[0] = slice_of(p, length)
        if length and p + length < self.end and p[length] == c":":
            prefix.length = length
            local[0] = slice_of(p + length + 1, wsx_scan_ncname(p + length + 1, self.end - p - length - 1))
            length += 1 + local.length
        if local.length == 0:
            if p + length >= self.end:
                return self.truncated()
            return self.bad(p, "a name was expected")
        if length > self.limits.name_length:
            return self.over("max_name_length", self.limits.name_length)
        name[0] = slice_of(p, length)
        self.cursor += length
        return 0

    cdef int open_element(self, Slice name) except -1:
        cdef Open* opened
        if self.open_count >= self.limits.depth:
            return self.over("max_depth", self.limits.depth)
        if self.open_count == self.open_capacity:
            self.open_capacity = grown(<void**>&self.opens, self.inline_opens, self.open_count, sizeof(Open))
        opened = &self.opens[self.open_count]
        opened.name = name
        opened.bindings = self.binding_count
        self.rooted = True
        self.open_count += 1
        self.attribute_count = 0
        self.self_closing = False
        return 0

    cdef int parse_tag(self) except -1:
        """The start tag at the cursor: opens the element, binds its declarations, resolves its names."""
        cdef Slice name
        cdef const char* before
        self.tag = self.mark = self.cursor
        self.cursor += 1
        self.scan_name(&name, &self.element_prefix, &self.element_local)
        self.open_element(name)
        while True:
            before = self.cursor
            while self.cursor < self.end and is_space(self.cursor[0]):
                self.cursor += 1
            if self.cursor == self.end:
                return self.truncated()
            if self.cursor[0] == c">":
                self.cursor += 1
                break
            if self.cursor[0] == c"/":
                if self.end - self.cursor < 2 or self.cursor[1] != c">":
                    return self.bad(self.cursor, "`/` that does not end the tag")
                self.cursor += 2
                self.self_closing = True
                break
            if before == self.cursor:
                return self.bad(self.cursor, "white space before an attribute was expected")
            self.parse_attribute()
        self.resolve(&self.element_prefix, &self.element_ns, False)
        if self.attribute_count:
            self.resolve_attributes()
        return 0

    cdef int parse_attribute(self) except -1:
        cdef Attribute* attribute
        cdef bint references = False
        cdef cppbool plain
        cdef Slice value
        cdef Py_ssize_t i, declared, left
        declared = self.binding_count - self.opens[self.open_count - 1].bindings
        if self.attribute_count + declared >= self.limits.attributes:
            return self.over("max_attributes", self.limits.attributes)
        if self.attribute_count == self.attribute_capacity:
            self.attribute_capacity = grown(<void**>&self.attributes, self.inline_attributes, self.attribute_count,
                                            sizeof(Attribute))
        attribute = &self.attributes[self.attribute_count]
        self.scan_name(&attribute.name, &attribute.prefix, &attribute.local)
        while self.cursor < self.end and is_space(self.cursor[0]):
            self.cursor += 1
        if self.cursor == self.end:
            return self.truncated()
        if self.cursor[0] != c"=":
            return self.bad(self.cursor, "`=` after an attribute's name was expected")
        self.cursor += 1
        while self.cursor < self.end and is_space(self.cursor[0]):
            self.cursor += 1
        if self.cursor == self.end:
            return self.truncated()
        if self.cursor[0] != c'"' and self.cursor[0] != c"'":
            return self.bad(self.cursor, "an attribute value in quotes was expected")
        left = self.end - self.cursor - 1
        attribute.value = slice_of(self.cursor + 1, wsx_scan_value(self.cursor + 1, left, self.cursor[0], &plain))
        if attribute.value.length > self.limits.text_length:
            return self.over("max_text_length", self.limits.text_length)
        if attribute.value.length == left:
            return self.truncated()
        attribute.plain = plain
        if not plain:
            for i in range(attribute.value.length):
                if attribute.value.data[i] == c"<":
                    return self.bad(attribute.value.data + i, "`<` in an attribute value")
                references = references or attribute.value.data[i] == c"&"
        self.cursor = attribute.value.data + attribute.value.length + 1
        if references:
            self.attribute_text(attribute, &value)  # they must be right even if nobody asks for the value
        if same(&attribute.name, b"xmlns", 5) or same(&attribute.prefix, b"xmlns", 5):
            return self.declare(attribute)
        self.attribute_count += 1
        return 0

    cdef int declare(self, const Attribute* attribute) except -1:
        """A namespace declaration (Namespaces in XML 1.0 §2, §3: xml and xmlns are bound for good)."""
        cdef Slice prefix = attribute.local, ns
        cdef Py_ssize_t i
        cdef bint is_xml
        if attribute.prefix.length == 0:
            prefix.length = 0
        for i in range(self.opens[self.open_count - 1].bindings, self.binding_count):
            if same(&prefix, self.bindings[i].prefix.data, self.bindings[i].prefix.length):
                return self.bad(attribute.name.data, "a prefix is declared twice in one tag")
        self.attribute_text(attribute, &ns)
        if not attribute.plain:
            kept = <bytes>ns.data[:ns.length]
            self.keep_alive(kept)
            ns.data = PyBytes_AS_STRING(kept)
        is_xml = same(&prefix, b"xml", 3)
        if (
            same(&prefix, b"xmlns", 5)
            or is_xml != same(&ns, PyBytes_AS_STRING(XML_NS), PyBytes_GET_SIZE(XML_NS))
            or same(&ns, PyBytes_AS_STRING(XMLNS_NS), PyBytes_GET_SIZE(XMLNS_NS))
            or (prefix.length and not ns.length)
        ):
            return self.bad(attribute.name.data, "a namespace declaration that is not allowed")
        return self.bind(prefix, ns)

    cdef int bind(self, Slice prefix, Slice ns) except -1:
        if self.binding_count >= self.limits.namespaces:
            return self.over("max_namespaces", self.limits.namespaces)
        if self.binding_count == self.binding_capacity:
            self.binding_capacity = grown(<void**>&self.bindings, self.inline_bindings, self.binding_count,
                                          sizeof(Binding))
        self.bindings[self.binding_count].prefix = prefix
        self.bindings[self.binding_count].ns = ns
        self.binding_count += 1
        return 0

    cdef int keep_alive(self, object kept) except -1:
        if self.keep is None:
            self.keep = []
        self.keep.append(kept)
        return 0

    cdef int resolve(self, const Slice* prefix, Slice* ns, bint attribute) except -1:
        """The namespace that a prefix stands for; the default one does not apply to attributes."""
        cdef Py_ssize_t i
        if prefix.length == 0 and attribute:
            ns[0] = slice_of(b"", 0)
            return 0
        for i in range(self.binding_count - 1, -1, -1):
            if same(prefix, self.bindings[i].prefix.data, self.bindings[i].prefix.length):
                ns[0] = self.bindings[i].ns
                return 0
        if prefix.length == 0:
            ns[0] = slice_of(b"", 0)
        elif same(prefix, b"xml", 3):
            ns[0] = slice_of(PyBytes_AS_STRING(XML_NS), PyBytes_GET_SIZE(XML_NS))
        else:
            return self.bad(prefix.data, f"the prefix {self.string(prefix[0])} is not bound to a namespace")
        return 0

    cdef int resolve_attributes(self) except -1:
        """Namespaces of the attributes; two with the same name are an error (Namespaces in XML 1.0 §6.3)."""
        cdef Py_ssize_t i, j
        cdef Attribute* one
        cdef Attribute* other
        cdef object seen = None
        if self.attribute_count > FEW_ATTRIBUTES:
            seen = set()  # Python's hashes are seeded: no sender can make them collide
        for i in range(self.attribute_count):
            one = &self.attributes[i]
            self.resolve(&one.prefix, &one.ns, True)
            if seen is not None:
                seen.add((<bytes>one.ns.data[:one.ns.length], <bytes>one.local.data[:one.local.length]))
                if len(seen) == i:
                    return self.bad(one.name.data, f"attribute {self.string(one.name)} stands twice")
                continue
            for j in range(i):
                other = &self.attributes[j]
                if same(&one.local, other.local.data, other.local.length) and same(&one.ns, other.ns.data,
                                                                                   other.ns.length):
                    return self.bad(one.name.data, f"attribute {self.string(one.name)} stands twice")
        return 0

    cdef int end_tag(self) except -1:
        """Consumes the end tag of the innermost element."""
        cdef Slice* name = &self.opens[self.open_count - 1].name
        cdef const char* p = self.cursor
        if self.end - p < name.length + 3:
            if p == self.end:
                return self.truncated()
            return self.unexpected_end()
        if p[0] != c"<" or p[1] != c"/" or not wsx_same(p + 2, name.data, name.length):
            return self.unexpected_end()
        p += 2 + name.length
        if p[0] != c">":
            while p < self.end and is_space(p[0]):
                p += 1
            if p == self.end:
                return self.truncated()
            if p[0] != c">":
                return self.unexpected_end()
        self.cursor = p + 1
        self.close_element()
        return 0

    cdef int unexpected_end(self) except -1:
        return self.bad(self.cursor, f"</{self.string(self.opens[self.open_count - 1].name)}> was expected")

    cdef void close_element(self) noexcept:
        self.open_count -= 1
        self.binding_count = self.opens[self.open_count].bindings

    # --- text ----------------------------------------------------------------------------------------------------

    cdef bint is_ascii(self, const Slice* text) noexcept:
        """Is that known without a look? In the scratch there is what character references stood for."""
        return self.ascii and (self.start <= text.data < self.end
                               or self.references_ascii and text.data == self.scratch.start)

    cdef object string(self, Slice text):
        return decode_string(text.data, text.length, self.is_ascii(&text))

    cdef int reference(self) except -1:
        """Appends to the scratch what the reference at the cursor stands for: five entities and characters."""
        cdef const char* p = self.cursor + 1
        cdef const char* semicolon = NULL
        cdef uint32_t c = 0
        cdef Py_ssize_t length
        if p < self.end and p[0] == c"#":  # any number of digits, leading zeros included
            semicolon = p + 1
            while semicolon < self.end and (is_hex(semicolon[0]) or (semicolon == p + 1 and semicolon[0] == c"x")):
                semicolon += 1
            if semicolon == self.end or semicolon[0] != c";":
                semicolon = NULL
        elif p < self.end:
            semicolon = <const char*>memchr(p, c";", min(self.end - p, 5))
        if semicolon is NULL:
            return self.bad(self.cursor, "`&` that begins no reference")
        length = semicolon - p
        if length == 2 and memcmp(p, b"lt", 2) == 0:
            c = c"<"
        elif length == 2 and memcmp(p, b"gt", 2) == 0:
            c = c">"
        elif length == 3 and memcmp(p, b"amp", 3) == 0:
            c = c"&"
        elif length == 4 and memcmp(p, b"quot", 4) == 0:
            c = c'"'
        elif length == 4 and memcmp(p, b"apos", 4) == 0:
            c = c"'"
        else:
            c = character_of(p, length, self.any_reference)
            if c == NO_CHARACTER:
                return self.bad(self.cursor, "a reference that XML does not allow")
        out_reserve(&self.scratch, 4)
        if c == 0xFFFE or c == 0xFFFF:
            out_append(&self.scratch, b"\xEF\xBF\xBE" if c == 0xFFFE else b"\xEF\xBF\xBF", 3)
        else:
            self.scratch.cursor = wsx_put_utf8(self.scratch.cursor, c)
        if c >= 0x80:
            self.references_ascii = False
        self.cursor = semicolon + 1
        return 0

    cdef int cdata(self) except -1:
        """Appends the CDATA section at the cursor to the scratch, line ends normalised (XML 1.0 §2.11)."""
        cdef const char* p = self.cursor + 9
        cdef const char* close = p
        while True:
            close = <const char*>memchr(close, c"]", self.end - close) if close < self.end else NULL
            if close is NULL or self.end - close < 3:
                if (self.end - p) // 2 > self.limits.text_length:  # two bytes may be one line end
                    return self.over("max_text_length", self.limits.text_length)
                return self.truncated()
            if close[1] == c"]" and close[2] == c">":
                break
            close += 1
        while p < close:
            if p[0] == c"\r":
                out_append(&self.scratch, b"\n", 1)
                if p + 1 < close and p[1] == c"\n":
                    p += 1
            else:
                out_append(&self.scratch, p, 1)
            p += 1
        self.cursor = close + 3
        return 0

    cdef int text_piecewise(self) except -1:
        """Collects the character data up to the next tag in the scratch."""
        cdef Py_ssize_t length
        while True:
            self.cursor += wsx_copy_text(&self.scratch.cursor, self.scratch.limit - self.scratch.cursor, self.cursor,
                                         self.end - self.cursor)
            length = wsx_scan_text(self.cursor, self.end - self.cursor)
            out_append(&self.scratch, self.cursor, length)
            self.cursor += length
            if out_length(&self.scratch) > self.limits.text_length:
                return self.over("max_text_length", self.limits.text_length)
            if self.cursor == self.end:
                return self.truncated()
            if self.cursor[0] == c"&":
                self.reference()
            elif self.cursor[0] == c"\r":
                out_append(&self.scratch, b"\n", 1)
                self.cursor += 1
                if self.cursor < self.end and self.cursor[0] == c"\n":
                    self.cursor += 1
            elif self.cursor[0] == c"]":
                return self.bad(self.cursor, "`]]>` in text")
            elif self.end - self.cursor < 2:
                return self.truncated()
            elif self.cursor[1] == c"!" and self.end - self.cursor >= 9 and memcmp(self.cursor, b"<![CDATA[", 9) == 0:
                self.cdata()
            elif self.cursor[1] == c"!" or self.cursor[1] == c"?":
                self.skip_markup()
            else:
                return 0

    cdef int text(self, Slice* text) except -1:
        """The character data up to the next tag: a slice of the input, else of the scratch."""
        cdef Py_ssize_t length = wsx_scan_text(self.cursor, self.end - self.cursor)
        self.mark = self.cursor
        if self.end - self.cursor - length >= 2 and self.cursor[length] == c"<":
            if self.cursor[length + 1] != c"!" and self.cursor[length + 1] != c"?":
                if length > self.limits.text_length:
                    return self.over("max_text_length", self.limits.text_length)
                text[0] = slice_of(self.cursor, length)
                self.cursor += length
                return 0
        if self.scratch.owner is NULL:
            out_open(&self.scratch, 1024)
        self.scratch.cursor = self.scratch.start
        self.references_ascii = True
        self.text_piecewise()
        text[0] = slice_of(self.scratch.start, out_length(&self.scratch))
        return 0

    cdef int attribute_text(self, const Attribute* attribute, Slice* text) except -1:
        """The value of an attribute, normalised (XML 1.0 §3.3.3)."""
        cdef const char* after = self.cursor
        cdef const char* end = attribute.value.data + attribute.value.length
        self.mark = attribute.value.data
        if attribute.plain:
            text[0] = attribute.value
            return 0
        if self.scratch.owner is NULL:
            out_open(&self.scratch, 1024)
        self.scratch.cursor = self.scratch.start
        self.references_ascii = True
        self.cursor = attribute.value.data
        while self.cursor < end:
            if self.cursor[0] == c"&":
                self.reference()
                if self.cursor > end:
                    return self.bad(self.mark, "`&` that begins no reference")
                continue
            if is_space(self.cursor[0]):
                out_append(&self.scratch, b" ", 1)
                if self.cursor[0] == c"\r" and self.cursor + 1 < end and self.cursor[1] == c"\n":
                    self.cursor += 1
            else:
                out_append(&self.scratch, self.cursor, 1)
            self.cursor += 1
        self.cursor = after
        text[0] = slice_of(self.scratch.start, out_length(&self.scratch))
        return 0

    # --- simple elements -----------------------------------------------------------------------------------------

    cdef int nil(self) except -1:
        """Does the start tag say xsi:nil? `true` and `1` do, `false` and `0` do not."""
        cdef Attribute* attribute
        cdef Slice value
        cdef Py_ssize_t i
        for i in range(self.attribute_count):
            attribute = &self.attributes[i]
            if same(&attribute.local, b"nil", 3) and xsi(&attribute.ns):
                self.attribute_text(attribute, &value)
                while value.length and is_space(value.data[0]):
                    value = slice_of(value.data + 1, value.length - 1)
                while value.length and is_space(value.data[value.length - 1]):
                    value.length -= 1
                if same(&value, b"true", 4) or same(&value, b"1", 1):
                    return True
                if same(&value, b"false", 5) or same(&value, b"0", 1):
                    return False
                return self.bad(attribute.value.data, "xsi:nil that is no xs:boolean")
        return False

    cdef int simple_text(self, Slice* text) except -1:
        """The text of an element without children, its end tag consumed."""
        if self.self_closing:
            self.mark = self.cursor
            self.close_element()
            text[0] = slice_of(self.cursor, 0)
            return 0
        self.text(text)
        if self.cursor[1] != c"/":
            return self.bad(self.cursor, "an element inside simple content")
        return self.end_tag()

    cdef int no_content(self) except -1:
        """A nil element must be empty."""
        cdef Slice text
        self.simple_text(&text)
        if text.length:
            return self.bad(self.mark, "an element with xsi:nil has content")
        return 0

    cdef int skip_rest(self) except -1:
        """Skips the element whose start tag was read."""
        cdef Py_ssize_t outside = self.open_count - 1
        cdef Slice text
        if self.self_closing:
            self.close_element()
            return 0
        while self.open_count > outside:
            self.text(&text)
            if self.cursor[1] == c"/":
                self.end_tag()
            else:
                self.parse_tag()
                if self.self_closing:
                    self.close_element()
        return 0

    cdef int skip_to_end_tag(self) except -1:
        """Skips what is left of the innermost element, up to its end tag."""
        cdef Slice text
        if self.partial:
            self.floor = min(self.floor, self.open_count - 1)
        while True:
            self.text(&text)
            if self.cursor[1] == c"/":
                return 0
            self.parse_tag()
            self.skip_rest()

    # --- the cursor --------------------------------------------------------------------------------------------

    @property
    def position(self):
        """Byte offset of the cursor in the data."""
        return self.offset(self.tag if self.pending else self.cursor)

    def scope(self):
        """The (prefix, namespace) bindings in force at the cursor."""
        cdef Py_ssize_t i, count = self.binding_count
        if self.pending:
            count = self.opens[self.open_count - 1].bindings
        found = {}
        for i in range(count):
            prefix = self.string(self.bindings[i].prefix)
            found.pop(prefix, None)
            found[prefix] = self.string(self.bindings[i].ns)
        return tuple(PyDict_Items(found))

    def peek(self):
        """(namespace, local name) of the start tag that comes next; None at an end tag or at the end of the data.

        White space, comments and processing instructions are skipped. Raises InvalidFormat for other text.
        """
        self.idle()
        if self.state() != AT_START_TAG:
            return None
        return self.string(self.element_ns), self.string(self.element_local)

    def start_element(self):
        """Enters the element that comes next; returns its attributes as (namespace, local name, value)."""
        cdef Py_ssize_t i
        cdef Slice value
        self.idle()
        if self.state() != AT_START_TAG:
            self.bad(self.cursor, "an element was expected")
        self.pending = False
        self.at_empty = self.self_closing
        found = []
        for i in range(self.attribute_count):
            self.attribute_text(&self.attributes[i], &value)
            found.append((self.string(self.attributes[i].ns), self.string(self.attributes[i].local),
                          self.string(value)))
        return found

    def end_element(self):
        """Leaves the innermost element: its end tag must come next (white space, comments are skipped)."""
        self.idle()
        if self.open_count - self.pending == 0:
            raise InvalidOperation("no element is open here")
        if self.pending:
            self.bad(self.tag, "the end of the element was expected")
        if self.at_empty:
            self.at_empty = False
            self.close_element()
            return
        self.skip_misc()
        if self.cursor < self.end and self.cursor[1] != c"/":
            self.bad(self.cursor, "the end of the element was expected")
        self.end_tag()

    def skip_element(self):
        """Skips the element that comes next, checked for well-formedness; returns its (start, end) byte offsets."""
        self.idle()
        if self.state() != AT_START_TAG:
            self.bad(self.cursor, "an element was expected")
        cdef Py_ssize_t start = self.offset(self.tag)
        self.pending = False
        self.skip_rest()
        return start, self.offset(self.cursor)

    def read_text(self):
        """The character data up to the next tag, which stays where it is."""
        cdef Slice text
        self.idle()
        if self.pending or self.at_empty:
            return ""
        self.text(&text)
        return self.string(text)

    def end_document(self):
        """Checks that only white space, comments and processing instructions follow."""
        self.idle()
        if self.pending:
            self.bad(self.tag, "a second element at the top of the document")
        self.skip_misc()
        if self.cursor < self.end:
            self.bad(self.cursor, "only comments can follow the document's element")
        if self.open_count:
            self.truncated()
        if not self.rooted:
            self.bad(self.cursor, "a document without an element")


cdef bint is_hex(char c) noexcept:
    return c"0" <= c <= c"9" or c"a" <= c <= c"f" or c"A" <= c <= c"F"


cdef uint32_t character_of(const char* text, Py_ssize_t length, bint any) noexcept:
    """The character of `#65` or `#x41`; NO_CHARACTER when it is malformed, or forbidden and not `any` will do."""
    cdef uint32_t c = 0, digit
    cdef bint hexadecimal = length > 1 and text[1] == c"x"
    cdef Py_ssize_t i = 2 if hexadecimal else 1
    if i >= length or text[0] != c"#":
        return NO_CHARACTER
    while i < length:
        digit = <uint32_t>text[i] - c"0"
        if hexadecimal and digit > 9:
            digit = (<uint32_t>text[i] | 0x20) - c"a" + 10
            if not 10 <= digit <= 15:
                return NO_CHARACTER
        elif digit > 9:
            return NO_CHARACTER
        c = c * (16 if hexadecimal else 10) + digit
        if c > 0x10FFFF:
            return NO_CHARACTER
        i += 1
    if 0xD800 <= c < 0xE000:
        return NO_CHARACTER
    if not any and (c < 0x20 and c != 0x9 and c != 0xA and c != 0xD or c == 0xFFFE or c == 0xFFFF):
        return NO_CHARACTER
    return c
