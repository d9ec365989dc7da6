# cython: cdivision=True
"""Bytes → columns: the items of a repeating field without an object for any value.

The reader of objects reads the document up to the first item and that item; the rows behind it that look as the table
expects are read by _row_reader.h with the GIL released, and the first one that does not is the reader's again.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from cpython.memoryview cimport PyMemoryView_FromMemory
from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_New
from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcmp, memcpy, memset

from wsx._access cimport FROM_DICT, FROM_TUPLE
from wsx._cells cimport (
    WSX_PUT_BASE64, WSX_PUT_BOOL, WSX_PUT_DECIMAL, WSX_PUT_DOUBLE, WSX_PUT_FLOAT, WSX_PUT_GUID, WSX_PUT_INT,
    WSX_PUT_MOMENT, WSX_PUT_OBJECT, WSX_PUT_TEXT, WSX_PUT_UINT
)
from wsx._columns cimport ArrowArray, ArrowArrayStream, ArrowSchema
from wsx._frames cimport Frame
from wsx._plan cimport SCALAR, STRUCTURE, ReadPlan, ReadRoot, ReadStep, read_root
from wsx._reader cimport Reader, open_document
from wsx._scanner cimport Slice, xsi

import datetime

from wsx.descriptions import ReadOption, Type
from wsx.errors import InvalidArgument, NotSupported, NumericOverflow, QuotaExceeded
from wsx.values import UNSET, DateTime, TimeSpan

cdef extern from "_row_reader.h":
    bint wsx_grow_builder(WsxBuilder* b, int64_t room) noexcept
    void wsx_free_builder(WsxBuilder* b) noexcept
    void wsx_build_null(WsxBuilder* b, int64_t row) noexcept
    bint wsx_build_text(WsxBuilder* b, int64_t row, const char* text, int64_t length) noexcept
    int wsx_read_rows(WsxRowPlan* plan, const char** cursor, const char* end) noexcept nogil
    uint8_t* wsx_pack_bits(const uint8_t* data, int64_t count) noexcept nogil
    int64_t wsx_rescale(WsxBuilder* b, int64_t rows, int scale) noexcept nogil
    int64_t wsx_rescale_moments(WsxBuilder* b, int64_t rows) noexcept nogil
    int64_t wsx_count_characters(WsxBuilder* b, int64_t rows) noexcept nogil
    void wsx_spread_characters(const WsxBuilder* b, int64_t rows, char* out, int64_t width) noexcept nogil

cdef extern from "Python.h":
    enum:
        PyBUF_READ

# Type -> (kind, bytes of a value, format of Arrow, type of NumPy); None for what the other library does not have, or
# what depends on the values.
cdef dict KINDS = {
    Type.BOOL: (WSX_PUT_BOOL, 1, "b", "?"),
    Type.INT8: (WSX_PUT_INT, 1, "c", "i1"), Type.INT16: (WSX_PUT_INT, 2, "s", "i2"),
    Type.INT32: (WSX_PUT_INT, 4, "i", "i4"), Type.INT64: (WSX_PUT_INT, 8, "l", "i8"),
    Type.UINT8: (WSX_PUT_UINT, 1, "C", "u1"), Type.UINT16: (WSX_PUT_UINT, 2, "S", "u2"),
    Type.UINT32: (WSX_PUT_UINT, 4, "I", "u4"), Type.UINT64: (WSX_PUT_UINT, 8, "L", "u8"),
    Type.FLOAT: (WSX_PUT_FLOAT, 4, "f", "f4"), Type.DOUBLE: (WSX_PUT_DOUBLE, 8, "g", "f8"),
    Type.DECIMAL: (WSX_PUT_DECIMAL, 16, None, None),
    Type.DATETIME: (WSX_PUT_MOMENT, 8, None, None), Type.TIMESPAN: (WSX_PUT_OBJECT, 8, None, None),
    Type.GUID: (WSX_PUT_GUID, 16, "w:16", "V16"),
    Type.BYTES: (WSX_PUT_BASE64, 0, "Z", None), Type.BYTE_ARRAY: (WSX_PUT_BASE64, 0, "Z", None),
    Type.STRING: (WSX_PUT_TEXT, 0, "U", None), Type.WSZ: (WSX_PUT_TEXT, 0, "U", None),
    Type.XML_STRING: (WSX_PUT_TEXT, 0, "U", None), Type.CHAR_ARRAY: (WSX_PUT_TEXT, 0, "U", None),
    Type.UTF8_ARRAY: (WSX_PUT_TEXT, 0, "U", None), Type.ENUM: (WSX_PUT_TEXT, 0, "U", None),
}
EPOCH = datetime.datetime(1970, 1, 1)
UTC = datetime.timezone.utc
cdef object TEN_TO_38 = 10 ** 38

cdef enum:
    ARROW_FLAG_NULLABLE = 2
    FIRST_ROOM = 64


# --- the sink --------------------------------------------------------------------------------------------------------


cdef class ColumnSink(RowSink):
    """The columns that the items of a field become."""

    def __cinit__(self):
        self.batch = ColumnBatch.__new__(ColumnBatch)
        self.keep = []

    def __dealloc__(self):
        PyMem_Free(self.plan.fields)

    cdef int prepare(self, object field) except -1:
        """The columns of a field's items."""
        cdef ColumnBatch batch = self.batch
        cdef Py_ssize_t i, fields = 1
        if self.step.kind == STRUCTURE and self.step.convert is NULL:
            self.items = <ReadPlan>self.step.plan
            if self.items.derived is not None or self.items.abstract:
                raise NotSupported(f"{self.items.name}: derived types cannot be read into columns")
            fields = self.items.count
        elif self.step.kind != SCALAR:
            raise NotSupported(f"field {field.name!r}: only scalars and structures of them can be read into columns")
        batch.builders = <WsxBuilder*>PyMem_Calloc(fields + 1, sizeof(WsxBuilder))
        self.plan.fields = <WsxField*>PyMem_Calloc(fields + 1, sizeof(WsxField))
        if batch.builders is NULL or self.plan.fields is NULL:
            raise MemoryError
        batch.width = self.plan.count = fields
        batch.scalar = self.plan.scalar = self.items is None
        self.quick = True
        if self.items is None:
            batch.names = ("",)
            self.column(0, field, self.step)
            self.plan.fields[0].nillable = self.step.nillable_item
            return 0
        described = field.resolve_description()
        batch.names = tuple([described.fields[i].name for i in range(fields)])
        self.plan.attributes = self.items.attributes
        self.plan.row_bytes = (8 * self.items.fields + 31) & ~<Py_ssize_t>15  # as StepReader.charge counts
        self.quick = not self.items.text and self.items.content < 0 and not self.items.ignore_trailing
        for i in range(fields):
            self.column(i, described.fields[i], &self.items.steps[i])
        return 0

    cdef int column(self, Py_ssize_t i, object described, const ReadStep* step) except -1:
        cdef WsxBuilder* builder = &self.batch.builders[i]
        cdef WsxField* field = &self.plan.fields[i]
        if step.kind != SCALAR or described.type not in KINDS or (step.repeating and self.items is not None):
            raise NotSupported(f"field {described.name!r}: {described.type.name} cannot be read into a column")
        builder.kind, builder.width, arrow, _ = KINDS[described.type]
        builder.least, builder.most = step.codec.least, step.codec.most
        builder.most_unsigned = step.codec.most_unsigned
        field.builder = builder
        field.optional = step.absent is not NULL and (<object>step.absent is UNSET or <object>step.absent is None)
        field.nillable = step.nillable
        field.limited = step.codec.limits is not NULL or described.type == Type.ENUM or described.type == Type.TIMESPAN
        self.batch.kinds.append(described.type)
        self.batch.formats.append(arrow)
        return 0

    cdef int grow(self) except -1:
        cdef int64_t room = self.plan.room * 2 if self.plan.room else FIRST_ROOM
        cdef Py_ssize_t i
        for i in range(self.plan.count):
            if not wsx_grow_builder(&self.batch.builders[i], room):
                raise MemoryError
        self.plan.room = room
        return 0

    cdef int append(self, object item) except -1:
        """A row that was read as an object."""
        cdef Py_ssize_t i
        if self.plan.rows == self.plan.room:
            self.grow()
        for i in range(self.plan.count):
            if self.items is None:
                self.store(i, item)
            elif self.items.access.fetch == FROM_DICT:
                self.store(i, item.get(self.batch.names[i], UNSET))
            elif self.items.access.fetch == FROM_TUPLE:
                self.store(i, item[<Py_ssize_t>self.items.access.names.index(self.batch.names[i])])
            else:
                self.store(i, getattr(item, self.batch.names[i]))
        for i in range(self.plan.count):
            self.batch.builders[i].nulls += not self.batch.builders[i].valid[self.plan.rows]
        self.plan.rows += 1
        return 0

    cdef int store(self, Py_ssize_t i, object value) except -1:
        """An object as a value of the row to come."""
        cdef WsxBuilder* b = &self.batch.builders[i]
        cdef int64_t row = self.plan.rows, number
        cdef uint64_t wide
        cdef double real
        cdef float narrow
        cdef bytes data
        if value is None or value is UNSET:
            wsx_build_null(b, row)
            return 0
        if b.width == 0:
            if self.batch.kinds[i] == Type.ENUM:
                value = name_of(<dict>self.step_of(i).codec.values, value)
            data = value.encode() if isinstance(value, str) else bytes(value)
            if not wsx_build_text(b, row, PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data)):
                raise MemoryError
            return 0
        if b.kind == WSX_PUT_BOOL:
            b.values[row] = bool(value)
        elif b.kind == WSX_PUT_UINT:
            wide = value
            memcpy(b.values + row * b.width, &wide, 8)  # as in wsx_build
        elif b.kind == WSX_PUT_DOUBLE:
            real = value
            memcpy(b.values + row * 8, &real, 8)
        elif b.kind == WSX_PUT_FLOAT:
            narrow = <float><double>value
            memcpy(b.values + row * 4, &narrow, 4)
        elif b.kind == WSX_PUT_DECIMAL:
            coefficient, scale = scaled(value)
            data = coefficient.to_bytes(16, "little", signed=True)
            memcpy(b.values + row * 16, PyBytes_AS_STRING(data), 16)
            b.scales[row] = scale
        elif b.kind == WSX_PUT_GUID:
            data = value.bytes
            memcpy(b.values + row * 16, PyBytes_AS_STRING(data), 16)
        else:
            if b.kind == WSX_PUT_MOMENT:
                if value.tzinfo is None:
                    b.naive = True
                else:
                    b.zoned = True
            number = value if b.kind == WSX_PUT_INT else ticks_of(value)
            if b.kind != WSX_PUT_INT:
                b.finer = b.finer or number % 10 != 0
            memcpy(b.values + row * b.width, &number, 8)
        b.valid[row] = 1
        return 0

    cdef const ReadStep* step_of(self, Py_ssize_t i) noexcept:
        return self.step if self.items is None else &self.items.steps[i]

    cdef const char* kept(self, bytes text, Py_ssize_t* length) except NULL:
        self.keep.append(text)
        length[0] = PyBytes_GET_SIZE(text)
        return PyBytes_AS_STRING(text)

    cdef int render(self, object reader_) except -1:
        """The tags as this peer spells them, and the quotas of this document."""
        cdef Reader reader = reader_
        cdef Frame* frame = &reader.frames[0]
        cdef ReadPlan outer = <ReadPlan>frame.plan
        cdef const ReadStep* step
        cdef WsxField* field
        cdef Py_ssize_t i
        cdef bytes prefix = frame.prefix.data[:frame.prefix.length], name
        if self.rendered and self.prefix == prefix:
            return 0
        self.rendered, self.prefix, self.keep = True, prefix, []
        if prefix:
            prefix += b":"
        name = prefix + <bytes>self.step.local[:self.step.local_length]
        longest = len(name)
        self.plan.open = self.kept(b"<" + name, &self.plan.open_length)
        self.plan.close = self.kept(b"</" + name + b">", &self.plan.close_length)
        if not self.step.own_ns or (
            self.items is not None
            and (self.items.ns_length != outer.ns_length or memcmp(self.items.ns, outer.ns, outer.ns_length))
        ):
            self.quick = False
        for i in range(self.plan.count):
            step = self.step_of(i)
            field = &self.plan.fields[i]
            name = <bytes>step.local[:step.local_length]
            if self.items is not None and i < self.plan.attributes:
                field.open = self.kept(b" " + name + b'="', &field.open_length)
                self.quick = self.quick and step.ns_length == 0
            else:
                name = prefix + name
                field.open = self.kept(b"<" + name, &field.open_length)
                field.close = self.kept(b"</" + name + b">", &field.close_length)
                self.quick = self.quick and step.own_ns
            longest = max(longest, len(name))
        if longest > reader.limits.name_length or self.plan.attributes > reader.limits.attributes:
            self.quick = False
        if reader.open_count + (1 if self.items is None else 2) > reader.limits.depth:
            self.quick = False
        self.plan.text_limit = reader.limits.text_length
        self.plan.value_limit = reader.limits.value_bytes
        self.plan.item_limit = min(self.step.most, reader.limits.items)
        self.batch.value_limit = reader.limits.value_bytes
        return self.find_xsi(reader)

    cdef int find_xsi(self, Reader reader) except -1:
        """The prefix that stands for the namespace of xsi:nil here."""
        cdef Py_ssize_t i
        cdef Slice ns
        self.plan.xsi = b""
        self.plan.xsi_length = 0
        for i in range(reader.binding_count):
            if xsi(&reader.bindings[i].ns) and reader.bindings[i].prefix.length:
                reader.resolve(&reader.bindings[i].prefix, &ns, False)
                if xsi(&ns):
                    self.plan.xsi = reader.bindings[i].prefix.data
                    self.plan.xsi_length = reader.bindings[i].prefix.length
        self.plan.may_declare = (
            reader.limits.attributes >= 2 and reader.binding_count < reader.limits.namespaces
        )
        return 0

    cdef int take(self, object reader_, object item) except -1:
        cdef Reader reader = reader_
        cdef Frame* frame = &reader.frames[0]
        cdef const char* cursor = reader.cursor
        cdef const char* end = reader.end
        cdef int outcome
        self.append(item)
        self.count = self.plan.rows
        self.batch.rows = self.plan.rows
        if not self.quick or not frame.predicted or frame.wrapper_binds or reader.forgiven is not None:
            return 0
        self.render(reader)
        if not self.quick:
            return 0
        self.plan.value_bytes = reader.value_bytes
        with nogil:
            outcome = wsx_read_rows(&self.plan, &cursor, end)
        self.count = self.plan.rows
        self.batch.rows = self.plan.rows
        reader.value_bytes = self.plan.value_bytes
        reader.cursor = cursor
        if outcome:
            raise MemoryError
        return 0


