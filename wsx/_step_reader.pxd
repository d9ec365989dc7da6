"""One step of a plan."""

from cpython.object cimport PyObject

from wsx._pieces cimport PieceScanner
from wsx._plan cimport CHOICE, ReadChoice, ReadStep
from wsx._scanner cimport Slice


cdef inline const ReadStep* inner(const ReadStep* step, Py_ssize_t arm) noexcept:
    """The step of the element that a field was met as: of a choice its arm."""
    if step.kind == CHOICE:
        return &(<ReadChoice>step.plan).arms[arm]
    return step


cdef str local_name(const ReadStep* step)


cdef class StepReader(PieceScanner):
    cdef Py_ssize_t value_bytes     # of all values made so far, as Quotas counts them

    cdef inline int charge(self, Py_ssize_t length) except -1:
        """Counts a value of so many bytes against the quota."""
        self.value_bytes += (length + 31) & ~<Py_ssize_t>15
        if self.value_bytes > self.limits.value_bytes:
            return self.over("max_value_bytes", self.limits.value_bytes)
        return 0

    cdef PyObject* decode(self, const ReadStep* step, const Slice* text, bint ascii) except NULL
    cdef object qname(self, str prefix, str local)
    cdef object scalar(self, const ReadStep* step)
    cdef bint matches(self, const ReadStep* step) noexcept
    cdef bint wraps(self, const ReadStep* step) noexcept
    cdef Py_ssize_t arm_of(self, const ReadStep* step) noexcept
