"""Bytes → values, by a plan."""

from cpython.object cimport PyObject

from wsx._frames cimport Frame, FrameReader
from wsx._plan cimport ReadPlan, ReadRoot, ReadStep
from wsx._scanner cimport Attribute, Slice

cdef class Reader(FrameReader):
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
    cdef int absent(self, const ReadStep* step, PyObject** value, Py_ssize_t count) except -1
    cdef int missing(self, const ReadStep* step) except -1
    cdef int predict(self, Frame* frame, ReadPlan plan) except -1
    cdef int predicted_scalar(self, Frame* frame, const ReadStep* outer, const ReadStep* step, Slice name) except -1
    cdef object scope_outside(self, Py_ssize_t count)
    cdef object fragment(self)
    cdef object custom(self, const ReadStep* step)
    cdef PyObject* custom_attribute(self, const ReadStep* step, Slice text) except NULL
    cdef int any_attribute(self, ReadPlan plan, const Attribute* attribute, PyObject** values) except -1
    cdef PyObject* actual_plan(self, PyObject* declared) except NULL
    cdef int mixed(self, Frame* frame, ReadPlan plan) except -1
    cdef int leave_to_content(self, Frame* frame, ReadPlan plan) except -1
    cdef object read(self, ReadRoot root, int option)
    cdef object go_on(self, ReadRoot root)
    cdef int choose(self, Frame* frame, ReadPlan plan) except -1
    cdef int leave_step(self, Frame* frame, ReadPlan plan) except -1
    cdef int take(self, Frame* frame, ReadPlan plan) except -1
    cdef int enter_wrapper(self, Frame* frame, ReadPlan plan) except -1
    cdef int leave_items(self, Frame* frame, const ReadStep* step, Py_ssize_t count) except -1
    cdef int next_tag(self, Frame* frame, ReadPlan plan) except -1
    cdef int known_attributes(self, ReadPlan plan) except -1
    cdef object new_items(self, Frame* frame, const ReadStep* step)
    cdef int deliver(self, Frame* frame, const ReadStep* step, object value) except -1
    cdef object run(self, Py_ssize_t bottom)
    cdef object structure(self, PyObject* plan)
    cdef object read_root_element(self, ReadRoot root, int option)
    cdef object element_value(self, ReadRoot root, int option)
    cdef str expected(self, ReadRoot root)


cdef Reader open_document(object data, object quotas)