cdef object name_of(dict values, object value):
    """The name of a value of an enumeration."""
    return next(name for name, other in values.items() if other is value or other == value)


cdef object scaled(object number):
    """(coefficient, scale) of a Decimal that 38 digits hold."""
    sign, digits, exponent = number.as_tuple()
    coefficient = int(number.scaleb(-exponent)) if len(digits) < 28 else int("".join(map(str, digits))) * (-1) ** sign
    if exponent > 38 or exponent < -38 or abs(coefficient) * 10 ** max(exponent, 0) >= TEN_TO_38:
        raise NumericOverflow(f"a decimal of {len(digits)} digits and exponent {exponent} does not fit 38 digits")
    return coefficient * 10 ** max(exponent, 0), max(-exponent, 0)


cdef object ticks_of(object value):
    """100 ns since 1970 of a datetime, those of a timedelta."""
    ticks = 0
    if isinstance(value, (DateTime, TimeSpan)):
        ticks = value.hundred_nanoseconds
    if isinstance(value, datetime.datetime):
        offset = value.utcoffset()
        value = datetime.datetime(value.year, value.month, value.day, value.hour, value.minute, value.second,
                                  value.microsecond) - EPOCH
        if offset is not None:
            value = value - offset
    return ((value.days * 86400 + value.seconds) * 1000000 + value.microseconds) * 10 + ticks


