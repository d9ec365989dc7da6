# cython: cdivision=True
"""Columns in memory → bytes: the rows of a NumPy, ctypes or Arrow table as the items of a repeating field.

The tags and the order of the fields are those of the plan, the texts are made by the primitives that the codecs of
objects use, with the GIL released. A value that the short way does not know is made an object of and goes through its
codec: every rule and every error stands there.
"""

from cpython.buffer cimport PyBUF_STRIDED_RO, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from cpython.object cimport PyObject
from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.stdint cimport int64_t, uint64_t, uintptr_t
from libc.string cimport memcpy, memset

from wsx._buffer cimport Out, out_append, out_close, out_grow, out_hand_over, out_open, out_reserve, out_take
from wsx._cells cimport (
    WSX_PUT_BASE64, WSX_PUT_BOOL, WSX_PUT_DECIMAL, WSX_PUT_DOUBLE, WSX_PUT_FLOAT, WSX_PUT_GUID, WSX_PUT_INT,
    WSX_PUT_MOMENT, WSX_PUT_OBJECT, WSX_PUT_TEXT, WSX_PUT_UINT
)
from wsx._lexical_numbers cimport (
    write_bool, write_decimal, write_double, write_float, write_int, write_uint
)
from wsx._lexical_texts cimport write_bytes, write_enum, write_guid, write_string
from wsx._lexical_times cimport write_datetime
from wsx._plan cimport SCALAR, STRUCTURE, Text, WritePlan, WriteStep

import datetime
import threading
import uuid
from decimal import Decimal

from wsx.errors import InvalidArgument, InvalidFormat, NotSupported, QuotaExceeded
from wsx.layouts import layout_of
from wsx.values import DateTime, TimeSpan

cdef extern from "_arrow.h":
    enum WsxStored:
        WSX_STORED_BOOL
        WSX_STORED_BITS
        WSX_STORED_INT
        WSX_STORED_UINT
        WSX_STORED_FLOAT
        WSX_STORED_DOUBLE
        WSX_STORED_DECIMAL
        WSX_STORED_MOMENT
        WSX_STORED_SPAN
        WSX_STORED_PADDED
        WSX_STORED_UCS4
        WSX_STORED_FIXED
        WSX_STORED_TEXT
        WSX_STORED_LARGE_TEXT
        WSX_STORED_VIEW
        WSX_STORED_NULL
    enum:
        WSX_CELL_ROOM
    bint wsx_no_value(const WsxColumn* column, int64_t row) noexcept nogil
    int64_t wsx_cell_room(const WsxColumn* column, int put, int64_t row) noexcept nogil
    char* wsx_put_cell(char* out, const WsxColumn* column, int put, int64_t row, bint attribute, int64_t least,
                       int64_t most, uint64_t most_unsigned) noexcept nogil
    bint wsx_stored_text(const WsxColumn* column, int64_t row, const char** text, int64_t* length) noexcept nogil
    int64_t wsx_stored_characters(const WsxColumn* column, int64_t row) noexcept nogil
    int64_t wsx_stored_int(const char* p, int width) noexcept nogil
    uint64_t wsx_stored_uint(const char* p, int width) noexcept nogil
    bint wsx_bit(const uint8_t* bits, int64_t i) noexcept nogil
    bint wsx_arrow_format(const char* format, WsxColumn* column) noexcept
    const char* wsx_arrow_column(const ArrowArray* array, int64_t skipped, int64_t rows, WsxColumn* column) noexcept

cdef enum:
    STRUCTURE_ROOM = 128        # what a row takes beside its fields: ends of tags
    SAMPLE = 1024               # rows after which the size of the whole is guessed
    ROUND = 8192                # rows of each thread between two deliveries to a sink
    MOST_THREADS = 256

EPOCH = datetime.datetime(1970, 1, 1)
UTC = datetime.timezone.utc


def address_of(data):
    """The address of the memory of a buffer; whoever asks must keep the object."""
    cdef Py_buffer view
    PyObject_GetBuffer(data, &view, PyBUF_STRIDED_RO)
    cdef uintptr_t address = <uintptr_t>view.buf
    PyBuffer_Release(&view)
    return address


# --- where columns come from -----------------------------------------------------------------------------------------


