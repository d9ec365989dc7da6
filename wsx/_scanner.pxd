"""Bytes → names, texts and attributes: a forward-only cursor over a document."""

from wsx._buffer cimport Out

cdef extern from "_text.h":
    bint wsx_same(const char* a, const char* b, size_t n) noexcept

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

cdef enum State:
    AT_START_TAG
    AT_END_TAG
    AT_END

cdef enum:
    INLINE_OPENS = 8
    INLINE_BINDINGS = 8
    INLINE_ATTRIBUTES = 3


cdef inline Slice slice_of(const char* data, Py_ssize_t length) noexcept:
    cdef Slice made
    made.data = data
    made.length = length
    return made


cdef inline bint same(const Slice* text, const char* data, Py_ssize_t length) noexcept:
    return text.length == length and wsx_same(text.data, data, length)


cdef inline bint is_space(char c) noexcept:
    return c == c" " or c == c"\n" or c == c"\t" or c == c"\r"


cdef struct Limits:
    # Quotas, as numbers
    Py_ssize_t depth, attributes, namespaces, name_length, text_length, items, value_bytes, buffered


cdef bint xsi(const Slice* ns) noexcept
cdef Py_ssize_t grown(void** array, void* inline_array, Py_ssize_t count, Py_ssize_t size) except -1


cdef class Scanner:
    cdef Py_buffer view
    cdef bint viewed
    cdef const char* start
    cdef const char* cursor
    cdef const char* end
    cdef Py_ssize_t base        # offset of `start` in the document
    cdef bint partial           # more may follow behind `end`
    cdef Py_ssize_t floor       # and then: what is read ends where so few elements are open
    cdef bint ascii
    cdef bint references_ascii  # those that the scratch has the text of
    cdef bint any_reference     # character references may stand for what XML forbids
    cdef const char* mark       # where what is being read began, for error offsets
    cdef Out scratch            # text that does not stand in the input as one piece

    cdef Limits limits

    # The start tag at the cursor, once it is parsed.
    cdef bint pending
    cdef bint reading           # by a plan: constructors cannot move the cursor meanwhile
    cdef bint rooted            # an element was met
    cdef bint at_empty          # an entered `<a/>` whose end has not been read
    cdef bint self_closing
    cdef const char* tag
    cdef Slice element_prefix, element_local, element_ns

    cdef Open* opens
    cdef Py_ssize_t open_count, open_capacity
    cdef Binding* bindings
    cdef Py_ssize_t binding_count, binding_capacity
    cdef Attribute* attributes
    cdef Py_ssize_t attribute_count, attribute_capacity
    cdef list keep              # bytes that bindings point to

    cdef Open[INLINE_OPENS] inline_opens
    cdef Binding[INLINE_BINDINGS] inline_bindings
    cdef Attribute[INLINE_ATTRIBUTES] inline_attributes

    cdef int open_input(self, Py_ssize_t start, Py_ssize_t end, bint whole) except -1
    cdef Py_ssize_t offset(self, const char* place) noexcept
    cdef int bad(self, const char* place, str text) except -1
    cdef int truncated(self) except -1
    cdef int more(self) except -1
    cdef int more_misc(self) except -1
    cdef int over(self, str quota, Py_ssize_t limit) except -1

    cdef int read_declaration(self) except -1
    cdef const char* behind_declaration(self, const char* p, object charset, bint allowed) except NULL
    cdef int skip_misc(self) except -1
    cdef int skip_comment(self) except -1
    cdef int skip_instruction(self) except -1
    cdef int skip_markup(self) except -1
    cdef int idle(self) except -1
    cdef int state(self) except -1

    cdef int scan_name(self, Slice* name, Slice* prefix, Slice* local) except -1
    cdef int open_element(self, Slice name) except -1
    cdef int parse_tag(self) except -1
    cdef int parse_attribute(self) except -1
    cdef int declare(self, const Attribute* attribute) except -1
    cdef int bind(self, Slice prefix, Slice ns) except -1
    cdef int keep_alive(self, object kept) except -1
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
    cdef int simple_text(self, Slice* text) except -1
    cdef int no_content(self) except -1
    cdef int skip_rest(self) except -1
    cdef int skip_to_end_tag(self) except -1
