"""Start tags, attributes, declarations: the part of XmlWriter that knows where in a document it is."""

from wsx._buffer cimport Out
from wsx._writer cimport Output

cdef enum Kind:
    # What the text calls of one attribute value have been; elements take any mixture.
    NOTHING
    CHARACTERS
    BASE64
    VALUE

cdef struct Level:
    # An open element.
    Py_ssize_t name         # where its qualified name begins in `names`
    Py_ssize_t bindings     # bindings in force outside
    bint text               # text stands in it: white space would change it
    bint children

cdef class WriterPosition:
    # Where something may be put in: what is open and in force there.
    cdef object document            # the output that it belongs to
    cdef list elements, bindings
    cdef bytes names, levels

cdef class TagWriter:
    cdef readonly object properties
    cdef object base                # the properties that set_output starts from
    cdef object sink
    cdef Output output
    cdef Out tag                    # the start tag that is not committed yet
    cdef Out names
    cdef Level* levels
    cdef Py_ssize_t depth_, capacity
    cdef Py_ssize_t max_depth, max_attributes, max_namespaces, buffer_max_size, flush_size, indent

    cdef bint armed, faulted, busy
    cdef bint begun                 # something was written or is in the start tag
    cdef bint marked                # a byte order mark went to the sink
    cdef bint root                  # an element was begun at the top
    cdef bint tag_open, in_attribute_, single_quote, in_cdata
    cdef int kind
    cdef Py_ssize_t value_start     # of the attribute value in `tag`
    cdef Py_ssize_t attribute_count
    cdef int brackets               # `]` at the end of the CDATA so far, at most 2
    cdef bytes carry                # bytes that do not fill a group of base64 yet
    cdef object decoder             # holds the first bytes of a character of UTF-8

    cdef list elements              # (prefix, namespace) of the open elements
    cdef list bindings              # (prefix, namespace) declared by committed ones
    cdef list explicit              # (prefix, namespace, quote) of the open start tag, by xmlns_attribute
    cdef list needed                # (prefix, namespace) that its attributes use
    cdef set attribute_names
    cdef str conflict               # why the start tag cannot be committed
    cdef tuple scope_

    cdef object document            # identifies the output that was set
    cdef list pieces                # None, or of a document with positions: bytes, and the positions between them
    cdef Py_ssize_t place           # where in them the output stands
    cdef Py_ssize_t held            # bytes in them
    cdef Py_ssize_t floor           # open elements that are ended elsewhere

    cdef int prepare(self, object sink, object properties) except -1
    cdef int check(self) except -1
    cdef int begin(self) except -1
    cdef int done(self) except -1
    cdef int settle(self) except -1
    cdef int put_base64(self, bytes data) except -1
    cdef int between(self) except -1
    cdef int grow(self) except -1
    cdef int start_document(self) except -1
    cdef int break_line(self, Out* out, Py_ssize_t level) except -1
    cdef int content(self, bint element) except -1
    cdef int open_element(self, str local, str ns, str prefix) except -1
    cdef int close_element(self) except -1
    cdef int open_attribute(self, str local, str ns, str prefix, bint single_quote) except -1
    cdef int close_attribute(self) except -1
    cdef int declare(self, str ns, str prefix, bint single_quote) except -1
    cdef int commit(self, bint empty) except -1
    cdef dict declared(self)
    cdef tuple around(self)
    cdef str bound(self, str prefix)
    cdef str attribute_prefix(self, str ns)
    cdef tuple scope(self)
    cdef Out* target(self) noexcept
    cdef bytes written(self)
    cdef int hand_over(self) except -1
    cdef int keep_piece(self) except -1
    cdef WriterPosition here(self)
    cdef bint at_end(self, Py_ssize_t place) except -1


cdef int check_names(object local, object ns, object prefix) except -1
cdef int check_name(str name) except -1
cdef int append_bytes(Out* out, bytes data) except -1
cdef int append_name(Out* out, str prefix, str local) except -1
cdef bytes single_quoted(bytes escaped)
cdef bytes unescaped(bytes escaped)
