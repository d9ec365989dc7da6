"""The nodes of a document, as a cursor shows them."""

cdef class XmlAttribute:
    cdef readonly str local_name, ns, prefix, value
    cdef readonly bint single_quote, is_xmlns

cdef class XmlNode:
    cdef readonly object type
    cdef readonly str local_name, ns, prefix, value
    cdef readonly tuple attributes
    cdef readonly bint is_empty

cdef XmlNode bare_node(object type_)


cdef inline int wanted(object text, str what) except -1:
    """An argument that must be a str."""
    if not isinstance(text, str):
        return wrong_type(text, what)
    return 0


cdef int wrong_type(object text, str what) except -1
