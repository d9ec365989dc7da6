"""Header blocks, compiled: rendered when they are added; of those that are read, what SOAP's attributes say is known at
once, and nothing else is decoded before it is asked for."""

from cpython.bytes cimport PyBytes_GET_SIZE
from cpython.list cimport PyList_GET_SIZE
from cpython.object cimport PyObject
from libc.string cimport memset

from wsx._buffer cimport Out, out_close, out_open, out_take
from wsx._codec cimport Codec, trimmed
from wsx._lexical_texts cimport write_string
from wsx._reader cimport Reader
from wsx._scanner cimport AT_START_TAG, Attribute, Slice, same

from wsx._fragment import adapt, without_attributes
from wsx.errors import InvalidFormat, WsError
from wsx.leniency import Forgiven
from wsx.message.enums import HeaderAttribute, HeaderType

cdef tuple FLAGS = tuple(HeaderAttribute(number) for number in range(4))
cdef str XML_SPACE = " \t\r\n"


cdef int put_text(Out* out, str text, bint attribute) except -1:
    """Element text or the value of an attribute, escaped; InvalidFormat for characters that XML forbids."""
    cdef Codec codec
    memset(&codec, 0, sizeof(Codec))
    codec.attribute = attribute
    write_string(out, <PyObject*>text, &codec)
    return 0


cdef int leave_element(Reader reader) except -1:
    """Leave the innermost element, which must end here."""
    if reader.state() == AT_START_TAG:
        name = reader.peek()
        raise InvalidFormat(f"unexpected element {{{name[0]}}}{name[1]}", offset=reader.position)
    if reader.at_empty:
        reader.at_empty = False
        reader.close_element()
        return 0
    return reader.end_tag()


def leave(Reader reader not None):
    """Leave the innermost element, which must end here.

    :raises InvalidFormat: when an element or text stands there instead.
    """
    reader.idle()
    leave_element(reader)


cdef class EnvelopePlan:
    """What one combination of envelope and addressing version needs to write and to read messages; ``versions`` is its
    ``Versions``."""

    def __init__(self, versions):
        self.envelope_ns = versions.envelope_ns.encode()
        self.addressing_name = versions.addressing_ns
        self.addressing_ns = versions.addressing_ns.encode()
        self.scope = versions.scope
        self.bindings = [part.encode() for pair in versions.scope for part in pair]
        self.wire = tuple(versions.wire)
        self.has_envelope = bool(versions.wire.start)
        self.addressing_on_wire = versions.addressing_on_wire
        self.relay = bool(versions.attributes[HeaderAttribute.RELAY])
        self.anonymous = versions.anonymous
        self.role_attribute = versions.role_attribute.encode()
        self.more_may_follow = versions.role_attribute == "actor"  # SOAP 1.1
        self.own_roles = versions.own_roles
        self.standard = [None, *(versions.standard[kind] for kind in HeaderType)]
        self.local_names = [b"", *(versions.standard[kind].name[1].encode() for kind in HeaderType)]
        self.kinds = versions.kinds
        self.attributes = versions.attributes

    cdef int kind_of(self, const Slice* ns, const Slice* local) noexcept:
        """The HeaderType of a header block of that name, 0 for one that is none of WS-Addressing."""
        cdef int kind
        if is_bytes(ns, self.addressing_ns):
            for kind in range(ACTION, LAST_KIND + 1):
                if is_bytes(local, <bytes>self.local_names[kind]):
                    return kind
        return 0

    cdef bint binds(self, Reader reader) noexcept:
        """Are the bindings in force those of an envelope that is written?"""
        cdef Py_ssize_t i
        if PyList_GET_SIZE(self.bindings) != 2 * reader.binding_count:
            return False
        for i in range(reader.binding_count):
            if not is_bytes(&reader.bindings[i].prefix, <bytes>self.bindings[2 * i]):
                return False
            if not is_bytes(&reader.bindings[i].ns, <bytes>self.bindings[2 * i + 1]):
                return False
        return True


