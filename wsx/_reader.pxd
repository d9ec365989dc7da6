"""Bytes → values, by a plan."""

from cpython.object cimport PyObject

from wsx._plan cimport ReadPlan, ReadRoot, ReadStep
from wsx._scanner cimport Attribute, Slice
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

cdef enum:
    INLINE_FRAMES = 6
    INLINE_VALUES = 48

cdef class Reader(StepReader):
    cdef Frame* frames
    cdef Py_ssize_t frame_count, frame_capacity
    cdef PyObject** values
    cdef Py_ssize_t value_count, value_capacity
    cdef Frame[INLINE_FRAMES] inline_frames
    cdef Reference[INLINE_VALUES] inline_values

    cdef ReadRoot root              # of the element being read
    cdef list forgiven              # what was let pass; None for a strict reader
    cdef bint any_order, unknown_elements, unknown_attributes

    cdef int forgive(self, str rule, str name, const char* where) except -1
    cdef int unknown_attribute(self, const Attribute* attribute) except -1
    cdef int no_attributes(self) except -1
    cdef int learn_prefix(self, Frame* frame, const ReadStep* step) noexcept
    cdef bint fits(self, Frame* frame, ReadPlan plan, Py_ssize_t i) noexcept
    cdef int choose_leniently(self, Frame* frame, ReadPlan plan) except -1
    cdef bint known(self, Frame* frame, ReadPlan plan) noexcept
    cdef int forgive_element(self, str rule, Frame* frame, ReadPlan plan) except -1
    cdef int leftover(self, Frame* frame, ReadPlan plan) except -1
    cdef int push_frame(self, PyObject* plan, bint bare) except -1
    cdef int read_attributes(self, ReadPlan plan, PyObject** values) except -1
    cdef int read_text_field(self, ReadPlan plan, Py_ssize_t base) except -1
    cdef object finish_structure(self, Frame* frame)
    cdef int absent(self, const ReadStep* step, PyObject** value) except -1
    cdef int missing(self, const ReadStep* step) except -1
    cdef int predict(self, Frame* frame, ReadPlan plan) except -1
    cdef int predicted_scalar(self, Frame* frame, const ReadStep* outer, const ReadStep* step, Slice name) except -1
    cdef object scope_outside(self, Py_ssize_t count)
    cdef object fragment(self)
    cdef object custom(self, const ReadStep* step)
    cdef int any_attribute(self, ReadPlan plan, const Attribute* attribute, PyObject** values) except -1
    cdef PyObject* actual_plan(self, PyObject* declared) except NULL
    cdef int mixed(self, Frame* frame, ReadPlan plan) except -1
    cdef int leave_to_content(self, Frame* frame, ReadPlan plan) except -1
    cdef object read(self, ReadRoot root, int option)
    cdef int choose(self, Frame* frame, ReadPlan plan) except -1
    cdef int leave_step(self, Frame* frame, ReadPlan plan) except -1
    cdef int take(self, Frame* frame, ReadPlan plan) except -1
    cdef int enter_wrapper(self, Frame* frame, ReadPlan plan) except -1
    cdef int leave_items(self, Frame* frame, const ReadStep* step, Py_ssize_t count) except -1
    cdef int next_tag(self, Frame* frame, ReadPlan plan) except -1
    cdef int known_attributes(self, ReadPlan plan) except -1
    cdef int deliver(self, Frame* frame, const ReadStep* step, object value) except -1
    cdef object run(self, Py_ssize_t bottom)
    cdef object structure(self, PyObject* plan)
    cdef object read_root_element(self, ReadRoot root, int option)
    cdef object element_value(self, ReadRoot root, int option)
    cdef str expected(self, ReadRoot root)
    cdef str path(self)
    cdef int locate(self, object error) except -1
    cdef int forget(self) except -1