# --- what was read ---------------------------------------------------------------------------------------------------


cdef class ColumnBatch:
    """Columns that were read: one for each field of the items, all of ``num_rows`` values.

    Arrow takes it as it is (``pyarrow.record_batch(batch)``, ``pyarrow.table(batch)``, ``polars.DataFrame(batch)``, or
    ``pyarrow.array(batch)`` where the items are scalars), without a copy; NumPy by ``to_numpy``. Texts are Arrow's
    large_utf8 and BYTES its large_binary, GUIDs 16 bytes, decimals decimal128 with the largest scale met, moments
    timestamps in microseconds, or in nanoseconds where some have a seventh digit; those with a time zone are of UTC.
    """

    def __cinit__(self):
        self.kinds = []
        self.formats = []
        self.names = ()

    def __dealloc__(self):
        cdef Py_ssize_t i
        if self.builders is not NULL:
            for i in range(self.width):
                wsx_free_builder(&self.builders[i])
        PyMem_Free(self.builders)

    def __init__(self):
        raise InvalidArgument("columns come from wsx.read_columns")

    @property
    def num_rows(self):
        """How many items there were."""
        return self.rows

    def __len__(self):
        return self.rows

    cdef int finish(self) except -1:
        """Gives the columns their final form."""
        cdef WsxBuilder* b
        cdef Py_ssize_t i
        for i in range(self.width):
            b = &self.builders[i]
            if b.valid is NULL and not wsx_grow_builder(b, 1):
                raise MemoryError
            if b.kind == WSX_PUT_DECIMAL:
                self.finish_decimals(i)
            elif self.kinds[i] == Type.DATETIME or self.kinds[i] == Type.TIMESPAN:
                self.finish_moments(i)
            with nogil:
                b.validity = wsx_pack_bits(b.valid, self.rows)
                if b.kind == WSX_PUT_BOOL:
                    b.bits = wsx_pack_bits(<uint8_t*>b.values, self.rows)
            if b.validity is NULL or (b.kind == WSX_PUT_BOOL and b.bits is NULL):
                raise MemoryError
        return 0

    cdef int finish_decimals(self, Py_ssize_t i) except -1:
        cdef WsxBuilder* b = &self.builders[i]
        cdef int64_t row
        cdef int scale = 0
        with nogil:
            for row in range(self.rows):
                scale = max(scale, <int>b.scales[row])
            row = wsx_rescale(b, self.rows, scale)
        if row >= 0:
            raise NumericOverflow(f"field {self.names[i]!r}, row {row}: with {scale} digits behind the point, as "
                                  "another row has, the decimal does not fit 38 digits")
        self.formats[i] = f"d:38,{scale}"
        return 0

    cdef int finish_moments(self, Py_ssize_t i) except -1:
        cdef WsxBuilder* b = &self.builders[i]
        cdef int64_t row
        unit = "n" if b.finer else "u"
        if b.zoned and b.naive:
            raise NotSupported(f"field {self.names[i]!r}: moments with and without a time zone cannot be one column")
        with nogil:
            row = wsx_rescale_moments(b, self.rows)
        if row >= 0:
            raise NumericOverflow(f"field {self.names[i]!r}, row {row}: the moment does not fit 64 bits of nanoseconds")
        if self.kinds[i] == Type.TIMESPAN:
            self.formats[i] = f"tD{unit}"
        else:
            self.formats[i] = f"ts{unit}:{'UTC' if b.zoned else ''}"
        return 0

    # --- Arrow -----------------------------------------------------------------------------------------------------

    cdef int export_schema(self, ArrowSchema* schema, Py_ssize_t i) except -1:
        """Fills in the schema of column i, of all for -1."""
        cdef Py_ssize_t child
        text = b"+s" if i < 0 else (<str>self.formats[i]).encode()
        name = b"" if i < 0 else (<str>self.names[i]).encode()
        held = (text, name)
        memset(schema, 0, sizeof(ArrowSchema))
        if i < 0:
            schema.children = <ArrowSchema**>calloc(self.width + 1, sizeof(void*))
            if schema.children is NULL:
                raise MemoryError
        else:
            schema.flags = ARROW_FLAG_NULLABLE
        Py_INCREF(held)
        schema.private_data = <void*>held
        schema.format = PyBytes_AS_STRING(text)
        schema.name = PyBytes_AS_STRING(name)
        schema.release = release_schema
        try:
            for child in range(self.width if i < 0 else 0):
                schema.children[child] = <ArrowSchema*>calloc(1, sizeof(ArrowSchema))
                if schema.children[child] is NULL:
                    raise MemoryError
                schema.n_children += 1
                self.export_schema(schema.children[child], child)
        except BaseException:
            release_schema(schema)
            raise
        return 0

    cdef int export_array(self, ArrowArray* array, Py_ssize_t i) except -1:
        """Fills in the array of column i, of all for -1; each keeps this object."""
        cdef WsxBuilder* b
        cdef Py_ssize_t child
        memset(array, 0, sizeof(ArrowArray))
        array.buffers = <const void**>calloc(3, sizeof(void*))
        if array.buffers is NULL:
            raise MemoryError
        array.length = self.rows
        array.n_buffers = 1
        Py_INCREF(self)
        array.private_data = <void*>self
        array.release = release_array
        if i >= 0:
            b = &self.builders[i]
            array.null_count = b.nulls
            array.n_buffers = 2 if b.width else 3
            array.buffers[0] = b.validity if b.nulls else NULL
            array.buffers[1] = b.bits if b.bits is not NULL else <void*>b.values if b.width else <void*>b.offsets
            array.buffers[2] = NULL if b.width else b.text if b.text is not NULL else <void*>b.offsets
            return 0
        try:
            array.children = <ArrowArray**>calloc(self.width + 1, sizeof(void*))
            if array.children is NULL:
                raise MemoryError
            for child in range(self.width):
                array.children[child] = <ArrowArray*>calloc(1, sizeof(ArrowArray))
                if array.children[child] is NULL:
                    raise MemoryError
                array.n_children += 1
                self.export_array(array.children[child], child)
        except BaseException:
            release_array(array)
            raise
        return 0

    def __arrow_c_schema__(self):
        """The types of the columns, as a capsule of Arrow."""
        cdef ArrowSchema* schema = <ArrowSchema*>calloc(1, sizeof(ArrowSchema))
        if schema is NULL:
            raise MemoryError
        try:
            self.export_schema(schema, 0 if self.scalar else -1)
            return PyCapsule_New(schema, "arrow_schema", free_schema)
        except BaseException:
            if schema.release is not NULL:
                schema.release(schema)
            free(schema)
            raise

    def __arrow_c_array__(self, requested_schema=None):
        """The columns as one record batch, or as one array where the items are scalars; another schema is not made."""
        schema = self.__arrow_c_schema__()
        cdef ArrowArray* array = <ArrowArray*>calloc(1, sizeof(ArrowArray))
        if array is NULL:
            raise MemoryError
        try:
            self.export_array(array, 0 if self.scalar else -1)
            return schema, PyCapsule_New(array, "arrow_array", free_array)
        except BaseException:
            if array.release is not NULL:
                array.release(array)
            free(array)
            raise

    def __arrow_c_stream__(self, requested_schema=None):
        """The columns as a stream of one batch."""
        cdef ArrowArrayStream* stream = <ArrowArrayStream*>calloc(1, sizeof(ArrowArrayStream))
        if stream is NULL:
            raise MemoryError
        waiting = [self, True]
        stream.get_schema = stream_schema
        stream.get_next = stream_next
        stream.get_last_error = stream_error
        stream.release = release_stream
        Py_INCREF(waiting)
        stream.private_data = <void*>waiting
        try:
            return PyCapsule_New(stream, "arrow_array_stream", free_stream)
        except BaseException:
            stream.release(stream)
            free(stream)
            raise

    # --- NumPy -----------------------------------------------------------------------------------------------------

    def to_numpy(self):
        """A structured array (an array of one type where the items are scalars); where a column has nulls, a masked
        one, in which moments are NaT beneath. Texts get the width of the longest. NotSupported, naming the field, for
        decimals and bytes, which NumPy has not; QuotaExceeded where the texts would take more than max_value_bytes."""
        import numpy

        columns = [self.numpy_column(numpy, i) for i in range(self.width)]
        masks = [numpy.frombuffer(PyMemoryView_FromMemory(<char*>self.builders[i].valid, max(self.rows, 1), PyBUF_READ),
                                  "?")[:self.rows] == 0 for i in range(self.width)]
        nulls = any([self.builders[i].nulls for i in range(self.width)])
        if self.scalar:
            return numpy.ma.array(columns[0].copy(), mask=masks[0]) if nulls else columns[0].copy()
        made = numpy.empty(self.rows, [(name, column.dtype) for name, column in zip(self.names, columns, strict=True)])
        for name, column in zip(self.names, columns, strict=True):
            made[name] = column
        if not nulls:
            return made
        mask = numpy.empty(self.rows, [(name, "?") for name in self.names])
        for name, column in zip(self.names, masks, strict=True):
            mask[name] = column
        return numpy.ma.array(made, mask=mask)

    cdef object numpy_column(self, object numpy, Py_ssize_t i):
        """The values of a column, in its own memory where that is possible."""
        cdef WsxBuilder* b = &self.builders[i]
        cdef Py_ssize_t width
        cdef char* place
        kind, arrow = self.kinds[i], <str>self.formats[i]
        code = KINDS[kind][3]
        if arrow == "U":
            with nogil:
                width = max(wsx_count_characters(b, self.rows), 1)
            if self.value_limit and width * 4 > self.value_limit // max(self.rows, 1):
                raise QuotaExceeded(f"field {self.names[i]!r}: {self.rows} texts of {width} characters take more than "
                                    f"{self.value_limit} bytes (max_value_bytes)")
            texts = bytearray(4 * width * self.rows)
            if self.rows:
                place = texts
                with nogil:
                    wsx_spread_characters(b, self.rows, place, width)
            return numpy.frombuffer(texts, f"U{width}")
        if kind == Type.DATETIME or kind == Type.TIMESPAN:
            code = ("m8" if kind == Type.TIMESPAN else "M8") + ("[ns]" if arrow[2] == "n" else "[us]")
        if code is None:
            raise NotSupported(f"field {self.names[i]!r}: NumPy has no type for {kind.name}; Arrow has")
        memory = PyMemoryView_FromMemory(b.values, max(self.rows, 1) * b.width, PyBUF_READ)
        found = numpy.frombuffer(memory, code)[:self.rows]
        if code[0] in "mM" and b.nulls:
            found = found.copy()
            found[numpy.frombuffer(PyMemoryView_FromMemory(<char*>b.valid, self.rows, PyBUF_READ), "?") == 0] = "NaT"
        return found


