"""Where the items of one repeating field go instead of a list."""


cdef class RowSink:
    """Takes the items that a reader makes."""

    cdef int take(self, object reader, object item) except -1:
        """One item; what follows it in the document may be read by the sink."""
        raise NotImplementedError
