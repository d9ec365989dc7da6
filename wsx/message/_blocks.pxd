"""Header blocks, and what they need to know of the versions of a message."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE

from wsx._buffer cimport Out, out_append
from wsx._reader cimport Reader
from wsx._scanner cimport Attribute, Slice, same

cdef enum:
    # HeaderRank: where a header stands in the Header element.
    RANK_TO = 3
    RANK_ADDED = 4
    # HeaderType
    ACTION = 1
    TO = 2
    MESSAGE_ID = 3
    LAST_KIND = 7
    # HeaderAttribute
    MUST_UNDERSTAND = 1
    RELAY = 2


cdef inline int put(Out* out, bytes data) except -1:
    return out_append(out, PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data))


cdef inline bint is_bytes(const Slice* text, bytes data) noexcept:
    return same(text, PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data))


cdef inline int enter_element(Reader reader) noexcept:
    """Into the element whose start tag was read, whose attributes do not matter."""
    reader.pending = False
    reader.at_empty = reader.self_closing
    return 0


cdef int leave_element(Reader reader) except -1


cdef class EnvelopePlan:
    cdef bytes envelope_ns, addressing_ns
    cdef str addressing_name            # the namespace of addressing headers
    cdef tuple scope                    # the bindings of an envelope that is written
    cdef list bindings                  # the same in UTF-8, prefix and namespace in turn
    cdef tuple wire                     # EnvelopeBytes
    cdef bint has_envelope, addressing_on_wire, relay, more_may_follow
    cdef str anonymous
    cdef bytes role_attribute
    cdef frozenset own_roles
    cdef list standard                  # StandardHeader by type
    cdef list local_names               # and their names in UTF-8
    cdef object kinds                   # types by name
    cdef object attributes              # text of each combination of header flags

    cdef int kind_of(self, const Slice* ns, const Slice* local) noexcept
    cdef bint binds(self, Reader reader) noexcept


cdef class Header:
    cdef public int kind, rank
    cdef public tuple name, scope
    cdef public bytes block, wire
    cdef public Py_ssize_t start, end
    cdef public str text
    cdef public bint understood, mapped
    cdef Py_ssize_t text_start, text_end    # the text in the block, when that is all there is; else text_start is -1
    # What the attributes say, once they were looked at.
    cdef bint looked
    cdef bint own               # the block is for the ultimate receiver
    cdef bint soap              # there are attributes of SOAP or WS-Addressing
    cdef int soap_flags         # HeaderAttribute

    cdef int look(self, EnvelopePlan plan, object quotas) except -1
    cdef int note(self, EnvelopePlan plan, Reader reader) except -1
    cdef int note_one(self, EnvelopePlan plan, Reader reader, const Attribute* attribute) except -1
