"""The codecs of scalar types, for values that stand outside of plans."""

from wsx._codec cimport Codec

cdef class ScalarCodec:
    cdef Codec codec
    cdef list keep      # what the codec refers to

cdef ScalarCodec scalar_codec(object type_, object description, bint attribute)
