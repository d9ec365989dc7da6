"""Bytes → columns."""

from libc.stdint cimport int64_t, uint8_t, uint64_t

from wsx._columns cimport ArrowArray, ArrowSchema
from wsx._plan cimport ReadPlan, ReadStep
from wsx._reader cimport Reader
from wsx._rows cimport RowSink

cdef extern from "_row_reader.h":
    cdef struct WsxBuilder:
        int kind, width
        int64_t least, most
        uint64_t most_unsigned
        char* values
        uint8_t* scales
        int64_t* offsets
        char* text
        uint8_t* valid
        int64_t nulls
        bint finer, zoned, naive
        uint8_t* validity
        uint8_t* bits
        int64_t longest
    cdef struct WsxField:
        WsxBuilder* builder
        const char* open
        const char* close
        Py_ssize_t open_length, close_length
        bint optional, nillable, limited
    cdef struct WsxRowPlan:
        WsxField* fields
        Py_ssize_t attributes, count
        const char* open
        const char* close
        Py_ssize_t open_length, close_length
        bint scalar
        const char* xsi
        Py_ssize_t xsi_length
        Py_ssize_t text_limit, value_limit, item_limit, row_bytes
        bint may_declare
        int64_t rows, room
        Py_ssize_t value_bytes

cdef class ColumnBatch:
    cdef WsxBuilder* builders
    cdef Py_ssize_t width               # columns
    cdef int64_t rows
    cdef readonly tuple names
    cdef list kinds, formats
    cdef bint scalar
    cdef Py_ssize_t value_limit

    cdef int finish(self) except -1
    cdef int finish_decimals(self, Py_ssize_t i) except -1
    cdef int finish_moments(self, Py_ssize_t i) except -1
    cdef int export_schema(self, ArrowSchema* schema, Py_ssize_t i) except -1
    cdef int export_array(self, ArrowArray* array, Py_ssize_t i) except -1
    cdef object numpy_column(self, object numpy, Py_ssize_t i)

cdef class ColumnSink(RowSink):
    cdef ColumnBatch batch
    cdef ReadPlan items                 # None where they are scalars
    cdef WsxRowPlan plan
    cdef list keep                      # rendered tags
    cdef object prefix
    cdef bint quick, rendered

    cdef int prepare(self, object field) except -1
    cdef int column(self, Py_ssize_t i, object described, const ReadStep* step) except -1
    cdef int grow(self) except -1
    cdef int append(self, object item) except -1
    cdef int store(self, Py_ssize_t i, object value) except -1
    cdef const ReadStep* step_of(self, Py_ssize_t i) noexcept
    cdef int find_xsi(self, Reader reader) except -1
    cdef int render(self, object reader) except -1
    cdef const char* kept(self, bytes text, Py_ssize_t* length) except NULL
