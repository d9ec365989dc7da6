"""Which codec a type of the table takes."""

from wsx._codec cimport Codec

cdef int choose_codec(Codec* codec, int type_, object description, bint attribute, object scope, list keep) except -1