cdef class Header:
    """One header block.

    ``block[start:end]`` is the element in UTF-8, ``scope`` the namespace bindings around it. ``kind`` is its
    :class:`HeaderType`, 0 for headers that are none of WS-Addressing; ``name`` is (namespace, local name). ``wire`` is
    what a message that is written sends of it: nothing of what the transport carries. ``text`` is the value of an
    addressing header, None until it is known. ``mapped`` is True for a line of HTTP, which is in no envelope; its
    ``text`` is the value.
    """

    def __cinit__(self, int kind, int rank, tuple name, bytes block, tuple scope):
        self.kind = kind
        self.rank = rank
        self.name = name
        self.block = self.wire = block
        self.scope = scope
        self.end = PyBytes_GET_SIZE(block)
        self.text_start = -1

    def copy(self, versions):
        """The header as one of a message that is written, of the same versions: it holds on to nothing else."""
        cdef EnvelopePlan plan = versions.plan
        made = Header(self.kind, self.rank, self.name, self.fragment(plan.scope), plan.scope)
        made.text = self.text
        made.mapped = self.mapped
        if self.mapped or not plan.has_envelope or (self.kind and not plan.addressing_on_wire):
            made.wire = b""
        return made

    def reader(self, quotas):
        """A reader that stands on the element."""
        return Reader(self.block, quotas=quotas, start=self.start, end=self.end, scope=self.scope)

    cdef int note(self, EnvelopePlan plan, Reader reader) except -1:
        """What the attributes of the start tag say that was read."""
        cdef Py_ssize_t i
        self.own = self.looked = True
        for i in range(reader.attribute_count):
            self.note_one(plan, reader, &reader.attributes[i])
        return 0

    cdef int note_one(self, EnvelopePlan plan, Reader reader, const Attribute* attribute) except -1:
        cdef const Slice* local = &attribute.local
        cdef Slice value
        cdef bint role
        if not is_bytes(&attribute.ns, plan.envelope_ns):
            if same(local, b"IsReferenceParameter", 20) and is_bytes(&attribute.ns, plan.addressing_ns):
                self.soap = True
            return 0
        role = is_bytes(local, plan.role_attribute)
        if role or same(local, b"mustUnderstand", 14) or same(local, b"relay", 5):
            self.soap = True
            reader.attribute_text(attribute, &value)
            value.data, value.length = trimmed(value.data, value.length)
            if role:
                self.own = reader.string(value) in plan.own_roles
            elif same(&value, b"1", 1) or same(&value, b"true", 4):
                if local.length != 5:
                    self.soap_flags |= MUST_UNDERSTAND
                elif plan.relay:
                    self.soap_flags |= RELAY
        elif same(local, b"actor", 5) or same(local, b"role", 4) or same(local, b"encodingStyle", 13):
            self.soap = True
        return 0

    cdef int look(self, EnvelopePlan plan, object quotas) except -1:
        """Look at the attributes, unless that was done."""
        cdef Reader reader
        if not self.looked:
            reader = self.reader(quotas)
            reader.state()
            self.note(plan, reader)
        return 0

    def flags(self, versions, quotas):
        """The SOAP attributes that the envelope version defines (WsGetHeaderAttributes)."""
        self.look(versions.plan, quotas)
        return FLAGS[self.soap_flags]

    def is_for_receiver(self, versions, quotas):
        """Whether the header is targeted at the ultimate receiver; those for other roles do not count."""
        self.look(versions.plan, quotas)
        return self.own

    def read_text(self, quotas):
        """The value of an addressing header, without white space around it.

        :raises InvalidFormat: when the element holds elements.
        """
        cdef Reader reader
        if self.text is None:
            if self.text_start >= 0:
                text = self.block[self.text_start:self.text_end].decode()
            else:
                reader = self.reader(quotas)
                reader.state()
                enter_element(reader)
                text = reader.read_text()
                leave_element(reader)
            self.text = text.strip(XML_SPACE)
        return self.text

    def read_value(self, versions, description, option, quotas, *, leniency=None, forgiven=None):
        """The value of the block by its table, which need not know the attributes that SOAP puts on header blocks.

        What ``leniency`` lets pass is appended to ``forgiven``.

        :raises WsError: when the block does not match; offsets are those in the message.
        """
        cdef Reader reader
        cdef Py_ssize_t before = 0
        self.look(versions.plan, quotas)
        if self.soap:
            element = without_attributes(self.block[self.start:self.end], self.scope, versions.block_attributes)
            reader, before = Reader(element, quotas=quotas, scope=self.scope), self.start
        else:
            reader = self.reader(quotas)
        passed = []
        if leniency is not None:
            reader.forgive_by(leniency, passed)
        try:
            return reader.read_element(description, option)
        except WsError as error:
            if error.offset is not None:
                error.offset += before
            raise
        finally:
            if forgiven is not None and passed:
                forgiven += [Forgiven(rule, path, offset + before) for rule, path, offset in passed]

    def fragment(self, tuple own_scope not None):
        """The element as it stands inside an envelope with ``own_scope``."""
        element = self.block[self.start:self.end]
        if self.scope is own_scope:
            return element
        return adapt(element, self.scope, dict(own_scope), single=True)


def standard_header(versions, int kind, str value not None, int rank):
    """The addressing header ``kind`` with the text ``value``, which :func:`check_header_text` has passed.

    An empty To stands for the anonymous URI of the addressing version.

    :raises InvalidFormat: for characters that XML forbids.
    """
    cdef EnvelopePlan plan = versions.plan
    cdef Header header
    cdef Out out
    _, name, start, end = plan.standard[kind]
    if not value and kind == TO:
        value = plan.anonymous
    out_open(&out, len(start) + len(value) + len(end))
    try:
        put(&out, start)
        put_text(&out, value, False)
        put(&out, end)
        header = Header.__new__(Header, kind, rank, name, out_take(&out), plan.scope)
    finally:
        out_close(&out)
    header.text = value
    # mustUnderstand does not matter for the headers that every node understands.
    header.looked = header.own = True
    if not plan.addressing_on_wire:
        header.wire = b""
    return header