cdef class Source:
    """The batches of one object."""

    def __cinit__(self, data):
        self.data = data
        self.names = []
        memset(&self.batch, 0, sizeof(ArrowArray))
        if hasattr(data, "__arrow_c_stream__"):
            self.open_stream(data.__arrow_c_stream__())
        elif hasattr(data, "__arrow_c_array__"):
            schema, array = data.__arrow_c_array__()
            self.open_array(schema, array)
        else:
            layout = layout_of(data, address_of)
            if layout is None:
                raise InvalidArgument(f"a {type(data).__name__} has no columns: expected a NumPy or ctypes array, or an"
                                      " object with __arrow_c_stream__ or __arrow_c_array__")
            self.open_layout(layout)

    def __dealloc__(self):
        self.drop_batch()
        PyMem_Free(self.columns)

    cdef int allocate(self) except -1:
        self.columns = <WsxColumn*>PyMem_Calloc(self.count + 1, sizeof(WsxColumn))
        if self.columns is NULL:
            raise MemoryError
        return 0

    cdef int open_layout(self, object layout) except -1:
        cdef WsxColumn* column
        cdef dict stored = {
            "b": WSX_STORED_BOOL, "i": WSX_STORED_INT, "u": WSX_STORED_UINT, "S": WSX_STORED_PADDED,
            "U": WSX_STORED_UCS4, "V": WSX_STORED_FIXED, "M": WSX_STORED_MOMENT, "m": WSX_STORED_SPAN,
        }
        cdef uintptr_t address = layout.address
        self.owner = layout
        self.count = len(layout.places)
        self.structured = self.count != 1 or layout.places[0].name != ""
        self.rows = layout.rows
        self.allocate()
        for i, place in enumerate(layout.places):
            column = &self.columns[i]
            column.stored = (stored[place.kind] if place.kind != "f"
                             else WSX_STORED_FLOAT if place.size == 4 else WSX_STORED_DOUBLE)
            column.width = place.size
            column.unit = place.unit
            column.bytes = place.kind == "V"
            column.data = <const char*>(address + <uintptr_t><Py_ssize_t>place.offset)
            column.stride = layout.stride
            self.names.append(place.name)
        return 0

    cdef int open_stream(self, object capsule) except -1:
        cdef ArrowSchema schema
        cdef int outcome
        self.owner = capsule
        self.stream = <ArrowArrayStream*>PyCapsule_GetPointer(capsule, "arrow_array_stream")
        if self.stream.release is NULL:
            raise InvalidArgument("the Arrow stream was released already")
        memset(&schema, 0, sizeof(ArrowSchema))
        with nogil:
            outcome = self.stream.get_schema(self.stream, &schema)
        if outcome:
            self.failed(outcome)
        try:
            self.open_schema(&schema)
        finally:
            if schema.release is not NULL:
                schema.release(&schema)
        return 0

    cdef int open_array(self, object schema, object array) except -1:
        self.owner = (schema, array)
        self.given = <ArrowArray*>PyCapsule_GetPointer(array, "arrow_array")
        if self.given.release is NULL or (<ArrowSchema*>PyCapsule_GetPointer(schema, "arrow_schema")).release is NULL:
            raise InvalidArgument("the Arrow array was released already")
        return self.open_schema(<ArrowSchema*>PyCapsule_GetPointer(schema, "arrow_schema"))

    cdef int open_schema(self, ArrowSchema* schema) except -1:
        """The types and names of the columns."""
        cdef ArrowSchema* child
        cdef Py_ssize_t i
        self.structured = schema.format is not NULL and schema.format[0] == c"+" and schema.format[1] == c"s"
        self.count = schema.n_children if self.structured else 1
        if self.count < 0 or self.count > 1 << 20 or (self.structured and self.count and schema.children is NULL):
            raise InvalidArgument(f"an Arrow schema with {self.count} children")
        self.allocate()
        for i in range(self.count):
            child = schema.children[i] if self.structured else schema
            if child is NULL or child.format is NULL:
                raise InvalidArgument("an Arrow schema without a format")
            name = "" if child.name is NULL or not self.structured else (<bytes>child.name).decode("utf-8", "replace")
            if child.dictionary is not NULL:
                raise NotSupported(f"column {name!r}: a dictionary of Arrow cannot be a column; decode it")
            if not wsx_arrow_format(child.format, &self.columns[i]):
                shown = (<bytes>child.format).decode("utf-8", "replace")
                raise NotSupported(f"column {name!r}: Arrow's format {shown!r} cannot be a column")
            self.names.append(name)
        return 0

    cdef int failed(self, int outcome) except -1:
        cdef const char* words = self.stream.get_last_error(self.stream)
        said = "" if words is NULL else ": " + (<bytes>words).decode("utf-8", "replace")
        raise InvalidArgument(f"the Arrow stream failed with error {outcome}{said}")

    cdef int point(self, ArrowArray* array) except -1:
        """Points the columns at a batch, which is checked."""
        cdef ArrowArray* child
        cdef const char* fault
        cdef Py_ssize_t i
        if array.length < 0 or array.offset < 0:
            raise InvalidArgument(f"an Arrow array of length {array.length} and offset {array.offset}")
        if self.structured:
            if array.n_children != self.count or (self.count and array.children is NULL):
                raise InvalidArgument(f"an Arrow array of {array.n_children} children, but its schema has {self.count}")
            if array.null_count and array.n_buffers > 0 and array.buffers is not NULL and array.buffers[0] is not NULL:
                raise NotSupported("rows that are null as a whole")
        for i in range(self.count):
            child = array.children[i] if self.structured else array
            if child is NULL:
                raise InvalidArgument("an Arrow array without one of its children")
            fault = wsx_arrow_column(child, array.offset if self.structured else 0, array.length, &self.columns[i])
            if fault is not NULL:
                raise InvalidArgument(f"column {self.names[i]!r}: {(<bytes>fault).decode()}")
        self.rows = array.length
        return 0

    cdef void drop_batch(self) noexcept:
        if self.batch.release is not NULL:
            self.batch.release(&self.batch)
            self.batch.release = NULL

    cdef bint next_batch(self) except -1:
        """Goes to the next batch; False when there is none."""
        cdef int outcome
        if self.stream is NULL:
            if self.taken:
                return False
            self.taken = True
            if self.given is not NULL:
                self.point(self.given)
            return True
        self.drop_batch()
        with nogil:
            outcome = self.stream.get_next(self.stream, &self.batch)
        if outcome:
            memset(&self.batch, 0, sizeof(ArrowArray))
            self.failed(outcome)
        if self.batch.release is NULL:
            return False
        self.point(&self.batch)
        return True

    cdef Cell* bind(self, const WriteStep* step) except NULL:
        """Which column is which field; the caller frees it."""
        cdef WritePlan plan
        cdef Cell* cells
        cdef const WriteStep* field
        cdef Py_ssize_t i
        if step.kind == SCALAR:
            if self.structured:
                raise InvalidArgument("the items are scalars: expected one column without a name")
            cells = <Cell*>PyMem_Calloc(1, sizeof(Cell))
            if cells is NULL:
                raise MemoryError
            cells[0].step = step
            cells[0].column = &self.columns[0]
            cells[0].put = way_to_put(&self.columns[0], step)
            return cells
        plan = writable(step)
        places = {name: i for i, name in enumerate(self.names)}
        if len(places) != self.count:
            raise InvalidArgument("two columns have the same name")
        cells = <Cell*>PyMem_Calloc(plan.count + 1, sizeof(Cell))
        if cells is NULL:
            raise MemoryError
        try:
            for i in range(plan.count):
                field = &plan.steps[i]
                name = <str>field.name
                cells[i].step = field
                if field.kind != SCALAR or field.repeating:
                    raise NotSupported(f"field {name!r}: only scalars can be columns")
                if name in places:
                    cells[i].column = &self.columns[<Py_ssize_t>places.pop(name)]
                    cells[i].put = way_to_put(cells[i].column, field)
                elif not field.optional:
                    raise InvalidArgument(f"there is no column for the field {name!r}, which is not OPTIONAL")
            if places:
                raise InvalidArgument(f"column {next(iter(places))!r} is no field of the table")
        except BaseException:
            PyMem_Free(cells)
            raise
        return cells


