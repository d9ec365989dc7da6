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


cdef class KnownTag:
    cdef bytes start, end       # the tags as they are written
    cdef int kind, soap_flags
    cdef bint own, soap
    cdef tuple name


cdef struct Place:
    # Of a name or a namespace, from the beginning of the text that holds it.
    Py_ssize_t offset, length


cdef enum Known:
    CHANGED                 # something is written in another way
    AS_KNOWN                # the Header ends, and has to be left
    IN_BODY                 # the start tag of Body was read, too

cdef enum:
    KNOWN_BINDINGS = 8  # INLINE_BINDINGS of a scanner


cdef class KnownStart:
    cdef bytes text             # from the Envelope to behind the start tag of Header
    cdef bytes body             # from the last header block to behind the start tag of Body
    cdef Place envelope_name, header_name, body_name
    cdef Place[KNOWN_BINDINGS] prefixes
    cdef Place[KNOWN_BINDINGS] namespaces
    cdef Py_ssize_t inside          # where the text ended in the document it was learned from
    cdef Py_ssize_t outer, count    # bindings of Envelope, and with those of Header
    cdef tuple scope
    cdef list tags              # KnownTag

    cdef bint resume(self, Reader reader) noexcept
    cdef Known to_body(self, Reader reader) noexcept
    cdef int learn_start(self, Reader reader, Py_ssize_t begin, KnownStart known, tuple scope) except -1
    cdef int learn_rest(self, Reader reader, bytes document, list headers) except -1


cdef class Habits:
    cdef object known           # KnownStart of the last message that was not as known
    cdef int changes


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
    cdef Habits habits
    cdef Py_ssize_t max_depth
    cdef bint write_declaration

    cdef int require(self, object transition) except -1
    cdef list complete(self, Header action, Header to, object references, object initialization)
    cdef bytes envelope(self, list headers, object element, object value, object option)
    cdef list read_headers(self, Reader reader, bytes document)
    cdef bint enter_header(self, Reader reader) except -1
    cdef int enter_body(self, Reader reader) except -1
    cdef Known read_known(self, Reader reader, bytes document, KnownStart known, list headers) except *
    cdef Header known_header(self, Reader reader, bytes document, tuple scope, KnownTag tag)
    cdef Header scan_header(self, Reader reader, bytes document, tuple scope)
    cdef int start_reading(self, Reader reader, bytes document) except -1