cdef void release_schema(ArrowSchema* schema) noexcept with gil:
    cdef int64_t i
    for i in range(schema.n_children):
        if schema.children[i].release is not NULL:
            schema.children[i].release(schema.children[i])
        free(schema.children[i])
    free(schema.children)
    held = <object>schema.private_data
    Py_DECREF(held)
    schema.release = NULL


cdef void release_array(ArrowArray* array) noexcept with gil:
    cdef int64_t i
    for i in range(array.n_children):
        if array.children[i].release is not NULL:
            array.children[i].release(array.children[i])
        free(array.children[i])
    free(array.children)
    free(array.buffers)
    held = <object>array.private_data
    Py_DECREF(held)
    array.release = NULL


cdef void release_stream(ArrowArrayStream* stream) noexcept with gil:
    held = <object>stream.private_data
    Py_DECREF(held)
    stream.release = NULL


cdef int stream_schema(ArrowArrayStream* stream, ArrowSchema* schema) noexcept with gil:
    cdef ColumnBatch batch = (<list>stream.private_data)[0]
    try:
        batch.export_schema(schema, 0 if batch.scalar else -1)
        return 0
    except BaseException:
        return 12  # ENOMEM


cdef int stream_next(ArrowArrayStream* stream, ArrowArray* array) noexcept with gil:
    cdef list waiting = <list>stream.private_data
    cdef ColumnBatch batch = waiting[0]
    memset(array, 0, sizeof(ArrowArray))
    if not waiting[1]:
        return 0
    try:
        batch.export_array(array, 0 if batch.scalar else -1)
        waiting[1] = False
        return 0
    except BaseException:
        return 12  # ENOMEM


