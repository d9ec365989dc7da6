"""What a plan cannot render beforehand: names that need declarations, other attributes, fragments, callbacks."""

from cpython.object cimport PyObject

from wsx._buffer cimport Out
from wsx._plan cimport WriteStep

cdef int write_late(Out* out, const WriteStep* step, PyObject* value, dict taken, dict fresh) except -1
cdef int write_name(Out* out, const WriteStep* step, PyObject* value, dict taken, dict fresh) except -1
cdef int write_qname(Out* out, const WriteStep* step, PyObject* value) except -1
cdef Py_ssize_t insert(Out* out, Py_ssize_t place, bytes data) except -1
cdef bytes any_attributes(object value, dict bindings, tuple taken, dict declared)
cdef bint left_out(const WriteStep* step, object value) except -1
cdef bytes custom_element(const WriteStep* step, object value)
cdef object fragment_of(object value)
