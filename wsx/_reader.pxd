"""Bytes → names, texts and, with a plan, values: a forward-only cursor over a whole document."""

from cpython.object cimport PyObject

from wsx._buffer cimport Out
from wsx._plan cimport ReadPlan, ReadRoot, ReadStep

ctypedef PyObject* Reference

cdef struct Slice:
    const char* data
    Py_ssize_t length

cdef struct Binding:
    Slice prefix
    Slice ns

cdef struct Attribute:
    Slice name          # as spelled, for messages
    Slice prefix
    Slice local
    Slice ns
    Slice value         # between the quotes, as it stands
    bint plain          # no reference and no white space to normalise in it

cdef struct Open:
    # An open element: how its start tag spells it, which its end tag must repeat.
    Slice name
    Py_ssize_t bindings     # bindings in force outside

cdef struct Frame:
    # A structure being read.
    PyObject* plan          # ReadPlan; borrowed from the root, which lives as long as the call
    Py_ssize_t step         # the field that comes next
    Py_ssize_t values       # index of its first value
    Slice prefix            # what the plan's namespace is bound to here
    bint predicted          # there is such a prefix
    bint in_wrapper
    bint bare               # no element of its own: the fields end where the surroundings do

cdef enum:
    INLINE_OPENS = 40
    INLINE_BINDINGS = 12
    INLINE_ATTRIBUTES = 12
    INLINE_FRAMES = 12
    INLINE_VALUES = 96

cdef class Reader:
    cdef Py_buffer view
    cdef bint viewed
    cdef const char* start
    cdef const char* first      # of the slice that is read
    cdef const char* cursor
    cdef const char* end
    cdef bint ascii
    cdef const char* mark       # where what is being read began, for error offsets
    cdef Out scratch            # text that does not stand in the input as one piece

    cdef Py_ssize_t max_depth, max_attributes, max_namespaces, max_name_length, max_text_length, max_items

    # The start tag at the cursor, once it is parsed.
    cdef bint pending
    cdef bint at_empty          # an entered `<a/>` whose end has not been read
    cdef bint reading
    cdef bint self_closing
    cdef const char* tag
    cdef Slice element_prefix, element_local, element_ns

    cdef Open* opens
    cdef Py_ssize_t open_count, open_capacity
    cdef Binding* bindings
    cdef Py_ssize_t binding_count, binding_capacity
    cdef Attribute* attributes
    cdef Py_ssize_t attribute_count, attribute_capacity
    cdef Frame* frames
    cdef Py_ssize_t frame_count, frame_capacity
    cdef PyObject** values
    cdef Py_ssize_t value_count, value_capacity
    cdef list keep              # bytes that bindings point to

    cdef Open[INLINE_OPENS] inline_opens
    cdef Binding[INLINE_BINDINGS] inline_bindings
    cdef Attribute[INLINE_ATTRIBUTES] inline_attributes
    cdef Frame[INLINE_FRAMES] inline_frames
    cdef Reference[INLINE_VALUES] inline_values

    cdef int open_input(self, Py_ssize_t start, Py_ssize_t end) except -1
    cdef int bad(self, const char* place, str text) except -1
    cdef int truncated(self) except -1
    cdef int over(self, str quota, Py_ssize_t limit) except -1

    cdef int read_declaration(self) except -1
    cdef int skip_misc(self) except -1
    cdef int skip_comment(self) except -1
    cdef int skip_instruction(self) except -1
    cdef int skip_markup(self) except -1
    cdef int state(self) except -1

    cdef int scan_name(self, Slice* name, Slice* prefix, Slice* local) except -1
    cdef int open_element(self, Slice name) except -1
    cdef int parse_tag(self) except -1
    cdef int keep_alive(self, object kept) except -1
    cdef int parse_attribute(self) except -1
    cdef int declare(self, const Attribute* attribute) except -1
    cdef int bind(self, Slice prefix, Slice ns) except -1
    cdef int resolve(self, const Slice* prefix, Slice* ns, bint attribute) except -1
    cdef int resolve_attributes(self) except -1
    cdef int end_tag(self) except -1
    cdef int unexpected_end(self) except -1
    cdef void close_element(self) noexcept

    cdef int reference(self) except -1
    cdef int cdata(self) except -1
    cdef int text(self, Slice* text) except -1
    cdef int text_piecewise(self) except -1
    cdef int attribute_text(self, const Attribute* attribute, Slice* text) except -1
    cdef bint is_ascii(self, const Slice* text) noexcept
    cdef object string(self, Slice text)

    cdef int nil(self) except -1
    cdef int no_attributes(self) except -1
    cdef int simple_text(self, Slice* text) except -1
    cdef object scalar(self, const ReadStep* step)
    cdef int push_frame(self, PyObject* plan, bint bare) except -1
    cdef int read_attributes(self, ReadPlan plan, PyObject** values) except -1
    cdef int read_text_field(self, ReadPlan plan, Py_ssize_t base) except -1
    cdef object finish_structure(self, Frame* frame)
    cdef int absent(self, const ReadStep* step, PyObject** value) except -1
    cdef int missing(self, const ReadStep* step) except -1
    cdef int predict(self, Frame* frame, ReadPlan plan) except -1
    cdef int choose(self, Frame* frame, ReadPlan plan) except -1
    cdef int leave_step(self, Frame* frame, ReadPlan plan) except -1
    cdef int take(self, Frame* frame, ReadPlan plan) except -1
    cdef int enter_wrapper(self, Frame* frame, ReadPlan plan) except -1
    cdef int deliver(self, Frame* frame, const ReadStep* step, object value) except -1
    cdef object run(self, Py_ssize_t bottom)
    cdef object structure(self, PyObject* plan)
    cdef object read_root_element(self, ReadRoot root, int option)
    cdef object element_value(self, ReadRoot root, int option)
    cdef str path(self, ReadRoot root)
    cdef int locate(self, object error, ReadRoot root) except -1
    cdef int forget(self) except -1
    cdef int leave_items(self, Frame* frame, const ReadStep* step, Py_ssize_t count) except -1
    cdef int no_content(self) except -1
    cdef str expected(self, ReadRoot root)
    cdef int skip_rest(self) except -1
