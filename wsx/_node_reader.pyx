# cython: cdivision=True
"""From node to node: the part of XmlReader that knows where in a document it is, on the scanner that plans read with.

The cursor is on a node, and the scanner stands right before it: only a start tag is parsed when the cursor gets there.
What a node says is made when it is asked for. A position is the offsets of the node and of the start tags around it:
going back parses those again, so that reading forward keeps nothing. Of a document in pieces what is passed is dropped;
where the scanner raises MoreInput the next pieces are taken, and the same step is made again.

Offsets in errors count bytes of the document in UTF-8; for UTF-16 input that is its transcoded form.
"""

from cpython.buffer cimport PyObject_CheckBuffer
from libc.string cimport memchr, memcmp

from wsx._buffer cimport out_append, out_close, out_length, out_open
from wsx._nodes cimport XmlAttribute, XmlNode, bare_node
from wsx._reader cimport Reader
from wsx._scanner cimport Binding, Scanner, Slice, is_space, same, slice_of

from wsx._scanner import MoreInput
from wsx.charsets import Charset, Decoder, to_utf8
from wsx.cursors import NodeType
from wsx.errors import InvalidArgument, InvalidOperation, ObjectFaulted
from wsx.fragment import XmlBuffer

cdef extern from "_text.h":
    size_t wsx_scan_text(const char* text, size_t length) noexcept

cdef enum:
    # WS_MOVE_TO
    TO_ROOT_ELEMENT = 0
    TO_NEXT_ELEMENT = 1
    TO_PREVIOUS_ELEMENT = 2
    TO_CHILD_ELEMENT = 3
    TO_END_ELEMENT = 4
    TO_PARENT_ELEMENT = 5
    TO_NEXT_NODE = 6
    TO_PREVIOUS_NODE = 7
    TO_BOF = 9
    TO_EOF = 10
    TO_CHILD_NODE = 11

NO_PIECE = object()


cdef class XmlPosition:
    """A place in the input of one XmlReader (WS_XML_NODE_POSITION)."""


