"""A scanner whose document comes in pieces."""

from wsx._scanner cimport Scanner

cdef extern from "_tokens.h":
    cdef struct WsxTokens:
        Py_ssize_t seen, complete, tags, depth, low
        bint refused

cdef struct Mark:
    # Where a call began, or the last step of it that was finished.
    Py_ssize_t cursor       # offset in the document
    Py_ssize_t open_count, binding_count
    bint at_empty

cdef class PieceScanner(Scanner):
    cdef object decoder             # charset to UTF-8; None for a scanner of a whole document
    cdef bint read_declaration_     # may there be an XML declaration?
    cdef bint begun                 # byte order mark and declaration are read
    cdef char* hold                 # the buffer, `start` of the scanner
    cdef Py_ssize_t capacity, filled
    cdef Py_ssize_t checked         # bytes of it that are known to be legal
    cdef WsxTokens tokens
    cdef list segments              # names and bindings of open elements whose tags the buffer no longer holds
    cdef Py_ssize_t held            # offset in the document of what the buffer must keep, -1 for the cursor

    cdef Mark marked
    cdef bint stalled               # nothing has come yet that is worth another try
    cdef Py_ssize_t awaited         # which elements must have been left for that
    cdef Py_ssize_t enough          # or up to which offset tokens must be complete
    cdef Py_ssize_t tried           # up to where they were at the last try
    cdef Py_ssize_t tried_tags      # and how many tags that was

    cdef int begin_pieces(self, object decoder, bint read_declaration) except -1
    cdef int append(self, const char* text, Py_ssize_t length) except -1
    cdef int make_room(self, Py_ssize_t length) except -1
    cdef int stash(self) except -1
    cdef bint in_buffer(self, const char* place) noexcept
    cdef int moved(self) except -1
    cdef int look(self) except -1
    cdef int begin_call(self) except -1
    cdef int wake(self) except -1
    cdef int begin_document(self) except -1
    cdef int forget_tag(self) except -1
    cdef int checkpoint(self) except -1
    cdef int rollback(self) except -1
    cdef int skip_on(self, Py_ssize_t outside) except -1
