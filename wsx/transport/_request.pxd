"""A request, as a channel hands it to a transport."""


cdef class HttpRequest:
    cdef public str method
    cdef public object url, headers, length
    cdef public bytes body
    cdef public bint timed
