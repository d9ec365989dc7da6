"""The structures that a reader is in the middle of."""

from cpython.object cimport PyObject

from wsx._plan cimport ReadRoot, ReadStep
from wsx._rows cimport RowSink
from wsx._scanner cimport Slice
from wsx._step_reader cimport StepReader

ctypedef PyObject* Reference

cdef struct Frame:
    # A structure being read.
    PyObject* plan          # ReadPlan; borrowed from the root, which lives as long as the call
    Py_ssize_t step         # the field that comes next
    Py_ssize_t values       # index of its first value
    Slice prefix            # what the plan's namespace is bound to here
    bint predicted          # there is such a prefix
    Py_ssize_t arm          # of a choice: the element that was met
    bint in_wrapper
    bint wrapper_binds      # the wrapper declares namespaces: what is known of the prefix does not hold inside it
    bint disordered         # an element came late: what comes next is searched among all fields
    bint bare               # no element of its own: the fields end where the surroundings do
    bint on_path            # it holds, perhaps further inside, the items that are read one by one
    Py_ssize_t streamed     # the field whose items these are, -1 for none

cdef enum:
    INLINE_FRAMES = 4
    INLINE_VALUES = 24

cdef class FrameReader(StepReader):
    cdef Frame* frames
    cdef Py_ssize_t frame_count, frame_capacity
    cdef PyObject** values
    cdef Py_ssize_t value_count, value_capacity
    cdef Frame[INLINE_FRAMES] inline_frames
    cdef Reference[INLINE_VALUES] inline_values

    cdef ReadRoot root              # of the element being read
    cdef list forgiven              # what was let pass; None for a strict reader
    cdef RowSink rows               # where the items of one field go; None for lists only

    # Items that are read one by one: where they go, where they stand, how many there were.
    cdef list stream
    cdef tuple stream_path          # positions of fields, from the outermost structure
    cdef Py_ssize_t stream_most, stream_count
    cdef bint paused                # the list is full

    # The step to go back to.
    cdef Frame saved_frame
    cdef Py_ssize_t saved_frames, saved_values, saved_bytes, saved_forgiven

    cdef str path(self)
    cdef int locate(self, object error) except -1
    cdef int forget(self) except -1
    cdef Py_ssize_t count(self, Frame* frame, Py_ssize_t i) noexcept
    cdef int hand_on(self, const ReadStep* step, object value) except -1
    cdef int enter_path(self, Frame* frame) except -1
    cdef int begin_step(self) except -1
    cdef int drop(self, Py_ssize_t frames, Py_ssize_t values) except -1