cdef class NodeReader:
    """A cursor over the nodes of a document; `XmlReader` has the parameters."""

    def __dealloc__(self):
        out_close(&self.joined)

    cdef int arm(self, object data, object quotas, object charset, bint allow_fragment,
                 bint read_declaration, bint allow_invalid_character_references) except -1:
        if type(charset) is not Charset:
            raise InvalidArgument(f"charset must be a wsx.Charset, not {charset!r}")
        if self.core is not None and self.core.reading:
            raise InvalidOperation("the reader is in use: the constructor of a value being read called it")
        scope = ()
        if isinstance(data, XmlBuffer):
            if charset is not Charset.AUTO and charset is not Charset.UTF8:
                raise InvalidArgument(f"an XmlBuffer is UTF8, not {charset.name}")
            data, scope, charset, allow_fragment = data.data, data.scope, Charset.UTF8, True
        self.source = None
        if data is not None:
            try:
                data = memoryview(data).cast("B")
            except TypeError as error:
                if PyObject_CheckBuffer(data) or isinstance(data, str) or not hasattr(type(data), "__iter__"):
                    raise InvalidArgument("expected bytes, a contiguous buffer or an iterable of such pieces, not "
                                          + type(data).__name__) from error
                data = self.source = iter(data)
        self.streamed = self.source is not None
        self.data, self.quotas, self.asked, self.found = data, quotas, charset, charset
        self.allow_fragment, self.read_declaration = allow_fragment, read_declaration
        self.allow_invalid_character_references = allow_invalid_character_references
        self.input = object()
        self.core = self.node_ = self.chunk = None
        self.kind = EOF if data is None else BOF
        self.faulted = self.in_cdata = self.root = False
        self.attribute_ = -1
        self.scope = scope
        self.inherited = 0
        self.at = self.after = NULL
        self.line = self.column_ = self.counted = 0
        self.marked = []
        return 0

    cdef int open(self) except -1:
        """Looks at the input for the first time: charset, declaration, legal characters."""
        if self.streamed:
            return self.open_pieces()
        self.found, text, self.first = to_utf8(self.data, self.asked, read_declaration=self.read_declaration)
        self.core = Reader(self.data if text is None else text, quotas=self.quotas, start=self.first, scope=self.scope)
        self.core.any_reference = self.allow_invalid_character_references
        self.inherited = self.core.binding_count
        self.at = self.core.cursor
        return 0

    cdef int open_pieces(self) except -1:
        cdef Reader core = Reader(b"", quotas=self.quotas)
        core.begin_pieces(Decoder(self.asked), self.read_declaration)
        core.any_reference = self.allow_invalid_character_references
        self.core = core
        while not core.begun:
            try:
                core.wake()
            except MoreInput:
                self.pull()
        self.at = core.cursor
        return 0

    cdef int pull(self) except -1:
        """Takes pieces of the input until it is worth going on."""
        cdef Reader core = self.core
        cdef Py_ssize_t after = self.after - self.at
        self.count_lines(core.tag if core.pending else core.cursor)
        if self.source is None:
            raise InvalidOperation("the input has not come, and where it comes from is not known")
        while True:
            core.reading = True  # whoever gives the piece cannot use the reader
            try:
                piece = next(self.source, NO_PIECE)
            finally:
                core.reading = False
            if piece is NO_PIECE:
                core.end_input()
            else:
                core.feed(piece)
            if not core.stalled:
                break
        self.found = core.decoder.found
        self.at = core.tag if core.pending else core.cursor
        if self.after is not NULL:
            self.after = self.at + after
        return 0

    cdef int count_lines(self, const char* place) except -1:
        """Counts the rows up to there, from where they were counted before."""
        cdef Reader core = self.core
        cdef bytes before
        before = core.start[self.counted - core.base:place - core.start]
        text = before.decode().replace("\r\n", "\n").replace("\r", "\n")
        if self.counted == 0:
            text = text.removeprefix("\ufeff")
        self.counted = core.offset(place)
        rows = text.count("\n")
        if rows:
            self.line += rows
            self.column_ = 0
        self.column_ += len(text) - text.rfind("\n") - 1
        return 0

    cdef int begin(self) except -1:
        """Enters a call; when it is left by an error the reader stays faulted."""
        if self.data is None:
            raise InvalidOperation("no input is set")
        if self.core is not None:
            Scanner.idle(self.core)
            if self.core.frame_count:
                raise InvalidOperation("an element is half read by others")
        if self.faulted:
            raise ObjectFaulted("an earlier failure left the reader unusable; set_input begins another document")
        self.faulted = True
        if self.core is None:
            self.open()
        return 0

    cdef int outside(self) except -1:
        """For what cannot be done inside an attribute; forgets what is left of a text that was read in pieces."""
        if self.attribute_ >= 0:
            raise InvalidOperation("an attribute is open")
        self.chunk = None
        return 0

    # --- from node to node ---------------------------------------------------------------------------------------

    cdef int classify(self) except -1:
        """Finds out what node begins where the scanner stands; skips processing instructions."""
        if not self.streamed:
            return self.classify_here()
        while True:
            self.core.checkpoint()
            try:
                self.classify_here()
                return self.mark_attributes() if self.kind == ELEMENT else 0
            except MoreInput:
                self.pull()

    cdef int mark_attributes(self) except -1:
        """Remembers xml:lang and the like, which hold inside the element."""
        cdef Reader core = self.core
        cdef Slice value
        cdef Py_ssize_t i
        cdef dict found = {}
        while self.marked and self.marked[len(self.marked) - 1][0] >= core.open_count - 1:
            self.marked.pop()
        for i in range(core.attribute_count):
            if same(&core.attributes[i].prefix, b"xml", 3):
                core.attribute_text(&core.attributes[i], &value)
                found[core.string(core.attributes[i].local)] = core.string(value)
        if found:
            self.marked.append((core.open_count - 1, found))
        return 0

    cdef int classify_here(self) except -1:
        cdef Reader core = self.core
        self.node_ = None
        self.after = NULL
        while True:
            self.at = core.cursor
            if core.at_empty:
                self.kind = END_ELEMENT
            elif self.in_cdata:
                self.kind = END_CDATA if core.end - core.cursor >= 3 and memcmp(core.cursor, b"]]>", 3) == 0 else TEXT
            elif core.cursor == core.end:
                if core.partial:
                    return core.more()
                if core.open_count:
                    return core.truncated()
                if not core.rooted and not self.allow_fragment:
                    return core.bad(self.at, "a document without an element")
                self.kind = EOF
            elif core.cursor[0] != c"<":
                if core.open_count == 0 and not self.allow_fragment:
                    self.check_blank()
                self.kind = TEXT
            elif core.end - core.cursor < 2:
                return core.truncated()
            elif core.cursor[1] == c"?":
                core.skip_instruction()
                if core.partial:
                    core.checkpoint()
                continue
            else:
                return self.classify_markup()
            return 0

    cdef int classify_markup(self) except -1:
        cdef Reader core = self.core
        cdef Py_ssize_t left = core.end - core.cursor
        if core.cursor[1] == c"/":
            if core.open_count == 0:
                return core.bad(core.cursor, "an end tag without its start tag")
            self.kind = END_ELEMENT
        elif core.cursor[1] != c"!":
            if core.open_count == 0 and self.root and not self.allow_fragment:
                return core.bad(core.cursor, "a second element at the top of the document")
            core.parse_tag()
            core.pending = True
            self.root = True
            self.kind = ELEMENT
        elif left >= 9 and memcmp(core.cursor, b"<![CDATA[", 9) == 0 and (core.open_count or self.allow_fragment):
            self.kind = CDATA
        else:
            core.skip_markup()  # raises for all but comments
            self.after = core.cursor
            core.cursor = self.at
            self.kind = COMMENT
        return 0

    cdef int check_blank(self) except -1:
        cdef const char* p = self.at
        while p < self.core.end and p[0] != c"<":
            if not is_space(p[0]):
                return self.core.bad(p, "text where only elements can stand")
            p += 1
        return 0

    cdef int advance(self) except -1:
        """Consumes the node that the cursor is on, and goes to the next one."""
        if self.kind == EOF:
            return 0
        while self.streamed:
            self.core.checkpoint()
            try:
                self.consume()
                return self.classify()
            except MoreInput:
                self.pull()
        self.consume()
        return self.classify()

    cdef int consume(self) except -1:
        cdef Reader core = self.core
        cdef Slice text
        if self.kind == ELEMENT:
            core.pending = False
            core.at_empty = core.self_closing
        elif self.kind == TEXT:
            if self.after is NULL:
                self.node_text(&text)
            core.cursor = self.after
        elif self.kind == END_ELEMENT:
            if core.at_empty:
                core.at_empty = False
                core.close_element()
            else:
                core.end_tag()
        elif self.kind == COMMENT:
            core.cursor = self.after
        elif self.kind == CDATA:
            core.cursor += 9
            self.in_cdata = True
        elif self.kind == END_CDATA:
            core.cursor += 3
            self.in_cdata = False
        return 0

    cdef int to_tag(self) except -1:
        """Skips white space and comments up to a tag or to the end; other text is an error."""
        self.skip_blanks()
        if self.kind != ELEMENT and self.kind != END_ELEMENT and self.kind != EOF:
            return self.core.bad(self.at, "text where an element was expected")
        return 0

    cdef int skip_blanks(self) except -1:
        cdef Slice text
        cdef Py_ssize_t i
        while self.kind == BOF or self.kind == COMMENT or self.kind == TEXT:
            if self.kind == TEXT:
                self.node_text(&text)
                for i in range(text.length):
                    if not is_space(text.data[i]):
                        return 0
            self.advance()
        return 0

    cdef XmlNode build(self):
        cdef XmlNode node = bare_node(NodeType(self.kind))
        cdef Slice text
        cdef str value
        if self.kind == ELEMENT:
            node.local_name = self.core.string(self.core.element_local)
            node.ns = self.core.string(self.core.element_ns)
            node.prefix = self.core.string(self.core.element_prefix)
            node.is_empty = self.core.self_closing
            node.attributes = self.element_attributes()
        elif self.kind == TEXT:
            self.node_text(&text)
            node.value = self.core.string(text)
        elif self.kind == COMMENT:
            value = self.core.string(slice_of(self.at + 4, self.after - self.at - 7))
            node.value = value.replace("\r\n", "\n").replace("\r", "\n") if "\r" in value else value
        return node

    cdef tuple element_attributes(self):
        """The attributes of the start tag, then its declarations."""
        cdef Reader core = self.core
        cdef Binding* binding
        cdef XmlAttribute made
        cdef Slice value
        cdef Py_ssize_t i
        cdef list found = []
        for i in range(core.attribute_count):
            core.attribute_text(&core.attributes[i], &value)
            made = XmlAttribute.__new__(XmlAttribute)
            made.local_name = core.string(core.attributes[i].local)
            made.ns = core.string(core.attributes[i].ns)
            made.prefix = core.string(core.attributes[i].prefix)
            made.value = core.string(value)
            made.single_quote = core.attributes[i].value.data[-1] == c"'"
            found.append(made)
        for i in range(core.opens[core.open_count - 1].bindings, core.binding_count):
            binding = &core.bindings[i]
            made = XmlAttribute.__new__(XmlAttribute)
            made.prefix = core.string(binding.prefix)
            made.local_name = made.prefix or "xmlns"
            made.ns = core.string(binding.ns)
            made.value = ""
            made.single_quote = core.start < binding.ns.data < core.end and binding.ns.data[-1] == c"'"
            made.is_xmlns = True
            found.append(made)
        return tuple(found)

    # --- text ----------------------------------------------------------------------------------------------------

    cdef int node_text(self, Slice* text) except -1:
        """The characters of the TEXT node: a slice of the input, else of the scanner's scratch."""
        cdef Reader core = self.core
        cdef const char* stop
        cdef Py_ssize_t length
        if self.in_cdata:
            return self.cdata_text(text)
        length = wsx_scan_text(self.at, core.end - self.at)
        stop = self.at + length
        text[0] = slice_of(self.at, length)
        if stop < core.end and stop[0] != c"<":
            stop = <const char*>memchr(stop, c"<", core.end - stop)
            if stop is NULL:
                stop = core.end
            self.pieces(stop)
            text[0] = slice_of(core.scratch.start, out_length(&core.scratch))
        self.after = stop
        if stop - self.at > core.limits.text_length:
            return core.over("max_text_length", core.limits.text_length)
        return 0

    cdef int pieces(self, const char* stop) except -1:
        """Collects a text with references, carriage returns or brackets in the scanner's scratch."""
        cdef Reader core = self.core
        cdef Py_ssize_t length
        if core.scratch.owner is NULL:
            out_open(&core.scratch, 1024)
        core.scratch.cursor = core.scratch.start
        core.cursor = self.at
        while core.cursor < stop:
            length = wsx_scan_text(core.cursor, stop - core.cursor)
            out_append(&core.scratch, core.cursor, length)
            core.cursor += length
            if core.cursor == stop:
                break
            if core.cursor[0] == c"&":
                core.reference()
                if core.cursor > stop:
                    return core.bad(self.at, "`&` that begins no reference")
            elif core.cursor[0] == c"\r":
                out_append(&core.scratch, b"\n", 1)
                core.cursor += 1
                if core.cursor < stop and core.cursor[0] == c"\n":
                    core.cursor += 1
            else:
                return core.bad(core.cursor, "`]]>` in text")
        core.cursor = self.at
        return 0

    cdef int cdata_text(self, Slice* text) except -1:
        """The TEXT in a CDATA section, line ends normalised (XML 1.0 §2.11)."""
        cdef Reader core = self.core
        cdef const char* close = self.at
        cdef const char* p
        while True:
            close = <const char*>memchr(close, c"]", core.end - close) if close < core.end else NULL
            if close is NULL or core.end - close < 3:
                if (core.end - self.at) // 2 > core.limits.text_length:  # two bytes may be one line end
                    return core.over("max_text_length", core.limits.text_length)
                return core.truncated()
            if close[1] == c"]" and close[2] == c">":
                break
            close += 1
        self.after = close
        text[0] = slice_of(self.at, close - self.at)
        if text.length > core.limits.text_length:
            return core.over("max_text_length", core.limits.text_length)
        if text.length == 0 or memchr(self.at, c"\r", text.length) is NULL:
            return 0
        if core.scratch.owner is NULL:
            out_open(&core.scratch, 1024)
        core.scratch.cursor = core.scratch.start
        p = self.at
        while p < close:
            if p[0] == c"\r":
                out_append(&core.scratch, b"\n", 1)
                if p + 1 < close and p[1] == c"\n":
                    p += 1
            else:
                out_append(&core.scratch, p, 1)
            p += 1
        text[0] = slice_of(core.scratch.start, out_length(&core.scratch))
        return 0

    cdef int run(self, Slice* text) except -1:
        """All character data up to the next tag, CDATA included, comments skipped: a slice of the input, else of what
        was joined."""
        cdef Slice piece
        if self.joined.owner is NULL:
            out_open(&self.joined, 256)
        self.joined.cursor = self.joined.start
        text[0] = slice_of(self.at, 0)
        while self.kind == TEXT or self.kind == CDATA or self.kind == END_CDATA or self.kind == COMMENT:
            if self.kind == TEXT:
                self.node_text(&piece)
                if text.length == 0 and piece.data is not self.core.scratch.start and not self.streamed:
                    text[0] = piece
                elif piece.length:
                    if text.data is not self.joined.start:
                        out_append(&self.joined, text.data, text.length)
                    out_append(&self.joined, piece.data, piece.length)
                    text[0] = slice_of(self.joined.start, out_length(&self.joined))
                if text.length > self.core.limits.text_length:
                    return self.core.over("max_text_length", self.core.limits.text_length)
            self.advance()
        return 0

    cdef int simple_text(self, Slice* text) except -1:
        """The text of the element that the cursor is on, which has no children; it is consumed."""
        while True:
            if self.streamed:
                self.core.checkpoint()
            self.core.pending = False
            try:
                return self.core.simple_text(text)
            except MoreInput:
                self.pull()
                self.core.state()

    # --- positions -----------------------------------------------------------------------------------------------

    cdef int no_way_back(self) except -1:
        if self.streamed:
            raise InvalidOperation("a document that comes in pieces has no positions: what was read is dropped")
        return 0

    cdef XmlPosition here(self):
        cdef XmlPosition position = XmlPosition.__new__(XmlPosition)
        cdef Reader core = self.core
        cdef Py_ssize_t i
        position.input = self.input
        position.kind = self.kind
        position.in_cdata = self.in_cdata
        position.root = self.root
        position.offset = self.at - core.start
        # a start tag begins one byte before its name
        position.ancestors = tuple([core.opens[i].name.data - 1 - core.start
                                    for i in range(core.open_count - core.pending)])
        return position

    cdef int go(self, XmlPosition position) except -1:
        """Parses the start tags around the position again, and the one at it."""
        cdef Reader core = self.core
        cdef Py_ssize_t offset
        core.open_count = 0
        core.binding_count = self.inherited
        if not self.inherited:
            core.keep = None  # else it owns the names of the surroundings
        core.pending = core.at_empty = core.self_closing = False
        for offset in position.ancestors:
            core.cursor = core.start + offset
            core.parse_tag()
        core.at_empty = core.self_closing
        self.in_cdata = position.in_cdata
        self.root = position.root
        core.cursor = core.start + position.offset
        if position.kind == BOF:
            self.kind, self.node_, self.at = BOF, None, core.cursor
            self.after = NULL
            return 0
        if position.kind == ELEMENT and not position.ancestors:
            self.root = False
        return self.classify()

    cdef bint try_move(self, int to) except -1:
        """The cursor goes there, or anywhere when that is not found."""
        if to == TO_NEXT_NODE or to == TO_NEXT_ELEMENT:
            return self.to_sibling(to == TO_NEXT_ELEMENT)
        if to == TO_PREVIOUS_NODE or to == TO_PREVIOUS_ELEMENT:
            return self.to_previous(to == TO_PREVIOUS_ELEMENT)
        if to == TO_CHILD_NODE or to == TO_CHILD_ELEMENT:
            return self.to_child(to == TO_CHILD_ELEMENT)
        if to == TO_BOF or to == TO_ROOT_ELEMENT:
            self.to_bof()
            return to == TO_BOF or self.to_child(True)
        if to == TO_EOF:
            while self.kind != EOF:
                self.leave()
            return True
        if to == TO_END_ELEMENT:
            if self.kind != ELEMENT:
                return False
            self.core.pending = False
            self.core.at_empty = self.core.self_closing
            if not self.core.self_closing:
                self.core.skip_to_end_tag()
            self.classify()
            return True
        if self.kind == BOF:
            return False
        self.to_parent()
        return to == TO_PARENT_ELEMENT or self.to_child(False)

    cdef int leave(self) except -1:
        """Behind the node, with all that is in an element."""
        if self.kind != ELEMENT:
            return self.advance()
        self.skip()
        return self.classify()

    cdef int skip(self) except -1:
        """Consumes the element that the cursor is on."""
        cdef Reader core = self.core
        cdef Py_ssize_t outside = core.open_count - 1
        core.pending = False
        if not self.streamed:
            return core.skip_rest()
        if core.self_closing:
            core.close_element()
        while True:
            try:
                return core.skip_on(outside)
            except MoreInput:
                self.pull()

    cdef bint to_sibling(self, bint element) except -1:
        """The end tag is the last child of its element, and the end of the document that of the document."""
        if self.kind == BOF or self.kind == END_ELEMENT or self.kind == EOF:
            return False
        while True:
            self.leave()
            if self.kind == END_ELEMENT or self.kind == EOF:
                return not element
            if not element or self.kind == ELEMENT:
                return True

    cdef bint to_previous(self, bint element) except -1:
        """Siblings are read again from the first one: a reader keeps nothing of what it has passed."""
        cdef const char* at = self.at
        cdef At kind = self.kind
        cdef XmlPosition last = None
        if kind == BOF:
            return False
        self.to_parent()
        self.to_child(False)
        while self.at != at or self.kind != kind:
            if not element or self.kind == ELEMENT:
                last = self.here()
            self.to_sibling(False)
        if last is None:
            return False
        self.go(last)
        return True

    cdef bint to_child(self, bint element) except -1:
        if self.kind != BOF and self.kind != ELEMENT:
            return False
        self.advance()
        if not element or self.kind == ELEMENT:
            return True
        return self.kind != END_ELEMENT and self.to_sibling(True)

    cdef int to_parent(self) except -1:
        cdef XmlPosition position = self.here()
        if not position.ancestors:
            return self.to_bof()
        position.kind = ELEMENT
        position.in_cdata = False
        position.root = True
        position.offset = position.ancestors[len(position.ancestors) - 1]
        position.ancestors = position.ancestors[:len(position.ancestors) - 1]
        return self.go(position)

    cdef int to_bof(self) except -1:
        cdef XmlPosition position = XmlPosition.__new__(XmlPosition)
        position.kind = BOF
        position.offset = self.first
        position.ancestors = ()
        return self.go(position)