cdef WritePlan writable(const WriteStep* step):
    """The plan of items that are structures of scalars."""
    cdef WritePlan plan
    if step.kind != STRUCTURE or step.convert is not NULL:
        raise NotSupported("only scalars and structures of scalars can be written from columns")
    plan = <WritePlan>step.plan
    if plan.late or plan.derived is not None or plan.abstract:
        raise NotSupported(f"{plan.access.python_type.__name__}: QNames, callbacks, any attributes and derived types "
                           "cannot be written from columns")
    return plan


cdef int way_to_put(const WsxColumn* column, const WriteStep* step) noexcept:
    """How values stored so are written as the field's type."""
    cdef int stored = column.stored
    cdef bint text = stored == WSX_STORED_TEXT or stored == WSX_STORED_LARGE_TEXT or stored == WSX_STORED_VIEW
    text = text or stored == WSX_STORED_PADDED
    if step.codec.write == write_bool:
        return WSX_PUT_BOOL if stored == WSX_STORED_BOOL or stored == WSX_STORED_BITS else WSX_PUT_OBJECT
    if step.codec.write == write_int:
        return WSX_PUT_INT if stored == WSX_STORED_INT or stored == WSX_STORED_UINT else WSX_PUT_OBJECT
    if step.codec.write == write_uint:
        return WSX_PUT_UINT if stored == WSX_STORED_INT or stored == WSX_STORED_UINT else WSX_PUT_OBJECT
    if step.codec.write == write_double:
        return WSX_PUT_DOUBLE if stored == WSX_STORED_FLOAT or stored == WSX_STORED_DOUBLE else WSX_PUT_OBJECT
    if step.codec.write == write_float:
        return WSX_PUT_FLOAT if stored == WSX_STORED_FLOAT or stored == WSX_STORED_DOUBLE else WSX_PUT_OBJECT
    if step.codec.write == write_decimal:
        return WSX_PUT_DECIMAL if stored == WSX_STORED_DECIMAL and column.scale <= 28 else WSX_PUT_OBJECT
    if step.codec.write == write_datetime:
        return WSX_PUT_MOMENT if stored == WSX_STORED_MOMENT else WSX_PUT_OBJECT
    if step.codec.write == write_guid:
        return WSX_PUT_GUID if text or (stored == WSX_STORED_FIXED and column.width == 16) else WSX_PUT_OBJECT
    if step.codec.write == write_string:
        return WSX_PUT_TEXT if (text and not column.bytes) or stored == WSX_STORED_UCS4 else WSX_PUT_OBJECT
    if step.codec.write == write_bytes:
        return WSX_PUT_BASE64 if text or stored == WSX_STORED_FIXED else WSX_PUT_OBJECT
    return WSX_PUT_OBJECT


