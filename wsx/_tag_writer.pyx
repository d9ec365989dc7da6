# cython: cdivision=True
"""Start tags, attributes, declarations: the part of XmlWriter that knows where in a document it is.

A start tag is collected beside the output until something follows it, because what it must declare is only known then
(serialization.md §10): its attributes in call order, then the declarations with a prefix, explicit ones first, then
the default namespace. A failure leaves the writer faulted: what was written up to there is no document any more.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_Items
from cpython.mem cimport PyMem_Free, PyMem_Realloc
from cpython.object cimport PyObject
from libc.string cimport memcpy

from wsx._buffer cimport out_append, out_close, out_length, out_open, out_reserve
from wsx._lexical_texts cimport escape
from wsx._nodes cimport wanted
from wsx._scalars cimport ScalarCodec, scalar_codec

import dataclasses

from wsx.charsets import Charset, declaration, encode
from wsx.cursors import XmlWriterProperties
from wsx.descriptions import XML_NAMESPACE, XMLNS_NAMESPACE, Type
from wsx.errors import InvalidArgument, InvalidFormat, InvalidOperation, ObjectFaulted, QuotaExceeded

cdef extern from "_text.h":
    size_t wsx_scan_ncname(const char* text, size_t length) noexcept

cdef extern from "Python.h":
    const char* PyUnicode_AsUTF8AndSize(object text, Py_ssize_t* size) except NULL
    Py_ssize_t PY_SSIZE_T_MAX

cdef str XML_NS = XML_NAMESPACE
cdef str XMLNS_NS = XMLNS_NAMESPACE
cdef tuple NOWHERE = ("", "")
cdef object DEFAULTS = XmlWriterProperties()


cdef int check_names(object local, object ns, object prefix) except -1:
    """The arguments of a call that names an element or attribute."""
    wanted(local, "local_name")
    wanted(ns, "ns")
    if prefix is not None:
        wanted(prefix, "prefix")
        if prefix and not ns:
            raise InvalidFormat(f"prefix {prefix!r} without a namespace")
        if prefix:
            check_name(prefix)
    return check_name(local)


cdef int check_name(str name) except -1:
    """NCName of Namespaces in XML 1.0 §3."""
    cdef Py_ssize_t size
    cdef const char* text
    try:
        text = PyUnicode_AsUTF8AndSize(name, &size)
    except UnicodeEncodeError:
        raise InvalidFormat(f"{name!r} is no name (NCName)") from None
    if size == 0 or <Py_ssize_t>wsx_scan_ncname(text, size) != size:
        raise InvalidFormat(f"{name!r} is no name (NCName)")
    return 0


cdef int append(Out* out, str text) except -1:
    """Appends a checked name."""
    cdef Py_ssize_t size
    cdef const char* data = PyUnicode_AsUTF8AndSize(text, &size)
    return out_append(out, data, size)


cdef int append_bytes(Out* out, bytes data) except -1:
    return out_append(out, PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data))


cdef int append_name(Out* out, str prefix, str local) except -1:
    if prefix:
        append(out, prefix)
        out_append(out, b":", 1)
    return append(out, local)


cdef int append_declaration(Out* out, str prefix, str ns, bint single_quote) except -1:
    out_append(out, b" xmlns", 6)
    if prefix:
        out_append(out, b":", 1)
        append(out, prefix)
    if single_quote:
        out_append(out, b"='", 2)
        append_bytes(out, single_quoted(escape(ns, True)))
        return out_append(out, b"'", 1)
    out_append(out, b'="', 2)
    append_bytes(out, escape(ns, True))
    return out_append(out, b'"', 1)


def is_default(declared):
    """Sorts declarations: the default namespace last."""
    return not declared[0]


cdef bytes single_quoted(bytes escaped):
    """What was escaped for double quotes, for single ones (serialization.md §11)."""
    return escaped.replace(b"&quot;", b'"').replace(b"'", b"&apos;")


cdef bytes unescaped(bytes escaped):
    """The characters themselves, for CDATA sections and comments: every `&` of ours begins one of these."""
    for reference, character in ((b"&lt;", b"<"), (b"&gt;", b">"), (b"&#xD;", b"\r"), (b"&amp;", b"&")):
        escaped = escaped.replace(reference, character)
    return escaped


cdef object changed(object properties, dict changes):
    if type(properties) is not XmlWriterProperties:
        raise InvalidArgument(f"properties must be wsx.XmlWriterProperties, not {properties!r}")
    try:
        return dataclasses.replace(properties, **changes) if changes else properties
    except TypeError as error:  # a property that does not exist
        raise InvalidArgument(str(error)) from None


cdef class WriterPosition:
    """A place in the document of a writer (WS_XML_NODE_POSITION); only the writer makes them."""

    def __init__(self):
        raise InvalidArgument("a position comes from XmlWriter.position")


cdef class TagWriter:
    """Elements, attributes and declarations of a document; `XmlWriter` has the parameters."""

    def __init__(self, sink=None, *, properties=DEFAULTS, **changes):
        self.base = changed(properties, changes)
        self.prepare(sink, self.base)

    def __dealloc__(self):
        out_close(&self.tag)
        out_close(&self.names)
        PyMem_Free(self.levels)

    cdef int prepare(self, object sink, object properties) except -1:
        """A new output: everything of the one before is forgotten."""
        if self.busy:
            raise InvalidOperation("the writer is in use: a value being written called it")
        if sink is not None and not callable(sink):
            raise InvalidArgument(f"sink must be a callable that takes bytes, not {type(sink).__name__}")
        self.properties = properties
        self.sink = sink
        self.max_depth = properties.max_depth
        self.max_attributes = properties.max_attributes
        self.max_namespaces = properties.max_namespaces
        self.buffer_max_size = PY_SSIZE_T_MAX if properties.buffer_max_size is None else properties.buffer_max_size
        self.flush_size = PY_SSIZE_T_MAX if sink is None or properties.flush_size is None else properties.flush_size
        self.indent = properties.indent
        self.output = Output()
        if self.tag.owner is NULL:  # new, or lost when there was no memory for it to grow
            out_open(&self.tag, 256)
        if self.names.owner is NULL:
            out_open(&self.names, 256)
        self.tag.cursor = self.tag.start
        self.names.cursor = self.names.start
        self.depth_ = 0
        self.faulted = self.begun = self.marked = self.root = False
        self.tag_open = self.in_attribute_ = self.in_cdata = False
        self.carry = b""
        self.decoder = None
        self.elements, self.bindings, self.explicit, self.needed = [], [], [], []
        self.attribute_names = set()
        self.conflict = None
        self.scope_ = None
        self.document = object()
        self.pieces = None
        self.place = self.held = self.floor = 0
        self.armed = True
        return 0

    def set_output(self, sink=None, **changes):
        """Begins another document (WsSetOutput); the keywords replace properties of the constructor for this one."""
        self.prepare(sink, changed(self.base, changes))

    def close(self):
        """Gives the output back (WsFreeWriter): nothing is flushed, and calls raise InvalidOperation until
        ``set_output``."""
        self.prepare(None, self.properties)
        self.armed = False

    # --- states --------------------------------------------------------------------------------------------------

    cdef int check(self) except -1:
        if not self.armed:
            raise InvalidOperation("no output is set")
        if self.busy:
            raise InvalidOperation("the writer is in use: a value being written called it")
        if self.faulted:
            raise ObjectFaulted("an earlier failure left the writer unusable; set_output begins another document")
        return 0

    cdef int begin(self) except -1:
        """Enters a call; when it is left by an error the writer stays faulted."""
        self.check()
        self.faulted = True
        return 0

    cdef int done(self) except -1:
        if self.held + out_length(&self.output.out) + out_length(&self.tag) > self.buffer_max_size:
            raise QuotaExceeded(f"more than {self.buffer_max_size} bytes (buffer_max_size)")
        if out_length(&self.output.out) >= self.flush_size:
            self.hand_over()
        self.faulted = False
        return 0

    cdef int hand_over(self) except -1:
        """Gives the sink what was written, but for brackets that may become a part of `]]>` in CDATA."""
        cdef Py_ssize_t kept = self.brackets if self.in_cdata else 0
        cdef Py_ssize_t size = out_length(&self.output.out) - kept
        if size <= 0:
            return 0
        self.output.out.cursor -= kept
        data = self.written()
        self.output.truncate(0)
        append_bytes(&self.output.out, b"]" * kept)
        self.marked = True
        self.busy = True
        try:
            self.sink(data)
        finally:
            self.busy = False
        return 0

    cdef int settle(self) except -1:
        """Ends a run of base64 or of UTF-8 that was given in pieces."""
        cdef bytes rest
        if self.carry:
            rest, self.carry = self.carry, b""
            self.put_base64(rest)
        if self.decoder is not None:
            if self.decoder.getstate()[0]:
                raise InvalidFormat("the last character given as UTF-8 is incomplete")
            self.decoder = None
        return 0

    cdef int put_base64(self, bytes data) except -1:
        cdef ScalarCodec codec = scalar_codec(Type.BYTES, None, False)
        return codec.codec.write(self.target(), <PyObject*>data, &codec.codec)

    cdef int between(self) except -1:
        """Where an element or comment may begin or end: neither in an attribute nor in CDATA."""
        if self.in_attribute_:
            raise InvalidOperation("an attribute is open")
        if self.in_cdata:
            raise InvalidOperation("a CDATA section is open")
        return self.settle()

    cdef int start_document(self) except -1:
        if not self.begun:
            self.begun = True
            if self.properties.write_declaration:
                append_bytes(&self.output.out, declaration(self.properties.charset))
                if self.indent:
                    out_append(&self.output.out, b"\n", 1)
        return 0

    cdef int break_line(self, Out* out, Py_ssize_t level) except -1:
        cdef Py_ssize_t i, width = self.indent * level
        out_reserve(out, width + 1)
        out.cursor[0] = c"\n"
        for i in range(width):
            out.cursor[i + 1] = c" "
        out.cursor += width + 1
        return 0

    cdef int grow(self) except -1:
        cdef Py_ssize_t capacity = self.capacity * 2 if self.capacity else 16
        cdef Level* larger = <Level*>PyMem_Realloc(self.levels, capacity * sizeof(Level))
        if larger is NULL:
            raise MemoryError
        self.levels = larger
        self.capacity = capacity
        return 0

    @property
    def depth(self):
        """Elements that are open."""
        self.check()
        return self.depth_

    @property
    def in_attribute(self):
        """Whether an attribute is open (WS_XML_WRITER_PROPERTY_IN_ATTRIBUTE)."""
        self.check()
        return self.in_attribute_

    @property
    def charset(self):
        """The Charset of the output (…_CHARSET)."""
        return self.properties.charset

    @property
    def bytes_written(self):
        """Bytes of the output, an open start tag not counted; with a sink since the last flush (…_BYTES_WRITTEN)."""
        self.check()
        return len(self.written())

    @property
    def bytes_to_close(self):
        """Bytes that closing everything open takes at most, an open start tag included (…_BYTES_TO_CLOSE)."""
        self.check()
        cdef Py_ssize_t size = out_length(&self.names) + (self.indent * self.depth_ + 4) * self.depth_ + 8
        if self.tag_open:
            size += out_length(&self.tag) + sum(
                16 + 6 * (len(prefix) + len(ns)) for prefix, ns in [self.elements[-1], *self.needed])
            size += sum(16 + 6 * (len(prefix) + len(ns)) for prefix, ns, _ in self.explicit)
        return size * (1 if self.properties.charset is Charset.UTF8 else 2) if self.depth_ else 0

    cdef Out* target(self) noexcept:
        return &self.tag if self.in_attribute_ else &self.output.out

    cdef bytes written(self):
        cdef bytes data = PyBytes_FromStringAndSize(self.output.out.start, out_length(&self.output.out))
        if self.pieces is not None:
            whole = self.pieces[:self.place] + [data] + self.pieces[self.place:]
            data = b"".join([piece for piece in whole if type(piece) is bytes])
        return encode(data, self.properties.charset, mark=self.begun and not self.marked)

    # --- positions -----------------------------------------------------------------------------------------------

    cdef int keep_piece(self) except -1:
        """Moves what was written to the pieces of the document."""
        cdef bytes piece
        if self.pieces is None:
            self.pieces = []
        if out_length(&self.output.out):
            piece = PyBytes_FromStringAndSize(self.output.out.start, out_length(&self.output.out))
            self.pieces.insert(self.place, piece)
            self.place += 1
            self.held += len(piece)
            self.output.truncate(0)
        return 0

    cdef WriterPosition here(self):
        """The place between the pieces where the writer is, kept there."""
        cdef WriterPosition made = WriterPosition.__new__(WriterPosition)
        made.document = self.document
        made.elements, made.bindings = self.elements[:], self.bindings[:]
        made.names = PyBytes_FromStringAndSize(self.names.start, out_length(&self.names))
        made.levels = PyBytes_FromStringAndSize(<char*>self.levels, self.depth_ * sizeof(Level))
        self.pieces.insert(self.place, made)
        self.place += 1
        return made

    cdef bint at_end(self, Py_ssize_t place) except -1:
        """Is the place behind all that was written, so that the elements open there are still to be ended?"""
        return not any([type(piece) is bytes for piece in self.pieces[place:]])

    @property
    def position(self):
        """Where the writer is, a WriterPosition (WsGetWriterPosition); an open start tag is completed.

        Setting it (WsSetWriterPosition) goes there: what is written then stands before what was written behind that
        position. The elements that are open there cannot be ended from there, unless nothing stands behind it; those
        begun there must be ended before the writer leaves. InvalidOperation with a sink, inside an attribute or CDATA;
        InvalidArgument for a position of another document.
        """
        cdef WriterPosition made
        self.begin()
        if self.sink is not None:
            raise InvalidOperation("the output goes to a sink: it has no positions")
        self.between()
        if self.tag_open:
            self.commit(False)
        self.start_document()
        self.keep_piece()
        made = self.here()
        self.done()
        return made

    @position.setter
    def position(self, value):
        cdef WriterPosition given
        self.begin()
        if type(value) is not WriterPosition or (<WriterPosition>value).document is not self.document:
            raise InvalidArgument("not a position of this writer's document")
        given = value
        self.between()
        if self.depth_ > self.floor and not self.at_end(self.place):
            raise InvalidOperation("elements that were begun at a position are still open")
        if self.tag_open:
            self.commit(False)
        self.keep_piece()
        if self.at_end(self.place):
            self.here()  # `move` needs what is open at the end
        self.place = [piece is given for piece in self.pieces].index(True)
        self.elements, self.bindings = given.elements[:], given.bindings[:]
        self.depth_ = len(given.elements)
        self.names.cursor = self.names.start
        append_bytes(&self.names, given.names)
        while self.capacity < self.depth_:  # a fragment that was written as it is has elements of its own
            self.grow()
        if self.depth_:
            memcpy(self.levels, PyBytes_AS_STRING(given.levels), self.depth_ * sizeof(Level))
        self.floor = 0 if self.at_end(self.place) else self.depth_
        self.scope_ = None
        self.done()

    # --- namespaces ----------------------------------------------------------------------------------------------

    cdef tuple around(self):
        """(prefix, namespace) of the innermost element; at the top, none."""
        return self.elements[-1] if self.depth_ else NOWHERE

    cdef str bound(self, str prefix):
        """The namespace that a prefix stands for outside the open start tag, None when for none."""
        cdef tuple pair
        for pair in reversed(self.bindings):
            if <str>pair[0] == prefix:
                return pair[1]
        if not prefix:
            return ""
        return XML_NS if prefix == "xml" else None

    cdef str attribute_prefix(self, str ns):
        """A prefix for an attribute in that namespace: that of the element, one declared here, one in scope, else a
        new one, a, b, … as for xsi:nil."""
        cdef str prefix, found
        if not ns:
            return ""
        if ns == XML_NS:
            return "xml"
        here = {prefix_: ns_ for prefix_, ns_ in self.needed}
        here.update((prefix_, ns_) for prefix_, ns_, _ in self.explicit)
        here.update([self.elements[-1]])
        own, own_ns = self.elements[-1]
        if own and own_ns == ns:
            return own
        for prefix, found in here.items():
            if prefix and found == ns:
                return prefix
        for prefix, found in reversed(self.bindings):
            if prefix and found == ns and prefix not in here and self.bound(prefix) == ns:
                return prefix
        number = 0
        while True:
            for prefix in "abcdefghijklmnopqrstuvwxyz":
                prefix += str(number or "")
                if prefix not in here and self.bound(prefix) is None:
                    return prefix
            number += 1

    cdef tuple scope(self):
        """The bindings in force, as plans take them: the prefix of the element around last."""
        if self.scope_ is None:
            found = {}
            for prefix, ns in self.bindings:
                found[prefix] = ns
            prefix, ns = self.around()
            if prefix != "xml" and (self.depth_ or found):
                found.pop(prefix, None)
                found[prefix] = ns
            self.scope_ = tuple(PyDict_Items(found))
        return self.scope_

    def prefix_of(self, ns, *, bint required=True):
        """The prefix that stands for ``ns`` in the committed elements, "" for the default namespace
        (WsGetPrefixFromNamespace). Without one: InvalidFormat, or None when it is not ``required``."""
        cdef tuple pair
        self.begin()
        wanted(ns, "ns")
        found = "xml" if ns == XML_NS else "xmlns" if ns == XMLNS_NS else None
        if found is None:
            for pair in reversed(self.bindings):
                if pair[1] == ns and self.bound(pair[0]) == ns:
                    found = pair[0]
                    break
        if found is None and required:
            raise InvalidFormat(f"no prefix stands for {ns!r}")
        self.faulted = False
        return found

    cdef int declare(self, str ns, str prefix, bint single_quote) except -1:
        cdef str other, bound
        for other, bound, _ in self.explicit:
            if other == prefix:
                if bound != ns:
                    self.conflict = f"prefix {prefix!r} is declared for {bound!r} and for {ns!r}"
                return 0
        if self.attribute_count >= self.max_attributes:
            raise QuotaExceeded(f"more than {self.max_attributes} attributes (max_attributes)")
        self.attribute_count += 1
        self.explicit.append((prefix, ns, single_quote))
        return 0

    cdef dict declared(self):
        """What the open start tag binds: {prefix: (namespace, single quote)}, in the order of the declarations."""
        cdef dict found = {}
        cdef str prefix, ns
        for prefix, ns, single_quote in self.explicit:
            found[prefix] = (ns, single_quote)
        for prefix, ns in [self.elements[-1], *self.needed]:
            if prefix not in found:
                found[prefix] = (ns, False)
            elif found[prefix][0] != ns:
                raise InvalidFormat(f"prefix {prefix!r} is needed for {ns!r} and for {found[prefix][0]!r}")
        for prefix in found:
            ns = found[prefix][0]
            if prefix == "xmlns" or ns == XMLNS_NS or (prefix == "xml") != (ns == XML_NS):
                raise InvalidFormat(f"prefix {prefix!r} cannot stand for {ns!r}")
        return found

    cdef int commit(self, bint empty) except -1:
        """Completes the open start tag and moves it to the output."""
        cdef list fresh
        cdef str prefix, ns
        cdef tuple own = self.elements[-1]
        if self.conflict is not None:
            raise InvalidFormat(self.conflict)
        if self.explicit or self.needed or own[0] == "xml" or own[0] == "xmlns" or self.bound(own[0]) != own[1]:
            fresh = [(prefix, ns, quote) for prefix, (ns, quote) in self.declared().items()
                     if self.bound(prefix) != ns]
            if len(self.bindings) + len(fresh) > self.max_namespaces:
                raise QuotaExceeded(f"more than {self.max_namespaces} namespace declarations (max_namespaces)")
            fresh.sort(key=is_default)
            for prefix, ns, quote in fresh:
                append_declaration(&self.tag, prefix, ns, quote)
                self.bindings.append((prefix, ns))
            self.explicit.clear()
            self.needed.clear()
        if empty:
            out_append(&self.tag, b"/>", 2)
        else:
            out_append(&self.tag, b">", 1)
        out_append(&self.output.out, self.tag.start, out_length(&self.tag))
        self.tag.cursor = self.tag.start
        self.attribute_names.clear()
        self.tag_open = False
        self.scope_ = None
        return 0

    # --- elements ------------------------------------------------------------------------------------------------

    cdef int content(self, bint element) except -1:
        """Something is about to stand in the innermost element, or at the top."""
        cdef Level* level
        cdef bint first = not self.begun
        if self.depth_ == 0:
            self.start_document()
            if self.indent and not first and element:
                self.break_line(&self.output.out, 0)
            return 0
        if self.tag_open:
            self.commit(False)
        level = &self.levels[self.depth_ - 1]
        if element:
            level.children = True
            if self.indent and not level.text:
                self.break_line(&self.output.out, self.depth_)
        else:
            level.text = True
        return 0

    cdef int open_element(self, str local, str ns, str prefix) except -1:
        cdef Level* level
        if self.depth_ == 0 and self.root and not self.properties.allow_fragment:
            raise InvalidFormat("a second element at the top of the document (allow_fragment)")
        if self.depth_ >= self.max_depth:
            raise QuotaExceeded(f"more than {self.max_depth} open elements (max_depth)")
        self.content(True)
        if prefix is None:
            prefix = ""
            if ns == XML_NS:
                prefix = "xml"
            elif self.around()[1] == ns:
                prefix = self.around()[0]
        if self.depth_ == self.capacity:
            self.grow()
        level = &self.levels[self.depth_]
        level.name = out_length(&self.names)
        level.bindings = len(self.bindings)
        level.text = level.children = False
        append_name(&self.names, prefix, local)
        self.elements.append((prefix, ns))
        self.depth_ += 1
        self.root = True
        self.tag_open = True
        self.attribute_count = 0
        out_append(&self.tag, b"<", 1)
        out_append(&self.tag, self.names.start + level.name, out_length(&self.names) - level.name)
        return 0

    def start_element(self, local_name, ns="", prefix=None):
        """Begins an element (WsWriteStartElement).

        Without ``prefix`` the parent's serves when it stands for ``ns``, else ``ns`` becomes the default namespace.
        The start tag is held back until content, ``end_start_element`` or ``end_element`` follows. InvalidFormat for a
        second element at the top unless fragments are allowed, for no name and for a prefix without namespace;
        QuotaExceeded above ``max_depth``.
        """
        self.begin()
        check_names(local_name, ns, prefix)
        self.between()
        self.open_element(local_name, ns, prefix)
        self.done()

    def end_start_element(self):
        """Ends the start tag (WsWriteEndStartElement): an element that stays empty is ``<a></a>`` then."""
        self.begin()
        if not self.tag_open or self.in_attribute_:
            raise InvalidOperation("no start tag is open")
        self.commit(False)
        self.done()

    cdef int close_element(self) except -1:
        cdef Level* level
        cdef Py_ssize_t length
        if self.depth_ == 0:
            raise InvalidFormat("no element is open")
        if self.depth_ == self.floor:
            raise InvalidOperation("the element is ended where it was begun, not at a position inside it")
        level = &self.levels[self.depth_ - 1]
        length = out_length(&self.names) - level.name
        if self.tag_open and not self.properties.emit_uncompressed_empty_elements:
            self.commit(True)
        else:
            if self.tag_open:
                self.commit(False)
            elif self.indent and level.children and not level.text:
                self.break_line(&self.output.out, self.depth_ - 1)
            out_append(&self.output.out, b"</", 2)
            out_append(&self.output.out, self.names.start + level.name, length)
            out_append(&self.output.out, b">", 1)
        self.names.cursor = self.names.start + level.name
        del self.bindings[level.bindings:]
        self.elements.pop()
        self.depth_ -= 1
        self.scope_ = None
        return 0

    def end_element(self):
        """Ends the innermost element (WsWriteEndElement): ``<a/>`` when nothing was written in it. InvalidFormat when
        none is open or when the declarations of its start tag contradict each other."""
        self.begin()
        self.between()
        self.close_element()
        self.done()

    # --- attributes ----------------------------------------------------------------------------------------------

    cdef int open_attribute(self, str local, str ns, str prefix, bint single_quote) except -1:
        if not self.tag_open or self.in_attribute_:
            raise InvalidOperation("an attribute needs an open start tag, outside of another attribute")
        if self.attribute_count >= self.max_attributes:
            raise QuotaExceeded(f"more than {self.max_attributes} attributes (max_attributes)")
        self.attribute_count += 1
        if prefix is None or (prefix == "" and ns):
            prefix = self.attribute_prefix(ns)
        if prefix == "xmlns" or (not prefix and local == "xmlns"):
            self.conflict = "xmlns is for declarations (xmlns_attribute)"
        if (ns, local) in self.attribute_names:
            self.conflict = f"attribute {local!r} of namespace {ns!r} stands twice"
        self.attribute_names.add((ns, local))
        if prefix:
            self.needed.append((prefix, ns))
        out_append(&self.tag, b" ", 1)
        append_name(&self.tag, prefix, local)
        if single_quote:
            out_append(&self.tag, b"='", 2)
        else:
            out_append(&self.tag, b'="', 2)
        self.in_attribute_ = True
        self.single_quote = single_quote
        self.kind = NOTHING
        return 0

    cdef int close_attribute(self) except -1:
        self.settle()
        if self.single_quote:
            out_append(&self.tag, b"'", 1)
        else:
            out_append(&self.tag, b'"', 1)
        self.in_attribute_ = False
        return 0

    def start_attribute(self, local_name, ns="", prefix=None, *, bint single_quote=False):
        """Begins an attribute of the open start tag (WsWriteStartAttribute); its value is written by the text calls.

        Without ``prefix`` one that stands for ``ns`` is used, else one is made up and declared. InvalidOperation
        outside a start tag, QuotaExceeded above ``max_attributes``.
        """
        self.begin()
        check_names(local_name, ns, prefix)
        self.open_attribute(local_name, ns, prefix, single_quote)
        self.done()

    def end_attribute(self):
        """Ends the attribute (WsWriteEndAttribute); InvalidOperation when none is open."""
        self.begin()
        if not self.in_attribute_:
            raise InvalidOperation("no attribute is open")
        self.close_attribute()
        self.done()

    def xmlns_attribute(self, ns, prefix=None, *, bint single_quote=False):
        """Declares ``prefix`` (None or "": the default namespace) in the open start tag (WsWriteXmlnsAttribute).

        A binding that is in force already is not written. Two namespaces for one prefix are InvalidFormat when the
        start tag is completed.
        """
        self.begin()
        wanted(ns, "ns")
        if prefix is not None:
            wanted(prefix, "prefix")
        if prefix:
            check_name(prefix)
            if not ns:
                raise InvalidFormat(f"prefix {prefix!r} without a namespace")
        if not self.tag_open or self.in_attribute_:
            raise InvalidOperation("a declaration needs an open start tag, outside of an attribute")
        self.declare(ns, prefix or "", single_quote)
        self.done()
