"""Columns in memory as the items of a repeating field."""

from libc.stdint cimport int64_t, uint8_t, uint64_t

from wsx._buffer cimport Out
from wsx._plan cimport WritePlan, WriteStep

cdef extern from "_arrow.h":
    cdef struct WsxColumn:
        int stored, width, scale
        bint zoned, bytes
        int64_t unit, first
        const char* data
        Py_ssize_t stride
        const uint8_t* validity
    cdef struct ArrowSchema:
        const char* format
        const char* name
        int64_t flags, n_children
        ArrowSchema** children
        ArrowSchema* dictionary
        void (*release)(ArrowSchema*) noexcept
        void* private_data
    cdef struct ArrowArray:
        int64_t length, null_count, offset, n_buffers, n_children
        const void** buffers
        ArrowArray** children
        ArrowArray* dictionary
        void (*release)(ArrowArray*) noexcept
        void* private_data
    cdef struct ArrowArrayStream:
        int (*get_schema)(ArrowArrayStream*, ArrowSchema*) noexcept nogil
        int (*get_next)(ArrowArrayStream*, ArrowArray*) noexcept nogil
        const char* (*get_last_error)(ArrowArrayStream*) noexcept
        void (*release)(ArrowArrayStream*) noexcept
        void* private_data

cdef struct Place:
    # Where writing stands: what an error's path is made of.
    Py_ssize_t row              # -1 before the first
    const WriteStep* step       # the field, NULL for the row itself

cdef struct Cell:
    # One field of the rows.
    const WriteStep* step
    const WsxColumn* column     # NULL: never there
    int put

cdef class Source:
    # Batches of columns from one object; used for one write.
    cdef object data, owner
    cdef list names
    cdef WsxColumn* columns
    cdef Py_ssize_t count, rows
    cdef ArrowArrayStream* stream
    cdef ArrowArray* given          # the only batch, not ours to release
    cdef ArrowArray batch           # the one of the stream, ours
    cdef bint structured, taken

    cdef int open_layout(self, object layout) except -1
    cdef int open_stream(self, object capsule) except -1
    cdef int open_array(self, object schema, object array) except -1
    cdef int open_schema(self, ArrowSchema* schema) except -1
    cdef int allocate(self) except -1
    cdef int failed(self, int outcome) except -1
    cdef void drop_batch(self) noexcept
    cdef int point(self, ArrowArray* array) except -1
    cdef bint next_batch(self) except -1
    cdef Cell* bind(self, const WriteStep* step) except NULL

cdef class Job:
    # Writing some rows of a batch.
    cdef const WriteStep* step
    cdef const Cell* cells
    cdef Py_ssize_t attributes, count, base
    cdef bint split, text
    cdef int64_t begin, end
    cdef Place place
    cdef object made, error

    cdef int run(self, Out* out) except -1
    cdef Job part(self, int64_t begin, int64_t end)

cdef class Columns:
    cdef readonly object data
    cdef readonly int threads

    cdef int write_batch(self, Out* out, Job job, Py_ssize_t rows, Place* place) except -1
    cdef int write_part(self, Out* out, Job job, Place* place) except -1
    cdef int write_threads(self, Out* out, Job whole, int64_t begin, int64_t end, Py_ssize_t each,
                           Place* place) except -1

    cdef int write(self, Out* out, const WriteStep* step, Py_ssize_t depth, Py_ssize_t most, Place* place) except -1