# --- the long way ----------------------------------------------------------------------------------------------------


cdef object ticks_of(const WsxColumn* column, int64_t value):
    """A number of 100 ns; finer ones have no xs:dateTime."""
    ns = value * int(column.unit)
    if ns % 100:
        raise InvalidFormat(f"{value} units of {column.unit} ns are finer than the 100 ns that seven digits hold")
    return ns // 100


cdef object moment_of(const WsxColumn* column, int64_t value):
    ticks = ticks_of(column, value)
    try:
        moment = EPOCH + datetime.timedelta(microseconds=ticks // 10)
    except OverflowError:
        raise InvalidFormat(f"{value} units of {column.unit} ns since 1970 are outside the years 1 to 9999") from None
    if column.zoned:
        moment = moment.replace(tzinfo=UTC)
    return DateTime.of(moment, ticks % 10) if ticks % 10 else moment


cdef object value_of(const WsxColumn* column, int64_t row):
    """The Python object of a value."""
    cdef const char* p = column.data + row * column.stride
    cdef const char* text
    cdef int64_t length
    cdef float narrow
    cdef double real
    cdef int stored = column.stored
    if stored == WSX_STORED_BOOL:
        return p[0] != 0
    if stored == WSX_STORED_BITS:
        return wsx_bit(<const uint8_t*>column.data, column.first + row)
    if stored == WSX_STORED_INT:
        return wsx_stored_int(p, column.width)
    if stored == WSX_STORED_UINT:
        return wsx_stored_uint(p, column.width)
    if stored == WSX_STORED_FLOAT:
        memcpy(&narrow, p, 4)
        return <double>narrow
    if stored == WSX_STORED_DOUBLE:
        memcpy(&real, p, 8)
        return real
    if stored == WSX_STORED_DECIMAL:
        number = int.from_bytes(p[:16], "little", signed=True)
        return Decimal(f"{number}E-{column.scale}")
    if stored == WSX_STORED_MOMENT:
        return moment_of(column, wsx_stored_int(p, column.width))
    if stored == WSX_STORED_SPAN:
        return TimeSpan.of_ticks(ticks_of(column, wsx_stored_int(p, column.width)))
    try:
        if stored == WSX_STORED_UCS4:
            return (<bytes>p[:4 * wsx_stored_characters(column, row)]).decode("utf-32-le", "surrogatepass")
        if not wsx_stored_text(column, row, &text, &length):
            raise InvalidArgument("an offset of an Arrow array points outside of its buffer")
        return <bytes>text[:length] if column.bytes else (<bytes>text[:length]).decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise InvalidFormat(f"a text that is not Unicode: {error.reason}") from None


cdef int put_object(Out* out, const Cell* cell, int64_t row) except -1 with gil:
    """A value by the codec of its object."""
    cdef object value = value_of(cell.column, row)
    if cell.step.codec.write == write_enum and isinstance(value, str):
        if value not in <dict>cell.step.codec.values:
            raise InvalidArgument(f"{value!r} is not among the names of the enumeration")
        value = (<dict>cell.step.codec.values)[value]
    elif cell.step.codec.write == write_bytes and isinstance(value, str):
        value = value.encode("utf-8", "surrogatepass")
    elif cell.step.codec.write == write_guid or cell.step.codec.inner_write == write_guid:
        if isinstance(value, bytes) and len(value) == 16:
            value = uuid.UUID(bytes=value)
        elif isinstance(value, str):
            try:
                value = uuid.UUID(value)
            except ValueError:
                raise InvalidFormat(f"{value!r} is not a GUID of the form 8-4-4-4-12") from None
    return cell.step.codec.write(out, <PyObject*>value, &cell.step.codec)


cdef int more_room(Out* out, int64_t need) except -1 with gil:
    return out_grow(out, need)


cdef int no_value(const Cell* cell) except -1 with gil:
    if cell.column is NULL:
        raise InvalidArgument("the value is missing, but the field is not OPTIONAL")
    raise InvalidArgument("the value is None, but the field is neither OPTIONAL nor NILLABLE")


cdef int no_item() except -1 with gil:
    raise InvalidArgument("an item is None, but the field is not NILLABLE_ITEM")


# --- the short way ---------------------------------------------------------------------------------------------------


cdef inline int put(Out* out, const Text* text) except -1 nogil:
    """Appends a tag, which is padded."""
    if out.limit - out.cursor < text.length:
        more_room(out, text.length)
    if text.length <= 16:
        memcpy(out.cursor, text.data, 16)
    elif text.length <= 32:
        memcpy(out.cursor, text.data, 32)
    else:
        memcpy(out.cursor, text.data, text.length)
    out.cursor += text.length
    return 0


cdef inline int put_value(Out* out, const Cell* cell, int64_t row) except -1 nogil:
    """The text of a value."""
    cdef int64_t need = wsx_cell_room(cell.column, cell.put, row)
    cdef char* end = NULL
    if need > 0 and cell.put != WSX_PUT_OBJECT:
        if out.limit - out.cursor < need:
            more_room(out, need)
        end = wsx_put_cell(out.cursor, cell.column, cell.put, row, cell.step.codec.attribute, cell.step.codec.least,
                           cell.step.codec.most, cell.step.codec.most_unsigned)
    if end is NULL:
        return put_object(out, cell, row)
    out.cursor = end
    return 0


cdef inline int put_element(Out* out, const Cell* cell, int64_t row) except -1 nogil:
    """The element of a scalar."""
    cdef Py_ssize_t mark
    put(out, &cell.step.open)
    mark = out.cursor - out.start
    put_value(out, cell, row)
    if cell.step.codec.own_text and out.cursor - out.start == mark and not cell.step.expand:
        return put_empty(out)
    return put(out, &cell.step.close)


cdef inline int put_empty(Out* out) noexcept nogil:
    """Turns the start tag just written into `<name/>`; the SLACK has room for the byte."""
    out.cursor[-1] = c"/"
    out.cursor[0] = c">"
    out.cursor += 1
    return 0


cdef int put_attributes(Out* out, const Cell* cells, Py_ssize_t count, int64_t row, Place* place) except -1 nogil:
    """The attributes of a row, then the declarations of those that were written."""
    cdef uint64_t written = 0, declared = 0
    cdef Text quote
    cdef Py_ssize_t i
    quote.data = QUOTE
    quote.length = 1
    for i in range(count):
        place.step = cells[i].step
        if cells[i].column is NULL or wsx_no_value(cells[i].column, row):
            if not cells[i].step.optional:
                no_value(&cells[i])
            continue
        put(out, &cells[i].step.open)
        put_value(out, &cells[i], row)
        put(out, &quote)
        written |= <uint64_t>1 << i
    for i in range(count):
        if cells[i].step.declares >= 0 and written >> i & 1 and not declared >> cells[i].step.declares & 1:
            declared |= <uint64_t>1 << cells[i].step.declares
            put(out, &cells[i].step.declarations)
    return 0


cdef bytes PADDED_QUOTE = b'"' + bytes(64), PADDED_END = b">" + bytes(64)
cdef const char* QUOTE = PyBytes_AS_STRING(PADDED_QUOTE)
cdef const char* TAG_END = PyBytes_AS_STRING(PADDED_END)


cdef int put_rows(Out* out, const WriteStep* step, const Cell* cells, Py_ssize_t attributes, Py_ssize_t count,
                  bint split, bint text, int64_t begin, int64_t end, Py_ssize_t base, Place* place) except -1 nogil:
    """Rows that are structures."""
    cdef Py_ssize_t mark, i
    cdef const Cell* cell
    cdef int64_t row
    cdef Text tag_end
    tag_end.data = TAG_END
    tag_end.length = 1
    for row in range(begin, end):
        place.row = base + row
        place.step = NULL
        put(out, &step.open)
        if split:
            put_attributes(out, cells, attributes, row, place)
            put(out, &step.declarations)
            put(out, &tag_end)
        mark = out.cursor - out.start
        for i in range(attributes, count):
            cell = &cells[i]
            place.step = cell.step
            if cell.column is NULL or wsx_no_value(cell.column, row):
                if cell.column is not NULL and cell.step.nillable:
                    put(out, &cell.step.nil)
                elif text or not cell.step.optional:
                    no_value(cell)
            elif text:
                put_value(out, cell, row)
            else:
                put_element(out, cell, row)
        place.step = NULL
        if out.cursor - out.start == mark and not step.expand:
            put_empty(out)
        else:
            put(out, &step.close)
    return 0


cdef int put_scalars(Out* out, const WriteStep* step, const Cell* cell, int64_t begin, int64_t end, Py_ssize_t base,
                     Place* place) except -1 nogil:
    """Rows that are scalars."""
    cdef int64_t row
    for row in range(begin, end):
        place.row = base + row
        if wsx_no_value(cell.column, row):
            if not step.nillable_item:
                no_item()
            put(out, &step.nil)
        else:
            put_element(out, cell, row)
    return 0


cdef class Job:
    """Writing some rows of a batch."""

    cdef int run(self, Out* out) except -1:
        with nogil:
            if self.step.kind == SCALAR:
                put_scalars(out, self.step, self.cells, self.begin, self.end, self.base, &self.place)
            else:
                put_rows(out, self.step, self.cells, self.attributes, self.count, self.split, self.text, self.begin,
                         self.end, self.base, &self.place)
        return 0

    def run_apart(self, Py_ssize_t size):
        """For a thread of its own: the rows as bytes, or the error."""
        cdef Out out
        try:
            out_open(&out, size)
            try:
                self.run(&out)
                self.made = out_take(&out)
            finally:
                out_close(&out)
        except BaseException as error:
            self.error = error

    cdef Job part(self, int64_t begin, int64_t end):
        cdef Job job = Job.__new__(Job)
        job.step = self.step
        job.cells = self.cells
        job.attributes, job.count = self.attributes, self.count
        job.base, job.split, job.text = self.base, self.split, self.text
        job.begin, job.end = begin, end
        job.place.row = -1
        return job


cdef class Columns:
    """Rows in memory as the value of a repeating field, wherever a value is written: their fields are columns.

    ``data`` is a one-dimensional NumPy array (structured where the items are structures), a ctypes array, another
    buffer of numbers, or whatever speaks the Arrow C data interface (tables and record batches of pyarrow, polars,
    nanoarrow; a stream is read batch by batch). Columns are found by the names of the table's fields; nulls and NaT
    are nil where the field is NILLABLE, else absent. The GIL is released meanwhile, and with ``threads`` the rows are
    split over so many threads: nobody may change the memory then.

    InvalidArgument for a column that the table does not have, or lacks, and for Arrow arrays that contradict
    themselves; NotSupported, naming it, for a column of a type that cannot be taken.
    """

    def __init__(self, data, *, int threads=1):
        if not 1 <= threads <= MOST_THREADS:
            raise InvalidArgument(f"threads must be 1 to {MOST_THREADS}, not {threads}")
        self.data = data
        self.threads = threads

    cdef int write(self, Out* out, const WriteStep* step, Py_ssize_t depth, Py_ssize_t most, Place* place) except -1:
        """Appends all rows as the items of a step, `depth` elements deep."""
        cdef Source source = Source(self.data)
        cdef Cell* cells = source.bind(step)
        cdef Job job = Job.__new__(Job)
        try:
            job.step = step
            job.cells = cells
            if step.kind == STRUCTURE:
                job.attributes, job.count = (<WritePlan>step.plan).attributes, (<WritePlan>step.plan).count
                job.split, job.text = (<WritePlan>step.plan).split, (<WritePlan>step.plan).text
            while source.next_batch():
                if source.rows and depth + (job.count > job.attributes and not job.text) >= most:
                    raise QuotaExceeded(f"the value is nested deeper than {most} elements (max_depth)")
                if source.rows > step.most - job.base:
                    raise InvalidFormat(f"more than {step.most} items, but the table wants at most so many")
                self.write_batch(out, job, source.rows, place)
                job.base += source.rows
            place.row = -1
            place.step = NULL
            if job.base < step.least:
                raise InvalidFormat(f"{job.base} items, but the table wants at least {step.least}")
        finally:
            PyMem_Free(cells)
        return 0

    cdef int write_batch(self, Out* out, Job job, Py_ssize_t rows, Place* place) except -1:
        """Appends one batch: first some rows, from which the size of the others is guessed."""
        cdef Py_ssize_t begin = 0, end, before, size, each = 0
        cdef bint sink = out.sink is not NULL
        while begin < rows:
            end = min(rows, begin + SAMPLE if begin == 0 else begin + ROUND * self.threads if sink else rows)
            before = out.cursor - out.start
            if self.threads > 1 and end - begin >= 2 * self.threads and begin:
                self.write_threads(out, job, begin, end, each, place)
            else:
                self.write_part(out, job.part(begin, end), place)
            if begin == 0:
                each = (out.cursor - out.start - before) // end + 1
                size = each * (rows - end)
                if not sink and self.threads == 1:
                    out_reserve(out, size + size // 16)
            if out.cursor - out.start >= out.chunk:
                out_hand_over(out, 1)
            begin = end
        return 0

    cdef int write_part(self, Out* out, Job job, Place* place) except -1:
        try:
            job.run(out)
        finally:
            place[0] = job.place
        return 0

    cdef int write_threads(self, Out* out, Job whole, int64_t begin, int64_t end, Py_ssize_t each,
                           Place* place) except -1:
        """Appends rows written by several threads, this one included; of several errors the first row's counts."""
        cdef int64_t share = (end - begin + self.threads - 1) // self.threads, first
        cdef Py_ssize_t size = each * share + each * share // 16
        cdef Job job
        cdef list jobs = [], threads = []
        for first in range(begin + share, end, share):
            job = whole.part(first, min(first + share, end))
            jobs.append(job)
            threads.append(threading.Thread(target=job.run_apart, args=(size,)))
        for thread in threads:
            thread.start()
        try:
            self.write_part(out, whole.part(begin, min(begin + share, end)), place)
        finally:
            for thread in threads:
                thread.join()
        for job in jobs:
            if job.error is not None:
                place[0] = job.place
                raise job.error
            out_append(out, PyBytes_AS_STRING(job.made), PyBytes_GET_SIZE(job.made))
            job.made = None
        return 0
