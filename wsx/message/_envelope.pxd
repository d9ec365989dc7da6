"""The envelope around a body, both ways."""

from wsx._reader cimport Reader
from wsx.message._blocks cimport EnvelopePlan, Header


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
    cdef bytes encoded(self, Header action, Header to, object element, object value, object option,
                       object initialization, object references, bint keep)
    cdef bint carries_lines(self, bint action)
    cdef bytes envelope(self, list headers, object element, object value, object option)
    cdef list read_headers(self, Reader reader, bytes document)
    cdef bint enter_header(self, Reader reader) except -1
    cdef int enter_body(self, Reader reader) except -1
    cdef Known read_known(self, Reader reader, bytes document, KnownStart known, list headers) except *
    cdef Header known_header(self, Reader reader, bytes document, tuple scope, KnownTag tag)
    cdef Header scan_header(self, Reader reader, bytes document, tuple scope)
    cdef int start_reading(self, Reader reader, bytes document) except -1
