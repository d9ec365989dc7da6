# cython: cdivision=True
"""A scanner whose document comes in pieces.

The scanner sees the input up to the end of the last complete tag, comment, instruction or CDATA section (_tokens.h), so
that it meets the end of the input only between two of them. There it raises MoreInput, and stands where the call began.
`feed` drops what was read. What open elements still need of that, their names and namespace bindings, it copies; all
other places in the buffer are forgotten and found again.

A call that had to give up is tried again when a tag has come and the elements that it had entered have ended, or when
twice as much waits: a document costs linear time, whatever pieces it comes in.
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from libc.string cimport memcmp, memcpy, memmove

from wsx._scanner cimport Scanner, Slice

from wsx.charsets import Charset
from wsx.errors import InvalidArgument, InvalidOperation

cdef extern from "_utf8.h":
    cdef struct WsxInput:
        size_t invalid
        bint ascii
    WsxInput wsx_check_input(const char* text, size_t length) noexcept

cdef extern from "_tokens.h":
    cdef struct WsxTokenLimits:
        Py_ssize_t name_length, text_length, attributes
    void wsx_look_ahead(WsxTokens* tokens, const char* buffer, Py_ssize_t filled, const WsxTokenLimits* limits) noexcept
    bint wsx_unfinished_utf8(const char* text, Py_ssize_t length) noexcept

cdef extern from "Python.h":
    Py_ssize_t PY_SSIZE_T_MAX

cdef enum:
    LEAST_CAPACITY = 4096


cdef class PieceScanner(Scanner):
    """A scanner that is given its document whole, or by `feed`."""

    def __dealloc__(self):
        PyMem_Free(self.hold)

    cdef int begin_pieces(self, object decoder, bint read_declaration) except -1:
        """For a scanner of an empty input: the document will come by `feed`."""
        self.decoder = decoder
        self.read_declaration_ = read_declaration
        self.segments = []
        self.partial = True
        self.held = -1
        self.start = self.cursor = self.end = self.mark = NULL
        return self.checkpoint()

    # --- what comes in -------------------------------------------------------------------------------------------

    def feed(self, data):
        """Takes the next bytes of the document, bytes-like. InvalidFormat for what is not of its charset or no
        character of XML; InvalidOperation behind `end_input`."""
        cdef Py_buffer view
        cdef bytes text
        Scanner.idle(self)
        if not self.partial:
            raise InvalidOperation("the document is complete")
        try:
            PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
        except (TypeError, BufferError) as error:
            raise InvalidArgument(f"expected bytes or a contiguous buffer, not {type(data).__name__}") from error
        try:
            if self.decoder.found is Charset.UTF8:
                self.append(<const char*>view.buf, view.len)
            else:
                text = self.decoder.decode((<const char*>view.buf)[:view.len])
                self.append(PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text))
        finally:
            PyBuffer_Release(&view)

    def end_input(self):
        """Says that the document is complete: calls do not raise MoreInput any more."""
        Scanner.idle(self)
        if not self.partial:
            return
        cdef bytes text = self.decoder.decode(b"", final=True)
        self.append(PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text))
        if self.checked < self.filled:
            self.bad(self.start + self.checked, "a byte that is no UTF-8 or no character of XML")
        self.partial = self.stalled = False
        self.end = self.start + self.filled

    cdef int append(self, const char* text, Py_ssize_t length) except -1:
        if length:
            self.make_room(length)
            memcpy(self.hold + self.filled, text, length)
            self.filled += length
        return self.look()

    cdef bint in_buffer(self, const char* place) noexcept:
        return self.hold <= place < self.hold + self.filled

    cdef int make_room(self, Py_ssize_t length) except -1:
        """Moves what is still needed to where `length` bytes fit behind it, which may be the place where it is."""
        cdef Py_ssize_t first, used, capacity
        cdef char* target = self.hold
        if length <= self.capacity - self.filled:
            return 0
        self.forget_tag()
        self.stash()
        first = self.cursor - self.start
        if self.held >= 0:
            first = min(first, self.held - self.base)
        used = self.filled - first
        if length > PY_SSIZE_T_MAX // 4 - used:
            raise MemoryError("a document of that size cannot be held")
        capacity = max(2 * (used + length), LEAST_CAPACITY)
        if used + length > self.capacity or first < self.capacity // 2 or capacity < self.capacity // 4:
            target = <char*>PyMem_Malloc(capacity)
            if target is NULL:
                raise MemoryError
            self.capacity = capacity
        if used:
            memmove(target, self.hold + first, used)
        self.cursor = self.mark = self.tag = target + (self.cursor - self.start - first)
        if target is not self.hold:
            PyMem_Free(self.hold)
        self.start = self.hold = target
        self.base += first
        self.filled = used
        self.checked -= first
        self.tokens.seen -= first
        self.tokens.complete -= first
        self.end = self.start + (self.filled if self.tokens.refused else self.tokens.complete)
        return self.moved()

    cdef int stash(self) except -1:
        """Copies the names and bindings of open elements out of the buffer, and drops copies that nobody needs."""
        cdef Py_ssize_t first = self.open_count, i, size = 0
        cdef bytes segment
        cdef char* place
        while first > 0 and self.in_buffer(self.opens[first - 1].name.data):
            first -= 1
        while self.segments:
            segment = self.segments[len(self.segments) - 1]
            place = PyBytes_AS_STRING(segment)
            if first > 0 and place <= self.opens[first - 1].name.data < place + PyBytes_GET_SIZE(segment):
                break
            self.segments.pop()
        if first == self.open_count:
            self.keep = None
            return 0
        for i in range(first, self.open_count):
            size += self.opens[i].name.length
        for i in range(self.opens[first].bindings, self.binding_count):
            size += self.bindings[i].prefix.length + self.bindings[i].ns.length
        segment = PyBytes_FromStringAndSize(NULL, size)
        self.segments.append(segment)
        place = PyBytes_AS_STRING(segment)
        for i in range(first, self.open_count):
            place = copied(&self.opens[i].name, place)
        for i in range(self.opens[first].bindings, self.binding_count):
            place = copied(&self.bindings[i].prefix, place)
            place = copied(&self.bindings[i].ns, place)
        self.keep = None
        return 0

    cdef int moved(self) except -1:
        """The buffer was moved: for who knows more places in it."""
        return 0

    cdef int look(self) except -1:
        """What of the bytes that have come is legal, complete, and worth another try?"""
        cdef WsxInput found = wsx_check_input(self.hold + self.checked, self.filled - self.checked)
        cdef WsxTokenLimits limits
        self.ascii = self.ascii and found.ascii
        self.checked += found.invalid
        if self.checked < self.filled and not wsx_unfinished_utf8(self.hold + self.checked, self.filled - self.checked):
            return self.bad(self.start + self.checked, "a byte that is no UTF-8 or no character of XML")
        limits.name_length = self.limits.name_length
        limits.text_length = self.limits.text_length
        limits.attributes = self.limits.attributes
        wsx_look_ahead(&self.tokens, self.hold, self.checked, &limits)
        self.end = self.start + (self.checked if self.tokens.refused else self.tokens.complete)
        if self.tokens.refused or self.base + self.tokens.complete > self.tried and (
                self.tokens.tags > self.tried_tags and self.tokens.low <= self.awaited
                or self.base + self.tokens.complete >= self.enough):
            self.stalled = False
        return 0

    # --- calls that can be repeated ------------------------------------------------------------------------------

    cdef int idle(self) except -1:
        Scanner.idle(self)
        return 0 if self.decoder is None else self.begin_call()

    cdef int begin_call(self) except -1:
        self.wake()
        return self.checkpoint()

    cdef int wake(self) except -1:
        """Gives up at once where nothing has come that helps."""
        if self.stalled:
            return self.more()
        if not self.begun:
            if self.partial and self.end == self.cursor:
                return self.more()
            self.begin_document()
        return 0

    cdef int begin_document(self) except -1:
        """Byte order mark and declaration."""
        cdef const char* p = self.cursor
        if self.decoder.found is Charset.UTF8 and self.end - p >= 3 and memcmp(p, b"\xEF\xBB\xBF", 3) == 0:
            p += 3
        if self.end - p >= 5 and memcmp(p, b"<?xml", 5) == 0:
            p = self.behind_declaration(p, self.decoder.found, self.read_declaration_)
        self.cursor = p
        self.begun = True
        return 0

    cdef int forget_tag(self) except -1:
        """The cursor goes back before the start tag that was parsed."""
        if self.pending:
            self.pending = False
            self.cursor = self.tag
            self.close_element()
        return 0

    cdef int checkpoint(self) except -1:
        """What is read from here on is read again when more input is wanted for it."""
        cdef Mark* mark = &self.marked
        mark.cursor = self.offset(self.tag if self.pending else self.cursor)
        mark.open_count = self.open_count - self.pending
        mark.binding_count = self.opens[mark.open_count].bindings if self.pending else self.binding_count
        mark.at_empty = self.at_empty
        self.floor = mark.open_count
        return 0

    cdef int rollback(self) except -1:
        self.cursor = self.start + (self.marked.cursor - self.base)
        self.open_count = self.marked.open_count
        self.binding_count = self.marked.binding_count
        self.at_empty = self.marked.at_empty
        self.pending = False
        return 0

    cdef int more(self) except -1:
        """Back to the checkpoint, and another try when what was begun there can have ended."""
        cdef Py_ssize_t waiting
        if self.partial and not self.stalled:
            self.awaited = self.floor if self.open_count > self.floor else PY_SSIZE_T_MAX
            self.rollback()
            self.tried = self.base + self.tokens.complete
            self.tried_tags = self.tokens.tags
            self.tokens.low = PY_SSIZE_T_MAX
            self.enough = self.marked.cursor + 2 * (self.tried - self.marked.cursor)
            self.stalled = not self.tokens.refused
        waiting = self.base + self.filled - self.marked.cursor
        if 0 <= self.held < self.marked.cursor:
            waiting = self.base + self.filled - self.held
        if waiting >= self.limits.buffered:
            return self.over("max_buffered_bytes", self.limits.buffered)
        return Scanner.more(self)

    cdef int more_misc(self) except -1:
        self.checkpoint()
        return self.more()

    cdef int skip_on(self, Py_ssize_t outside) except -1:
        """As `skip_rest`, of what is in so many elements; it goes on where MoreInput stopped it."""
        cdef Slice text
        while self.open_count > outside:
            if self.partial:
                self.checkpoint()
            self.text(&text)
            if self.cursor[1] == c"/":
                self.end_tag()
                continue
            self.parse_tag()
            if self.self_closing:
                self.close_element()
        return 0


cdef char* copied(Slice* text, char* place) noexcept:
    """Moves a slice there; returns where it ends."""
    memcpy(place, text.data, text.length)
    text.data = place
    return place + text.length
