"""What passing a message costs every time, compiled: the envelope around a body, both ways.

What does not change between messages is in an `EnvelopePlan`, made once per combination of versions. Writing copies its
pieces, the header blocks (rendered when they were added) and the body into one buffer. Reading finds the header blocks
and what SOAP's attributes say of them in one pass; nothing is decoded before it is asked for.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.list cimport PyList_GET_SIZE
from libc.string cimport memcmp

from wsx._buffer cimport Out, out_close, out_length, out_open, out_take
from wsx._late cimport insert
from wsx._plan cimport WriteRoot, write_root
from wsx._reader cimport Reader
from wsx._scanner cimport AT_START_TAG, Slice, is_space, same, slice_of
from wsx._writer cimport check_depth, write_root_element
from wsx.message._blocks cimport (
    ACTION,
    MESSAGE_ID,
    MUST_UNDERSTAND,
    RANK_ADDED,
    RANK_TO,
    TO,
    EnvelopePlan,
    Header,
    enter_element,
    is_bytes,
    leave_element,
    put,
)

from wsx._scanner import DEFAULT_QUOTAS
from wsx.charsets import Charset, declaration
from wsx.declare import element_of
from wsx.descriptions import ElementDescription, ReadOption, WriteOption
from wsx.errors import (
    InvalidArgument,
    InvalidFormat,
    ObjectFaulted,
    QuotaExceeded,
)
from wsx.message.enums import HeaderAttribute, MessageInitialization, MessageState
from wsx.message.states import TRANSITIONS, MessageOperation, refused

cdef extern from "_text.h":
    size_t wsx_scan_text(const char* text, size_t length) noexcept

cdef object EMPTY = MessageState.EMPTY
cdef object BLANK = MessageInitialization.BLANK
cdef object REQUIRED = WriteOption.REQUIRED_VALUE
cdef object READ_REQUIRED = ReadOption.REQUIRED_VALUE

# Rows of the table of states: the states an operation is legal in are its second item, the state after it the third.
cdef object INITIALIZE = TRANSITIONS[MessageOperation.INITIALIZE]
cdef object CHANGE_HEADER = TRANSITIONS[MessageOperation.CHANGE_HEADER]
cdef object SEND = TRANSITIONS[MessageOperation.SEND]
cdef object RECEIVE = TRANSITIONS[MessageOperation.RECEIVE]
cdef object RESET = TRANSITIONS[MessageOperation.RESET]
cdef object READ_START = TRANSITIONS[MessageOperation.READ_ENVELOPE_START]
cdef object READ_BODY = TRANSITIONS[MessageOperation.READ_BODY]
cdef object READ_END = TRANSITIONS[MessageOperation.READ_ENVELOPE_END]

cdef object NO_FLAGS = HeaderAttribute.NONE
cdef bytes DECLARATION = declaration(Charset.UTF8)


cdef enum:
    # EnvelopeBytes
    START = 0
    HEADER_END = 2
    BODY_START = 4
    BODY_END = 5
    BODY_EMPTY = 6
    START_HEADER = 7
    # Open elements of a header block, as of any element that is written.
    HEADER_DEPTH = 32
    # A peer that writes another way every time is not learned from.
    MOST_CHANGES = 16
    # A rare large body must not make every later buffer large.
    LARGEST_HINT = 1 << 20


cdef object description_of(object element):
    return element if isinstance(element, ElementDescription) else element_of(element)


cdef bint at_element(Reader reader, bytes ns, const char* local, Py_ssize_t length) except -1:
    """Is the element that comes next the one of that name?"""
    return reader.state() == AT_START_TAG and same(&reader.element_local, local, length) and is_bytes(
        &reader.element_ns, ns)


cdef class KnownTag:
    """The tags of a header block with text alone, as the peer wrote them before, and what they say."""


cdef inline Place place_of(const Slice* text, const char* start) noexcept:
    cdef Place place
    place.offset = text.data - start
    place.length = text.length
    return place


cdef inline Slice at_place(const Place* place, const char* start) noexcept:
    return slice_of(start + place.offset, place.length)


cdef class KnownStart:
    """How a peer wrote an envelope: where the next one begins with the same bytes, they need not be parsed again."""

    cdef bint resume(self, Reader reader) noexcept:
        """Does the document begin as known? Then the reader is in the Header, as if it had read all of that."""
        cdef const char* start = reader.cursor
        cdef Py_ssize_t i, length = PyBytes_GET_SIZE(self.text)
        if reader.end - start < length or memcmp(start, PyBytes_AS_STRING(self.text), length) != 0:
            return False
        for i in range(self.count):
            reader.bindings[i].prefix = at_place(&self.prefixes[i], start)
            reader.bindings[i].ns = at_place(&self.namespaces[i], start)
        reader.binding_count = self.count
        reader.opens[0].name = at_place(&self.envelope_name, start)
        reader.opens[0].bindings = 0
        reader.opens[1].name = at_place(&self.header_name, start)
        reader.opens[1].bindings = self.outer
        reader.open_count = 2
        reader.rooted = True
        reader.cursor = start + length
        return True

    cdef int learn_start(self, Reader reader, Py_ssize_t begin, KnownStart known, tuple scope) except -1:
        """The reader is in the Header, whose Envelope begins there; `known` is what that was read by, if anything."""
        cdef const char* start = reader.start + begin
        cdef Py_ssize_t i
        self.count = reader.binding_count
        self.outer = reader.opens[1].bindings
        self.scope = scope
        self.envelope_name = place_of(&reader.opens[0].name, start)
        self.header_name = place_of(&reader.opens[1].name, start)
        for i in range(self.count):
            self.prefixes[i] = place_of(&reader.bindings[i].prefix, start)
            self.namespaces[i] = place_of(&reader.bindings[i].ns, start)
        self.text = known.text if known is not None else <bytes>start[:reader.cursor - start]
        self.inside = begin + PyBytes_GET_SIZE(self.text)
        return 0

    cdef int learn_rest(self, Reader reader, bytes document, list headers) except -1:
        """The reader is in the Body now, behind those header blocks."""
        cdef Py_ssize_t end = self.inside
        cdef Header header
        cdef KnownTag tag
        self.tags = []
        for header in headers:
            tag = None
            if header.text_start >= 0 and header.text_end < header.end:
                tag = KnownTag()
                tag.start = document[header.start:header.text_start]
                tag.end = document[header.text_end:header.end]
                tag.name, tag.kind = header.name, header.kind
                tag.own, tag.soap, tag.soap_flags = header.own, header.soap, header.soap_flags
            self.tags.append(tag)
            end = header.end
        if not reader.at_empty and reader.binding_count == self.outer:
            self.body = document[end:reader.offset(reader.cursor)]
            self.body_name = place_of(&reader.opens[1].name, reader.start + end)
        return 0

    cdef Known to_body(self, Reader reader) noexcept:
        """Does the Header end as known, and the Body begin? Then the reader is there."""
        cdef const char* start = reader.cursor
        cdef Py_ssize_t length
        if self.body is None:
            return AS_KNOWN
        length = PyBytes_GET_SIZE(self.body)
        if reader.end - start < length or memcmp(start, PyBytes_AS_STRING(self.body), length) != 0:
            return CHANGED
        reader.binding_count = self.outer
        reader.opens[1].name = at_place(&self.body_name, start)
        reader.cursor = start + length
        return IN_BODY


cdef class Habits:
    """How the peer of a channel writes, for all messages of the channel."""


cdef class MessageCore:
    """The state of a message, and what is done with every one; :class:`wsx.Message` has the rest."""

    def __cinit__(self):
        self._state = EMPTY
        self._document = b""

    def _set_up(self, versions, quotas, leniency, Py_ssize_t max_headers, writer_properties):
        """The settings of a new message."""
        self._versions = versions
        self.plan = versions.plan
        self._quotas = DEFAULT_QUOTAS if quotas == DEFAULT_QUOTAS else quotas
        self._leniency = leniency
        self._max_headers = max_headers
        self._writer_properties = writer_properties
        self.max_depth = writer_properties.max_depth
        self.write_declaration = writer_properties.write_declaration
        self._headers = []
        self._forgiven = []
        self.habits = Habits()

    def like(self):
        """An EMPTY message with the settings of this one (WsCreateMessageForChannel)."""
        cdef MessageCore made = MessageCore.__new__(type(self))
        made._versions = self._versions
        made.plan = self.plan
        made.habits = self.habits
        made._quotas = self._quotas
        made._leniency = self._leniency
        made._max_headers = self._max_headers
        made._writer_properties = self._writer_properties
        made.max_depth = self.max_depth
        made.write_declaration = self.write_declaration
        made._headers = []
        made._forgiven = []
        return made

    cdef int require(self, object transition) except -1:
        """InvalidOperation unless the transition is legal in the state of the message."""
        for state in <tuple>(<tuple>transition)[1]:
            if state is self._state:
                return 0
        raise refused(transition, self._state)

    def _check(self, transition):
        self.require(transition)

    def initialize(self, initialization=BLANK, source=None):
        """WsInitializeMessage: EMPTY → INITIALIZED with the headers of ``initialization``.

        BLANK has none; REQUEST has a new MessageID and, with addressing 0.9, an anonymous ReplyTo. Both take no
        ``source``; the other initializations need the message they answer or copy.

        DUPLICATE copies the headers, and whether the message is addressed. REPLY relates to the MessageID of
        ``source`` and is addressed to its ReplyTo (anonymous when there is none) with the reference parameters of that
        address; FAULT prefers FaultTo, and the message is one with a fault. With addressing TRANSPORT the transport
        carries all that.

        :raises InvalidArgument: for an unknown initialization, or a ``source`` that must or must not be there or is of
            other versions.
        :raises InvalidOperation: when the message is not EMPTY, or ``source`` is.
        :raises InvalidFormat: when the headers of ``source`` that are needed are there twice or malformed.
        :raises QuotaExceeded: when there would be more headers than ``max_processed_headers``.
        """
        if initialization is not BLANK or source is not None:
            self._initialize_from(initialization, source)
            return
        self.require(INITIALIZE)
        self._headers = []
        self._addressed = self._fault = False
        self._state = INITIALIZE[2]

    def reset(self):
        """WsResetMessage: back to EMPTY from any state; the versions stay."""
        self._headers = []
        self._addressed = self._fault = False
        self._output = self._reader = None
        self._received = 0
        if self._body_writer is not None:
            self._release_output()
        if self._body_reader is not None:
            self._release_reader()
        self._document = b""
        if self._forgiven:
            self._forgiven = []
        self._state = RESET[2]

    def _release_output(self):
        self._output = None
        if self._body_writer is not None:
            self._body_writer.close()
            self._body_writer = None

    def _release_reader(self):
        self._reader = None
        self._received = 0
        if self._body_reader is not None:
            self._body_reader.close()
            self._body_reader = None

    # Headers

    def _check_count(self, Py_ssize_t more=1):
        if PyList_GET_SIZE(self._headers) + more > self._max_headers:
            raise QuotaExceeded(f"more than max_processed_headers ({self._max_headers}) header blocks")

    def add_custom_header(self, element, value, *, option=REQUIRED, attributes=NO_FLAGS, role=""):
        """WsAddCustomHeader: append a header block, written now; a second one of the same name is one more.

        ``element`` is an :class:`ElementDescription` or a class made by ``@wsx.struct``. ``attributes`` puts
        mustUnderstand and, in SOAP 1.2, relay on the element; ``role`` is the URI of the node it is for (``role`` of
        SOAP 1.2, ``actor`` of SOAP 1.1), "" for the ultimate receiver.

        :raises InvalidArgument: for a bad element, option, flag, role or value.
        :raises InvalidOperation: when the message is EMPTY.
        :raises InvalidFormat: when the value cannot be represented; the message is then unchanged.
        :raises QuotaExceeded: when there would be more headers than ``max_processed_headers``.
        """
        cdef EnvelopePlan plan = self.plan
        cdef Header header
        cdef WriteRoot root
        cdef bytes flags = b"", block
        cdef Out out
        cdef Py_ssize_t place = 0
        description = description_of(element)
        local_name, ns = description.local_name, description.ns
        if local_name is None or ns is None:
            raise InvalidArgument("a header needs an element with a name")
        if attributes is not NO_FLAGS:
            flags = self._flags(attributes)
        if type(role) is not str or role:
            role = self._role(role)
        self.require(CHANGE_HEADER)
        if PyList_GET_SIZE(self._headers) >= self._max_headers:
            self._check_count()
        if role:
            flags += role
        root = write_root(description, plan.scope, None)
        if type(option) is not WriteOption:
            raise InvalidArgument(f"option must be a wsx.WriteOption, not {option!r}")
        out_open(&out, root.size_hint)
        try:
            write_root_element(&out, root, value, option, HEADER_DEPTH)
            if flags:
                # Right behind the name of the element.
                while out.start[place] not in b" />":
                    place += 1
                insert(&out, place, flags)
            block = out_take(&out)
        finally:
            out_close(&out)
        root.size_hint = min(PyBytes_GET_SIZE(block) + 64, LARGEST_HINT)
        name = (ns, local_name)
        kind = plan.kinds.get(name, 0) if ns == plan.addressing_name else 0
        header = Header.__new__(Header, kind, RANK_ADDED, name, block, plan.scope)
        if not plan.has_envelope:
            header.wire = b""
        self._headers.append(header)

    def _addressed_to_us(self, int kind):
        """The addressing header of that type for the ultimate receiver, None when there is none.

        :raises InvalidFormat: when there are several.
        """
        cdef Header header, found = None
        for header in self._headers:
            if header.kind == kind:
                header.look(self.plan, self._quotas)
                if header.own:
                    if found is not None:
                        raise InvalidFormat(f"the message has several {header.name[1]} headers", offset=header.start)
                    found = header
        return found

    def _named_headers(self, tuple name not None):
        """All header blocks of that name for the ultimate receiver."""
        cdef Header header
        found = []
        for header in self._headers:
            if header.name == name:
                header.look(self.plan, self._quotas)
                if header.own:
                    found.append(header)
        return found

    def _not_understood(self):
        """The header blocks that this node must understand and has not yet."""
        cdef Header header
        found = []
        for header in self._headers:
            if not header.kind and not header.understood:
                header.look(self.plan, self._quotas)
                if header.own and header.soap_flags & MUST_UNDERSTAND:
                    found.append(header)
        return found

    # Sending in one step

    cdef list complete(self, Header action, Header to, object references, object initialization):
        """The headers of the message that is sent, in their order."""
        cdef list before = [] if action is None else [action], after
        cdef Header header
        cdef bint has_to, has_id
        if self._state is EMPTY:
            if initialization is not BLANK:
                before += self._first_headers(initialization)
            before.append(to)
            if references:
                before += references
            return before
        after = []
        has_to, has_id = self._addressed, initialization is BLANK
        for header in self._headers:
            if header.kind:
                if header.kind == ACTION and action is not None:
                    continue
                has_to = has_to or header.kind == TO
                has_id = has_id or header.kind == MESSAGE_ID
            if header.rank < RANK_TO:
                before.append(header)
            else:
                after.append(header)
        if not has_id:
            before += self._first_headers(initialization)
        if not has_to:
            before.append(to)
            after += references
        return before + after

    def _complete(self, Header action, Header to not None, references, initialization):
        return self.complete(action, to, references, initialization)

    def encode(self, Header action, Header to not None, element, value, option, initialization=BLANK, references=(),
               bint keep=True):
        """The envelope of WsSendMessage, for channels: initialize, address, set the action, write the body.

        An INITIALIZED message keeps its headers. ``to`` is used unless the message is addressed or has a To header, and
        ``references``, the reference parameters of that address, go with it; ``action`` replaces an Action header;
        REQUEST adds a MessageID that is missing. With ``keep`` the message is DONE afterwards, also when the call
        fails; without it, it does not change at all.

        :raises InvalidOperation: when the message is neither EMPTY nor INITIALIZED.
        :raises InvalidArgument, InvalidFormat, NumericOverflow, QuotaExceeded: as :meth:`write_body`.
        """
        return self.encoded(action, to, element, value, option, initialization, references, keep)

    cdef bytes encoded(self, Header action, Header to, element, value, option, initialization, references, bint keep):
        cdef list headers
        self.require(SEND)
        headers = self.complete(action, to, references, initialization)
        if keep:
            self._state = SEND[3]
            self._headers = headers
            self._addressed = True
        envelope = self.envelope(headers, element, value, option)
        if keep:
            self._state = SEND[2]
        return envelope

    cdef bytes envelope(self, list headers, object element, object value, object option):
        cdef tuple wire = self.plan.wire
        cdef WriteRoot root = None
        cdef Header header
        cdef Py_ssize_t size = 512, before, inside
        cdef bint blocks = False
        cdef Out out
        if element is not None:
            root = write_root(element, self.plan.scope, None)
            if type(option) is not WriteOption:
                raise InvalidArgument(f"option must be a wsx.WriteOption, not {option!r}")
            check_depth(self.max_depth)
            size += root.size_hint
        for header in headers:
            size += PyBytes_GET_SIZE(header.wire)
            blocks = blocks or PyBytes_GET_SIZE(header.wire) != 0
        out_open(&out, size)
        try:
            if self.write_declaration:
                put(&out, DECLARATION)
            if blocks:
                put(&out, <bytes>wire[START_HEADER])
                for header in headers:
                    put(&out, header.wire)
                put(&out, <bytes>wire[HEADER_END])
            else:
                put(&out, <bytes>wire[START])
            before = inside = out_length(&out)
            if root is not None:
                put(&out, <bytes>wire[BODY_START])
                inside = out_length(&out)
                write_root_element(&out, root, value, option, self.max_depth)
                root.size_hint = min(out_length(&out) - inside + 64, LARGEST_HINT)
            if out_length(&out) != inside:
                put(&out, <bytes>wire[BODY_END])
            else:
                # A structure without an element around it may have nothing to write.
                out.cursor = out.start + before
                put(&out, <bytes>wire[BODY_EMPTY])
            return out_take(&out)
        finally:
            out_close(&out)

    # Reading

    def read_envelope_start(self, data):
        """WsReadEnvelopeStart: EMPTY → READING; reads up to the first child of Body.

        ``data`` is the whole message in UTF-8. Headers are found but not decoded before they are asked for. The message
        counts as addressed afterwards.

        :raises InvalidArgument: when ``data`` is not bytes-like.
        :raises InvalidOperation: when the message is not EMPTY.
        :raises InvalidFormat: when the data is no envelope of this message's version, or has a DTD.
        :raises QuotaExceeded: when a quota or ``max_processed_headers`` is exceeded.
        """
        cdef bytes document
        if type(data) is bytes:
            document = data
        elif isinstance(data, (bytes, bytearray, memoryview)):
            document = bytes(data)
        else:
            raise InvalidArgument(f"data must be bytes-like, not {type(data).__name__}")
        self.require(READ_START)
        if self._quotas is DEFAULT_QUOTAS:
            self.start_reading(Reader(document), document)
        else:
            self.start_reading(Reader(document, quotas=self._quotas), document)

    def _start_reading(self, Reader reader not None, bytes document not None):
        self.start_reading(reader, document)

    cdef int start_reading(self, Reader reader, bytes document) except -1:
        cdef list headers
        cdef bint fault = False
        reader.idle()
        if self.plan.has_envelope:
            headers = self.read_headers(reader, document)
            fault = at_element(reader, self.plan.envelope_ns, b"Fault", 5)
        elif reader.state() != AT_START_TAG:
            raise InvalidFormat("the message is empty", offset=reader.position)
        else:
            headers = []
        if self._leniency is not None:
            reader.forgive_by(self._leniency, self._forgiven)
        self._reader = reader
        self._document = document
        self._headers = headers
        self._addressed = True
        self._fault = fault
        self._state = READ_START[2]
        return 0

    cdef list read_headers(self, Reader reader, bytes document):
        """Read from the start of the document to the first child of Body."""
        cdef list headers = []
        cdef tuple scope
        cdef Py_ssize_t begin = reader.offset(reader.cursor)
        cdef KnownStart known = None if reader.partial else self.habits.known, learned = None
        cdef Known outcome = CHANGED
        if known is not None and known.resume(reader):
            outcome = self.read_known(reader, document, known, headers)
            if outcome == IN_BODY:
                return headers
            if outcome == AS_KNOWN and reader.state() == AT_START_TAG:
                outcome = CHANGED
            scope = known.scope
        elif self.enter_header(reader):
            scope = self.plan.scope if self.plan.binds(reader) else reader.scope()
            known = None
        else:
            self.enter_body(reader)
            return headers
        if outcome == CHANGED and not reader.partial and not reader.at_empty and (
                self.habits.changes < MOST_CHANGES and reader.binding_count <= KNOWN_BINDINGS):
            learned = KnownStart()
            learned.learn_start(reader, begin, known, scope)
        while reader.state() == AT_START_TAG:
            if PyList_GET_SIZE(headers) >= self._max_headers:
                raise QuotaExceeded(
                    f"more than max_processed_headers ({self._max_headers}) header blocks", offset=reader.position
                )
            headers.append(self.scan_header(reader, document, scope))
        leave_element(reader)
        self.enter_body(reader)
        if learned is not None:
            learned.learn_rest(reader, document, headers)
            self.habits.changes += 1
            self.habits.known = learned
        return headers

    cdef bint enter_header(self, Reader reader) except -1:
        """Into the Envelope and its Header; False when it has none."""
        if not at_element(reader, self.plan.envelope_ns, b"Envelope", 8):
            self._refuse_envelope(reader.peek(), reader.position)
        enter_element(reader)
        if not at_element(reader, self.plan.envelope_ns, b"Header", 6):
            return False
        enter_element(reader)
        return True

    cdef int enter_body(self, Reader reader) except -1:
        if not at_element(reader, self.plan.envelope_ns, b"Body", 4):
            raise InvalidFormat("the envelope has no Body", path="Envelope", offset=reader.position)
        return enter_element(reader)

    cdef Known read_known(self, Reader reader, bytes document, KnownStart known, list headers) except *:
        """The header blocks, as long as they are written as known."""
        cdef Header header
        for tag in known.tags:
            if tag is not None:
                header = self.known_header(reader, document, known.scope, tag)
                if header is None:
                    return CHANGED
            elif reader.state() != AT_START_TAG:
                return CHANGED
            else:
                header = self.scan_header(reader, document, known.scope)
            headers.append(header)
        return known.to_body(reader)

    cdef Header known_header(self, Reader reader, bytes document, tuple scope, KnownTag tag):
        """The header block that comes next, when it is text between known tags; else None, and nothing was read."""
        cdef const char* before = reader.cursor
        cdef const char* start = before
        cdef Py_ssize_t length = PyBytes_GET_SIZE(tag.start)
        cdef Header header
        cdef Slice text
        while start < reader.end and is_space(start[0]):
            start += 1
        if reader.end - start < length or memcmp(start, PyBytes_AS_STRING(tag.start), length) != 0:
            return None
        text.data = start + length
        text.length = wsx_scan_text(text.data, reader.end - text.data)
        reader.cursor = text.data + text.length
        length = PyBytes_GET_SIZE(tag.end)
        if text.length > reader.limits.text_length or reader.end - reader.cursor < length or memcmp(
                reader.cursor, PyBytes_AS_STRING(tag.end), length) != 0:
            reader.cursor = before
            return None
        reader.cursor += length
        header = Header.__new__(Header, tag.kind, RANK_ADDED, tag.name, document, scope)
        header.start = reader.offset(start)
        header.end = reader.offset(reader.cursor)
        header.text_start = reader.offset(text.data)
        header.text_end = header.text_start + text.length
        header.looked = True
        header.own, header.soap, header.soap_flags = tag.own, tag.soap, tag.soap_flags
        return header

    cdef Header scan_header(self, Reader reader, bytes document, tuple scope):
        """The header block whose start tag was read."""
        cdef int kind = self.plan.kind_of(&reader.element_ns, &reader.element_local)
        cdef Header header
        cdef Slice text
        cdef tuple name
        if kind:
            name = self.plan.standard[kind][1]
        else:
            name = (reader.string(reader.element_ns), reader.string(reader.element_local))
        header = Header.__new__(Header, kind, RANK_ADDED, name, document, scope)
        header.start = reader.offset(reader.tag)
        header.note(self.plan, reader)
        reader.pending = False
        text = slice_of(reader.cursor, 0)
        if reader.self_closing:
            reader.close_element()
        else:
            reader.text(&text)
            if reader.cursor[1] != c"/":
                reader.skip_rest()
                text.data = NULL
            else:
                reader.end_tag()
        if text.data is not NULL and reader.start <= text.data <= reader.end:
            header.text_start = reader.offset(text.data)
            header.text_end = header.text_start + text.length
        header.end = reader.offset(reader.cursor)
        return header

    def read_body(self, element, option=READ_REQUIRED):
        """WsReadBody: the value of the next part of the Body.

        ``element`` is as for :meth:`write_body`. After a failure the body cannot be read further.

        :raises InvalidArgument: for a bad element or option.
        :raises InvalidOperation: when the message is not READING, or comes in pieces and the part is not there yet
            (``Channel.read_body`` waits for it); :class:`ObjectFaulted` after a failure.
        :raises InvalidFormat, NumericOverflow, QuotaExceeded: when the body does not match; with path and offset.
        """
        description = description_of(element)
        self.require(READ_BODY)
        if self._received or self._body_reader is not None or self._reader is None:
            return self._read_body(description, option)
        try:
            return self._reader.read_element(description, option)
        except InvalidArgument:
            raise
        except BaseException:
            # The reader stands somewhere inside the body: what it would read next could be taken for something else.
            self._release_reader()
            raise

    def read_envelope_end(self):
        """WsReadEnvelopeEnd: READING → DONE, also when it fails.

        :raises InvalidOperation: when the message is not READING; :class:`ObjectFaulted` after a failure.
        :raises InvalidFormat: when something of the body was not read, or something follows the envelope.
        """
        cdef Reader reader
        self.require(READ_END)
        self._state = READ_END[3]
        reader = self._reader
        if self._body_reader is not None:
            self._leave_body_reader()
        self._reader = None
        self._received = 0
        if reader is None:
            raise ObjectFaulted("reading the body failed before; reset the message")
        reader.idle()
        if self.plan.has_envelope:
            leave_element(reader)
            # SOAP 1.1 §4 lets further elements follow the Body; SOAP 1.2 does not.
            while self.plan.more_may_follow and reader.state() == AT_START_TAG:
                reader.skip_element()
            leave_element(reader)
        reader.end_document()
        self._state = READ_END[2]

    # For channels

    @property
    def versions(self):
        """The record of the versions of this message."""
        return self._versions

    def has_lines(self, bint action):
        """Has the message, which is to be sent, mapped headers, or, when asked for, perhaps an Action of its own?"""
        return self.carries_lines(action)

    cdef bint carries_lines(self, bint action):
        cdef Header header
        if self._state is EMPTY:
            return False
        for header in self._headers:
            if header.mapped or (action and header.kind == ACTION):
                return True
        return False

    def addressing_text(self, int kind):
        """The text of an addressing header, None when there is none.

        :raises InvalidFormat: when there are several, or it is no text.
        """
        found = self._addressed_to_us(kind)
        return None if found is None else (<Header>found).read_text(self._quotas)

    def check_send(self):
        """Raise InvalidOperation unless WsSendMessage accepts the message in its state."""
        self.require(SEND)

    def check_receive(self):
        """Raise InvalidOperation unless WsReceiveMessage accepts the message in its state."""
        self.require(RECEIVE)

    def finish_receive(self):
        """The message is DONE, whatever became of reading it: the end of WsReceiveMessage."""
        self._reader = None
        self._received = 0
        if self._body_reader is not None:
            self._release_reader()
        self._state = RECEIVE[2]