cdef const char* stream_error(ArrowArrayStream* stream) noexcept:
    return NULL


cdef void free_schema(object capsule) noexcept:
    cdef ArrowSchema* schema = <ArrowSchema*>PyCapsule_GetPointer(capsule, "arrow_schema")
    if schema.release is not NULL:
        schema.release(schema)
    free(schema)


cdef void free_array(object capsule) noexcept:
    cdef ArrowArray* array = <ArrowArray*>PyCapsule_GetPointer(capsule, "arrow_array")
    if array.release is not NULL:
        array.release(array)
    free(array)


cdef void free_stream(object capsule) noexcept:
    cdef ArrowArrayStream* stream = <ArrowArrayStream*>PyCapsule_GetPointer(capsule, "arrow_array_stream")
    if stream.release is not NULL:
        stream.release(stream)
    free(stream)


# --- a document ------------------------------------------------------------------------------------------------------


def read_columns(object element, object data, str field not None, object quotas):
    """The items of a repeating field of a document's element, as columns."""
    cdef Reader reader
    cdef ReadRoot root = read_root(element)
    cdef ReadPlan outer
    cdef ColumnSink sink = ColumnSink.__new__(ColumnSink)
    cdef Py_ssize_t i
    if root.step.kind != STRUCTURE or root.step.convert is not NULL:
        raise InvalidArgument(f"{element}: only structures have fields")
    outer = <ReadPlan>root.step.plan
    table = element.resolve_description()
    names = [described.name for described in table.fields]
    if field not in names:
        raise InvalidArgument(f"{element}: there is no field {field!r}")
    i = names.index(field)
    if not outer.steps[i].repeating:
        raise InvalidArgument(f"{element}: the field {field!r} does not repeat")
    sink.step = &outer.steps[i]
    sink.prepare(table.fields[i])
    reader = open_document(data, quotas)
    reader.rows = sink
    try:
        reader.read(root, ReadOption.REQUIRED_VALUE)
    finally:
        reader.rows = None
    if not reader.pending and reader.cursor < reader.end:
        reader.end_document()
    sink.batch.finish()
    return sink.batch
