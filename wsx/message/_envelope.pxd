"""What passing a message costs every time: header blocks, and the envelope around a body, both ways."""

from wsx._reader cimport Reader
from wsx._scanner cimport Attribute, Slice


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


cdef class MessageCore:
    cdef public object _versions, _quotas, _leniency, _writer_properties
    cdef public Py_ssize_t _max_headers
    cdef public object _state
    cdef public list _headers, _forgiven
    cdef public bint _addressed, _fault
    cdef public object _output, _body_writer, _body_reader
    cdef public bint _owns_output, _body_started
    cdef public Py_ssize_t _received
    cdef public Reader _reader
    cdef public bytes _document
    cdef EnvelopePlan plan
    cdef Py_ssize_t max_depth
    cdef bint write_declaration

    cdef int require(self, object transition) except -1
    cdef list complete(self, Header action, Header to, object references, object initialization)
    cdef bytes envelope(self, list headers, object element, object value, object option)
    cdef list read_headers(self, Reader reader, bytes document)
    cdef Header scan_header(self, Reader reader, bytes document, tuple scope)
    cdef int start_reading(self, Reader reader, bytes document) except -1
