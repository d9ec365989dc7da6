# cython: cdivision=True
"""Scalar values ↔ text: one pair of codecs per type, chosen when a plan is built.

A writer takes any object, appends its lexical form to the output and raises when the object is not a value of the
type: InvalidArgument for a wrong Python type, NumericOverflow for a number that does not fit, InvalidFormat for what
XML cannot carry. A reader takes text (UTF-8, references resolved) and returns a new reference or raises InvalidFormat
or NumericOverflow. Neither knows where it is: the walkers add path and offset.

Exact Python types take the short way; subclasses (IntEnum, NumPy scalars, str subclasses) a longer one, same result.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.datetime cimport (
    datetime,
    datetime_day,
    datetime_hour,
    datetime_microsecond,
    datetime_minute,
    datetime_month,
    datetime_new,
    datetime_second,
    datetime_tzinfo,
    datetime_year,
    get_utc,
    import_datetime,
    timedelta,
    timedelta_days,
    timedelta_microseconds,
    timedelta_new,
    timedelta_seconds,
    timezone_new,
)
from cpython.dict cimport PyDict_GetItemWithError
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact
from cpython.long cimport PyLong_CheckExact
from cpython.object cimport PyObject_Str
from cpython.ref cimport Py_INCREF
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libcpp cimport bool as cppbool
from libc.math cimport INFINITY, isfinite
from libc.stddef cimport ptrdiff_t
from libc.stdint cimport UINT64_MAX, uint16_t, uint32_t
from libc.string cimport memcmp, memcpy, memset

from wsx._buffer cimport out_append, out_close, out_open, out_reserve, out_take

import decimal
import uuid

from wsx.descriptions import Type
from wsx.errors import InvalidArgument, InvalidFormat, NumericOverflow
from wsx.values import DateTime

import_datetime()

cdef extern from "_cpython.h":
    int wsx_long_as_int64(object number, int64_t* value) noexcept
    int wsx_long_as_16_bytes(object number, unsigned char* data) except -1
    object wsx_long_from_16_bytes(const unsigned char* data)
    Py_ssize_t wsx_slot_offset(object descriptor) noexcept
    PyObject** wsx_slot(object instance, Py_ssize_t offset) noexcept
    object wsx_allocate(object cls)
    object wsx_ascii_string(const char* text, Py_ssize_t length)

cdef extern from "_text.h":
    size_t wsx_copy_plain(char* out, const char* source, size_t length, bint attribute) noexcept
    char* wsx_escape(char* out, unsigned int c, bint attribute) noexcept
    size_t wsx_encode[Unit](char** out, const Unit* source, size_t length, bint attribute, bint* bad) noexcept
    bint wsx_is_ascii(const char* text, size_t length) noexcept

cdef extern from "_number.h":
    ctypedef enum WsxRead:
        WSX_OK
        WSX_MALFORMED
        WSX_OVERFLOW
        WSX_JUST_ABOVE
    char* wsx_put_2(char* out, unsigned int n) noexcept
    char* wsx_put_4(char* out, unsigned int n) noexcept
    char* wsx_put_int64(char* out, int64_t n) noexcept
    char* wsx_put_uint64(char* out, uint64_t n) noexcept
    char* wsx_put_real[Real](char* out, Real value) noexcept
    char* wsx_put_scaled(char* out, bint negative, uint64_t coefficient, int exponent) noexcept
    char* wsx_put_guid(char* out, const unsigned char* data) noexcept
    char* wsx_put_base64(char* out, const unsigned char* data, size_t length) noexcept
    WsxRead wsx_read_int64(const char* text, size_t length, int64_t* value, bint* negative) noexcept
    WsxRead wsx_read_uint64(const char* text, size_t length, uint64_t* value) noexcept
    WsxRead wsx_read_real[Real](const char* text, size_t length, Real* value) noexcept
    bint wsx_read_guid(const char* text, size_t length, unsigned char* data) noexcept
    ptrdiff_t wsx_read_base64(unsigned char* out, const char* text, size_t length) noexcept

cdef extern from "_mpdecimal.h":
    bint wsx_decimal_is(object number, bint negative, uint64_t coefficient, Py_ssize_t exponent) noexcept
    bint wsx_decimal_parts(object number, cppbool* negative, uint64_t* coefficient, Py_ssize_t* exponent) noexcept
    object wsx_decimal_new(object like, bint negative, uint64_t coefficient, Py_ssize_t exponent)

cdef extern from "Python.h":
    bint PyUnicode_CheckExact(object)
    bint PyUnicode_Check(object)
    bint PyUnicode_IS_COMPACT_ASCII(object)
    Py_ssize_t PyUnicode_GET_LENGTH(object)
    int PyUnicode_KIND(object)
    void* PyUnicode_DATA(object)
    double PyOS_string_to_double(const char* s, char** endptr, PyObject* overflow) except? -1.0
    double PyFloat_AsDouble(object) except? -1.0
    object PyNumber_Index(object)
    object PyFloat_FromDouble(double)
    object PyLong_FromLongLong(long long)
    object PyLong_FromUnsignedLongLong(unsigned long long)
    unsigned long long PyLong_AsUnsignedLongLong(object) except? 0xFFFFFFFFFFFFFFFF
    unsigned char PyDateTime_GET_FOLD "PyDateTime_DATE_GET_FOLD"(object)

# Longest piece of text encoded at a time; an escape is at most six times its character.
cdef enum:
    PIECE = 512

cdef object Decimal = decimal.Decimal
cdef object UUID = uuid.UUID
cdef object UNKNOWN_SAFETY = uuid.SafeUUID.unknown
# uuid.UUID keeps its number in a slot; reading and filling the slots saves the Python code of its constructor.
cdef Py_ssize_t UUID_INT = wsx_slot_offset(uuid.UUID.__dict__.get("int"))
cdef Py_ssize_t UUID_SAFE = wsx_slot_offset(uuid.UUID.__dict__.get("is_safe"))
cdef bint UUID_SLOTS = UUID_INT != 0 and UUID_SAFE != 0


cdef int wrong_type(object value, str wanted) except -1:
    raise InvalidArgument(f"expected {wanted}, not {type(value).__name__}")


cdef int malformed(const char* text, Py_ssize_t length, str wanted) except -1:
    shown = (<bytes>text[:min(length, 40)]).decode("utf-8", "replace")
    if length > 40:
        shown += "…"
    raise InvalidFormat(f"{shown!r} is not {wanted}")


cdef (const char*, Py_ssize_t) trimmed(const char* text, Py_ssize_t length) noexcept:
    """Text without the XML white space around it: xs:whiteSpace collapse of all types that are no strings."""
    while length > 0 and (text[0] == c" " or text[0] == c"\n" or text[0] == c"\t" or text[0] == c"\r"):
        text += 1
        length -= 1
    while length > 0 and (
        text[length - 1] == c" " or text[length - 1] == c"\n" or text[length - 1] == c"\t" or text[length - 1] == c"\r"
    ):
        length -= 1
    return text, length


cdef PyObject* owned(object value) noexcept:
    Py_INCREF(value)
    return <PyObject*>value


# --- BOOL ------------------------------------------------------------------------------------------------------------


cdef int write_bool(Out* out, PyObject* value, const Codec* codec) except -1:
    if <object>value is True:
        return out_append(out, b"true", 4)
    if <object>value is False:
        return out_append(out, b"false", 5)
    cdef object item = <object>value
    if type(item).__module__ == "numpy" and type(item).__name__ in ("bool", "bool_"):
        return out_append(out, b"true", 4) if item else out_append(out, b"false", 5)
    return wrong_type(item, "bool")


cdef PyObject* read_bool(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL:
    text, length = trimmed(text, length)
    if (length == 4 and memcmp(text, b"true", 4) == 0) or (length == 1 and text[0] == c"1"):
        return owned(True)
    if (length == 5 and memcmp(text, b"false", 5) == 0) or (length == 1 and text[0] == c"0"):
        return owned(False)
    malformed(text, length, "xs:boolean")
    return NULL


# --- integers --------------------------------------------------------------------------------------------------------


cdef object index_of(object value, str wanted):
    """The int of an int subclass or of anything with __index__ (NumPy scalars); bool is no integer in XML."""
    if isinstance(value, bool) or not hasattr(type(value), "__index__"):
        wrong_type(value, wanted)
    return PyNumber_Index(value)


cdef int too_large(object value, const Codec* codec) except -1:
    shown = value if value.bit_length() < 256 else f"an int of {value.bit_length()} bits"
    raise NumericOverflow(f"{shown} does not fit {'unsigned ' if codec.most_unsigned else ''}{codec.bits} bits")


cdef int write_int(Out* out, PyObject* value, const Codec* codec) except -1:
    cdef int64_t number
    cdef object item = <object>value
    if not PyLong_CheckExact(item):
        item = index_of(item, "int")
    if wsx_long_as_int64(item, &number) < 0 or number < codec.least or number > codec.most:
        return too_large(item, codec)
    out_reserve(out, 24)
    out.cursor = wsx_put_int64(out.cursor, number)
    return 0


cdef int write_uint(Out* out, PyObject* value, const Codec* codec) except -1:
    cdef int64_t number
    cdef uint64_t wide
    cdef object item = <object>value
    if not PyLong_CheckExact(item):
        item = index_of(item, "int")
    if wsx_long_as_int64(item, &number) == 0:
        wide = <uint64_t>number
        if number < 0 or wide > codec.most_unsigned:
            return too_large(item, codec)
    else:
        if item < 0 or item > codec.most_unsigned:
            return too_large(item, codec)
        wide = PyLong_AsUnsignedLongLong(item)
    out_reserve(out, 24)
    out.cursor = wsx_put_uint64(out.cursor, wide)
    return 0


cdef PyObject* read_int(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL:
    cdef int64_t number
    cdef bint negative
    text, length = trimmed(text, length)
    cdef WsxRead outcome = wsx_read_int64(text, length, &number, &negative)
    if outcome == WSX_OK and codec.least <= number <= codec.most:
        return owned(PyLong_FromLongLong(number))
    if outcome == WSX_MALFORMED:
        malformed(text, length, f"an integer of {codec.bits} bits")
    # Windows answers INVALID_FORMAT for INT32 below its range and for INT64 just outside it, else OVERFLOW.
    if (codec.bits == 64 and outcome != WSX_OVERFLOW) or (codec.bits == 32 and negative):
        raise InvalidFormat(f"{text[:min(length, 40)].decode('ascii')} does not fit {codec.bits} bits")
    raise NumericOverflow(f"{text[:min(length, 40)].decode('ascii')} does not fit {codec.bits} bits")


cdef PyObject* read_uint(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL:
    cdef uint64_t number = 0
    cdef WsxRead outcome
    text, length = trimmed(text, length)
    cdef bint negative = length > 1 and text[0] == c"-"
    outcome = wsx_read_uint64(text + negative, length - negative, &number)
    if outcome == WSX_OK and number <= codec.most_unsigned and (not negative or number == 0):
        return owned(PyLong_FromUnsignedLongLong(number))
    if outcome == WSX_MALFORMED:
        malformed(text, length, f"an unsigned integer of {codec.bits} bits")
    # `-255` for UINT8 is OVERFLOW, UINT64 just above its range INVALID_FORMAT on Windows.
    if codec.bits == 64 and outcome == WSX_JUST_ABOVE:
        raise InvalidFormat(f"{text[:min(length, 40)].decode('ascii')} does not fit 64 unsigned bits")
    raise NumericOverflow(f"{text[:min(length, 40)].decode('ascii')} does not fit {codec.bits} unsigned bits")


# --- FLOAT, DOUBLE ---------------------------------------------------------------------------------------------------


cdef double double_of(object value) except? -1.0:
    """The float of a float subclass, an int, or anything with __float__ (NumPy scalars, Decimal); no str, no bool."""
    if isinstance(value, bool) or not (hasattr(type(value), "__float__") or hasattr(type(value), "__index__")):
        wrong_type(value, "float")
    cdef double number
    try:
        number = PyFloat_AsDouble(value)
    except OverflowError:
        number = INFINITY
    except (TypeError, ValueError, ArithmeticError) as error:
        raise InvalidArgument(f"a {type(value).__name__} that is no float: {error}") from error
    if not isfinite(number) and number == number and value != number:
        raise NumericOverflow(f"a {type(value).__name__} does not fit a double")
    return number


cdef int write_double(Out* out, PyObject* value, const Codec* codec) except -1:
    cdef double number
    if PyFloat_CheckExact(<object>value):
        number = PyFloat_AS_DOUBLE(<object>value)
    else:
        number = double_of(<object>value)
    out_reserve(out, 48)
    out.cursor = wsx_put_real[double](out.cursor, number)
    return 0


cdef int write_float(Out* out, PyObject* value, const Codec* codec) except -1:
    cdef double number
    cdef float narrow
    if PyFloat_CheckExact(<object>value):
        number = PyFloat_AS_DOUBLE(<object>value)
    else:
        number = double_of(<object>value)
    narrow = <float>number
    if isfinite(number) and not isfinite(narrow):
        raise NumericOverflow(f"{number!r} does not fit a 32-bit float")
    out_reserve(out, 48)
    out.cursor = wsx_put_real[float](out.cursor, narrow)
    return 0


cdef PyObject* read_double(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL:
    cdef double number = 0
    text, length = trimmed(text, length)
    cdef WsxRead outcome = wsx_read_real[double](text, length, &number)
    if outcome == WSX_MALFORMED:
        malformed(text, length, "xs:double")
    if outcome == WSX_OVERFLOW:
        number = PyOS_string_to_double(<bytes>text[:length], NULL, NULL)  # infinity or (sub)zero: no error on Windows
    return owned(PyFloat_FromDouble(number))


cdef PyObject* read_float(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL:
    cdef float number = 0
    text, length = trimmed(text, length)
    cdef WsxRead outcome = wsx_read_real[float](text, length, &number)
    if outcome == WSX_MALFORMED:
        malformed(text, length, "xs:float")
    if outcome == WSX_OVERFLOW:
        number = <float>PyOS_string_to_double(<bytes>text[:length], NULL, NULL)
    return owned(PyFloat_FromDouble(number))


# --- DECIMAL ---------------------------------------------------------------------------------------------------------

# DECIMAL is a 96-bit integer over a power of ten up to 28 (types.md §1).
cdef object MOST_96_BITS = (1 << 96) - 1
cdef enum:
    MOST_SCALE = 28


# A decimal whose inside is as _mpdecimal.h has it; None where it is not: then str() and Decimal(text) serve.
cdef object KNOWN_DECIMAL = Decimal("-12.50")


def decimal_layout_is_known():
    """Do decimals look, and do made ones behave, as _mpdecimal.h has them? Checked once, on import."""
    probes = [("0", 0, 0, 0), ("-12.50", 1, 1250, -2), ("9999999999999999999", 0, 9999999999999999999, 0),
              ("1E+5", 0, 1, 5), ("-0.0000001", 1, 1, -7)]
    for text, negative, coefficient, exponent in probes:
        number = Decimal(text)
        if not wsx_decimal_is(number, negative, coefficient, exponent):
            return False
        made = wsx_decimal_new(number, negative, coefficient, exponent)
        if made.as_tuple() != number.as_tuple() or made != number or hash(made) != hash(number) or -made + made != 0:
            return False
    return True


if not decimal_layout_is_known():
    KNOWN_DECIMAL = None


cdef int write_decimal(Out* out, PyObject* value, const Codec* codec) except -1:
    """Plain digits without superfluous zeros, from the text of the Decimal (its digits are not public)."""
    cdef object item = <object>value
    cdef cppbool below_zero
    cdef uint64_t coefficient
    cdef Py_ssize_t scale
    if type(item) is Decimal:
        if (KNOWN_DECIMAL is not None and wsx_decimal_parts(item, &below_zero, &coefficient, &scale)
                and -MOST_SCALE <= scale <= 0):
            out_reserve(out, 64)
            out.cursor = wsx_put_scaled(out.cursor, below_zero, coefficient, <int>scale)
            return 0
    else:
        if isinstance(item, bool) or not isinstance(item, (Decimal, int)):
            return wrong_type(item, "decimal.Decimal")
        item = Decimal(item)
    cdef object text = PyObject_Str(item)
    cdef const char* p = <const char*>PyUnicode_DATA(text)
    cdef Py_ssize_t length = PyUnicode_GET_LENGTH(text), whole = -1, count = 0, digit = 0, i
    cdef bint negative = p[0] == c"-"
    cdef int64_t exponent = 0
    cdef char[64] digits
    for i in range(negative, length):
        if p[i] == c".":
            whole = digit
        elif c"0" <= p[i] <= c"9":
            if digit or p[i] != c"0":
                if digit < 64:
                    digits[digit] = p[i]
                digit += 1
                if p[i] != c"0":
                    count = digit  # without the zeros at the end
            elif whole >= 0:
                exponent -= 1  # a zero right after the point
        elif p[i] == c"E" or p[i] == c"e":
            exponent += int(text[i + 1:])
            break
        else:
            raise InvalidFormat(f"{text} has no xs:decimal form")
    # the number is 0.d1d2d3… × 10 ** exponent
    exponent += digit if whole < 0 else whole
    if count == 0:
        return out_append(out, b"0", 1)
    if count > 29 or exponent > 29 or count - exponent > MOST_SCALE or (
        count >= 29 or exponent >= 29
    ) and int((<bytes>digits[:count]).ljust(exponent if exponent > count else count, b"0")) > MOST_96_BITS:
        shown = text if length < 80 else f"a decimal of {digit} digits"
        raise NumericOverflow(f"{shown} does not fit 96 bits with a scale of at most {MOST_SCALE}")
    out_reserve(out, 64)
    if negative:
        out.cursor[0] = c"-"
        out.cursor += 1
    if exponent <= 0:
        out.cursor[0] = c"0"
        out.cursor[1] = c"."
        out.cursor += 2
        for i in range(-exponent):
            out.cursor[i] = c"0"
        out.cursor += -exponent
        memcpy(out.cursor, digits, count)
        out.cursor += count
        return 0
    for i in range(exponent):
        out.cursor[i] = digits[i] if i < count else c"0"
    out.cursor += exponent
    if count > exponent:
        out.cursor[0] = c"."
        memcpy(out.cursor + 1, <const char*>digits + exponent, count - exponent)
        out.cursor += 1 + count - exponent
    return 0


cdef PyObject* read_decimal(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL:
    """sign? digits ('.' digits)?, within 96 bits and a scale of 28; also `.5` and `5.`, as XSD part 2 has it."""
    cdef Py_ssize_t i, digits = 0, significant = 0, scale = 0
    cdef uint64_t coefficient = 0
    cdef bint point = False
    text, length = trimmed(text, length)
    for i in range(length):
        if c"0" <= text[i] <= c"9":
            coefficient = coefficient * 10 + <unsigned int>(text[i] - c"0")
            digits += 1
            scale += point
            if significant or text[i] != c"0":
                significant += 1
        elif text[i] == c"." and not point:
            point = True
        elif i or (text[i] != c"-" and text[i] != c"+"):
            digits = 0
            break
    if digits == 0:
        malformed(text, length, "xs:decimal")
    if significant < 19 and scale <= MOST_SCALE and KNOWN_DECIMAL is not None:
        return owned(wsx_decimal_new(KNOWN_DECIMAL, text[0] == c"-", coefficient, -scale))
    value = Decimal(wsx_ascii_string(text, length))
    if scale > MOST_SCALE or significant >= 29:
        check_decimal(value)
    return owned(value)


cdef int check_decimal(object value) except -1:
    """Raises when the value, without its trailing zeros, is no DECIMAL."""
    sign, digits, exponent = value.as_tuple()
    count = len(digits)
    while exponent < 0 and count and digits[count - 1] == 0:
        count -= 1
        exponent += 1
    first = next((i for i, digit in enumerate(digits) if digit), count)
    if first < count and (
        exponent < -MOST_SCALE or count - first > 29 or int("".join(map(str, digits[first:count]))) > MOST_96_BITS
    ):
        raise NumericOverflow(f"a decimal of {len(digits)} digits does not fit 96 bits with a scale of {MOST_SCALE}")
    return 0


# --- DATETIME --------------------------------------------------------------------------------------------------------


cdef int write_datetime(Out* out, PyObject* value, const Codec* codec) except -1:
    """yyyy-MM-ddTHH:mm:ss[.fffffff] and Z, an offset, or nothing for a naive datetime (WS_DATETIME_FORMAT)."""
    cdef object item = <object>value
    cdef int ticks = 0, offset, i
    cdef char* p
    if type(item) is not datetime:
        if not isinstance(item, datetime):
            return wrong_type(item, "datetime.datetime")
        if isinstance(item, DateTime):
            ticks = item.hundred_nanoseconds
    ticks += datetime_microsecond(item) * 10
    out_reserve(out, 40)
    p = wsx_put_4(out.cursor, datetime_year(item))
    p[0] = c"-"
    p = wsx_put_2(p + 1, datetime_month(item))
    p[0] = c"-"
    p = wsx_put_2(p + 1, datetime_day(item))
    p[0] = c"T"
    p = wsx_put_2(p + 1, datetime_hour(item))
    p[0] = c":"
    p = wsx_put_2(p + 1, datetime_minute(item))
    p[0] = c":"
    p = wsx_put_2(p + 1, datetime_second(item))
    if ticks:
        p[0] = c"."
        p = wsx_put_2(p + 1, ticks // 100000)
        p = wsx_put_4(p, ticks // 10 % 10000)
        p[0] = c"0" + ticks % 10
        p += 1
        while p[-1] == c"0":
            p -= 1
    zone = datetime_tzinfo(item)
    if zone is not None:
        offset = 0 if zone is get_utc() else offset_minutes(item)
        if offset and (datetime_year(item) == 1 or datetime_year(item) == 9999):
            within_years(item)
        if offset == 0:
            p[0] = c"Z"
            p += 1
        else:
            p[0] = c"+" if offset > 0 else c"-"
            offset = abs(offset)
            p = wsx_put_2(p + 1, offset // 60)
            p[0] = c":"
            p = wsx_put_2(p + 1, offset % 60)
    out.cursor = p
    return 0


cdef int offset_minutes(object moment) except? -10000:
    """Offset from UTC; XSD has whole minutes up to 14:00."""
    cdef object delta = moment.utcoffset()
    cdef int seconds
    if delta is None:
        raise InvalidFormat(f"the time zone {moment.tzinfo!r} gives no offset")
    seconds = timedelta_days(delta) * 86400 + timedelta_seconds(delta)
    if timedelta_microseconds(delta) or seconds % 60 or abs(seconds) > 14 * 3600:
        raise InvalidFormat(f"the offset {delta} is not in whole minutes up to 14:00")
    return seconds // 60


cdef int within_years(object moment) except -1:
    """In UTC the moment must be within the years 1 to 9999, as WS_DATETIME's ticks are (types.md §1)."""
    try:
        moment.astimezone(get_utc())
    except OverflowError:
        raise InvalidFormat(f"{moment} is outside the years 1 to 9999 in UTC") from None
    return 0


cdef int number_at(const char* text, Py_ssize_t start, Py_ssize_t count) noexcept:
    """The number that count digits make; -1 when one of them is none."""
    cdef int number = 0
    cdef Py_ssize_t i
    for i in range(start, start + count):
        if not c"0" <= text[i] <= c"9":
            return -1
        number = number * 10 + (text[i] - c"0")
    return number


cdef int days_of_month(int year, int month) noexcept:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month == 4 or month == 6 or month == 9 or month == 11 else 31


cdef PyObject* read_datetime(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL:
    """yyyy-MM-ddTHH:mm:ss(.f{1,7})?(Z|[+-]hh:mm)?, hour 24 as next midnight (types.md §7)."""
    cdef int year, month, day, hour, minute, second, ticks = 0, offset, scale = 1000000
    cdef Py_ssize_t i = 19
    cdef object zone = None, moment
    text, length = trimmed(text, length)
    if length < 19 or text[4] != c"-" or text[7] != c"-" or text[10] != c"T" or text[13] != c":" or text[16] != c":":
        malformed(text, length, "xs:dateTime")
    year = number_at(text, 0, 4)
    month = number_at(text, 5, 2)
    day = number_at(text, 8, 2)
    hour = number_at(text, 11, 2)
    minute = number_at(text, 14, 2)
    second = number_at(text, 17, 2)
    if i < length and text[i] == c".":
        i += 1
        while i < length and c"0" <= text[i] <= c"9" and scale:
            ticks += (text[i] - c"0") * scale
            scale //= 10
            i += 1
        if i == 20:
            malformed(text, length, "xs:dateTime")
    if i < length:
        if length - i == 1 and text[i] == c"Z":
            zone = get_utc()
        elif length - i == 6 and (text[i] == c"+" or text[i] == c"-") and text[i + 3] == c":":
            offset = number_at(text, i + 1, 2) * 60 + number_at(text, i + 4, 2)
            if number_at(text, i + 1, 2) < 0 or not 0 <= number_at(text, i + 4, 2) <= 59 or offset > 14 * 60:
                malformed(text, length, "xs:dateTime")
            zone = timezone_new(timedelta_new(0, (offset if text[i] == c"+" else -offset) * 60, 0))
        else:
            malformed(text, length, "xs:dateTime")
    if (
        year < 1 or not 1 <= month <= 12 or not 1 <= day <= days_of_month(year, month)
        or hour < 0 or not 0 <= minute <= 59 or not 0 <= second <= 59
        or (hour > 23 and (hour != 24 or minute or second or ticks))
    ):
        malformed(text, length, "xs:dateTime")
    moment = datetime_new(year, month, day, hour % 24, minute, second, ticks // 10, zone)
    try:
        if zone is not None and (year == 1 or year == 9999):
            in_utc = moment.astimezone(get_utc())
            if hour == 24 and month == 12 and day == 31:
                moment = in_utc  # the next midnight there is in the year 10000, but not in UTC
        if hour == 24:
            moment = moment + timedelta_new(1, 0, 0)
    except OverflowError:
        malformed(text, length, "an xs:dateTime within the years 1 to 9999")
    if ticks % 10:
        moment = DateTime.of(moment, ticks % 10)
    return owned(moment)


# --- GUID ------------------------------------------------------------------------------------------------------------


cdef int write_guid(Out* out, PyObject* value, const Codec* codec) except -1:
    cdef unsigned char[16] data
    cdef object item = <object>value, number
    cdef PyObject* slot
    if UUID_SLOTS and type(item) is UUID:
        slot = wsx_slot(item, UUID_INT)[0]
        if slot is NULL:
            return wrong_type(item, "a complete uuid.UUID")
        number = <object>slot
    elif isinstance(item, UUID):
        number = item.int
    else:
        return wrong_type(item, "uuid.UUID")
    wsx_long_as_16_bytes(number, data)
    out_reserve(out, 40)
    out.cursor = wsx_put_guid(out.cursor, data)
    return 0


cdef PyObject* read_guid(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL:
    cdef unsigned char[16] data
    cdef object item, number
    text, length = trimmed(text, length)
    if not wsx_read_guid(text, length, data):
        malformed(text, length, "a GUID of the form 8-4-4-4-12")
    number = wsx_long_from_16_bytes(data)
    if not UUID_SLOTS:
        return owned(UUID(int=number))
    item = wsx_allocate(UUID)
    wsx_slot(item, UUID_INT)[0] = owned(number)
    wsx_slot(item, UUID_SAFE)[0] = owned(UNKNOWN_SAFETY)
    return owned(item)


# --- STRING, WSZ -----------------------------------------------------------------------------------------------------


cdef int forbidden(object text, Py_ssize_t position) except -1:
    raise InvalidFormat(f"character U+{ord(text[position]):04X} at index {position} cannot stand in XML")


cdef int write_ascii(Out* out, object text, const char* data, Py_ssize_t length, bint attribute) except -1:
    cdef Py_ssize_t done = 0, plain
    cdef char* end
    out_reserve(out, length)
    while True:
        plain = wsx_copy_plain(out.cursor, data + done, length - done, attribute)
        out.cursor += plain
        done += plain
        if done == length:
            return 0
        end = wsx_escape(out.cursor, data[done], attribute)
        if end is NULL:
            return forbidden(text, done)
        out.cursor = end
        done += 1
        out_reserve(out, length - done)


cdef int write_string(Out* out, PyObject* value, const Codec* codec) except -1:
    """Characters, escaped; what XML 1.0 forbids (controls, lone surrogates, U+FFFE, U+FFFF) is InvalidFormat."""
    cdef object text = <object>value
    cdef Py_ssize_t length, done = 0, taken, piece
    cdef int kind
    cdef bint bad
    if not PyUnicode_CheckExact(text):
        if not PyUnicode_Check(text):
            return wrong_type(text, "str")
        text = str.__str__(text)
    length = PyUnicode_GET_LENGTH(text)
    if PyUnicode_IS_COMPACT_ASCII(text):
        return write_ascii(out, text, <const char*>PyUnicode_DATA(text), length, codec.attribute)
    kind = PyUnicode_KIND(text)
    while done < length:
        piece = min(length - done, PIECE)
        out_reserve(out, 6 * piece)
        if kind == 1:
            taken = wsx_encode(&out.cursor, <const unsigned char*>PyUnicode_DATA(text) + done, piece,
                               codec.attribute, &bad)
        elif kind == 2:
            taken = wsx_encode(&out.cursor, <const uint16_t*>PyUnicode_DATA(text) + done, piece, codec.attribute, &bad)
        else:
            taken = wsx_encode(&out.cursor, <const uint32_t*>PyUnicode_DATA(text) + done, piece, codec.attribute, &bad)
        done += taken
        if bad:
            return forbidden(text, done)
    return 0


cdef object decode_string(const char* text, Py_ssize_t length, bint ascii):
    """The str of checked UTF-8."""
    if ascii or wsx_is_ascii(text, length):
        return wsx_ascii_string(text, length)
    return PyUnicode_DecodeUTF8(text, length, NULL)


cdef PyObject* read_string(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL:
    return owned(decode_string(text, length, ascii))


# --- BYTES -----------------------------------------------------------------------------------------------------------


cdef int put_base64(Out* out, const void* data, Py_ssize_t length) except -1:
    out_reserve(out, length // 3 * 4 + 4)
    out.cursor = wsx_put_base64(out.cursor, <const unsigned char*>data, length)
    return 0


cdef int write_bytes(Out* out, PyObject* value, const Codec* codec) except -1:
    cdef object item = <object>value
    cdef Py_buffer view
    if type(item) is bytes:
        return put_base64(out, PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item))
    if isinstance(item, str) or PyObject_GetBuffer_checked(item, &view) < 0:
        return wrong_type(item, "bytes or a contiguous buffer of bytes")
    try:
        return put_base64(out, view.buf, view.len)
    finally:
        PyBuffer_Release(&view)


cdef int PyObject_GetBuffer_checked(object item, Py_buffer* view) except -2:
    try:
        return PyObject_GetBuffer(item, view, PyBUF_SIMPLE)
    except (TypeError, BufferError):
        return -1


cdef PyObject* read_bytes(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL:
    cdef ptrdiff_t size
    cdef object data = PyBytes_FromStringAndSize(NULL, length // 4 * 3 + 3)
    size = wsx_read_base64(<unsigned char*>PyBytes_AS_STRING(data), text, length)
    if size < 0:
        malformed(text, length, "xs:base64Binary")
    return owned(data[:size])


# --- ENUM ------------------------------------------------------------------------------------------------------------


cdef int write_enum(Out* out, PyObject* value, const Codec* codec) except -1:
    cdef object item = <object>value
    cdef PyObject* name
    try:
        name = PyDict_GetItemWithError(<object>codec.names, item)
    except TypeError:
        name = NULL
    if name is NULL:
        # E_INVALIDARG, as for an enum number without an entry (types.md §6)
        raise InvalidArgument(f"{item!r} is not among the values of the enumeration")
    return out_append(out, PyBytes_AS_STRING(<object>name), PyBytes_GET_SIZE(<object>name))


cdef PyObject* read_enum(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL:
    cdef object name
    text, length = trimmed(text, length)
    name = decode_string(text, length, ascii)
    cdef PyObject* value = PyDict_GetItemWithError(<object>codec.values, name)
    if value is NULL:
        raise InvalidFormat(f"{name!r} is not among the names of the enumeration")
    return owned(<object>value)


cdef int choose_enum(Codec* codec, object description, list keep) except -1:
    """The two dictionaries of an enumeration; names are escaped beforehand."""
    names = {}
    values = {}
    for name, value in description.pairs:
        escaped = escape(name, codec.attribute)
        names[value] = escaped
        values[name] = value
    keep.append(names)
    keep.append(values)
    codec.names = <PyObject*>names
    codec.values = <PyObject*>values
    return 0


cdef bytes escape(object text, bint attribute):
    """The UTF-8 of text as element content, or as an attribute value in double quotes."""
    cdef Codec codec
    cdef Out out
    codec.attribute = attribute
    out_open(&out, 2 * len(text))
    try:
        write_string(&out, <PyObject*>text, &codec)
        return out_take(&out)
    finally:
        out_close(&out)


# --- choice ----------------------------------------------------------------------------------------------------------

# Bits of the integer types, negative for signed ones.
cdef dict INTEGERS = {
    Type.INT8: -8, Type.INT16: -16, Type.INT32: -32, Type.INT64: -64,
    Type.UINT8: 8, Type.UINT16: 16, Type.UINT32: 32, Type.UINT64: 64,
}


cdef int choose_integer(Codec* codec, int bits) except -1:
    codec.bits = abs(bits)
    if bits < 0:
        codec.most = <int64_t>((<uint64_t>1 << (-bits - 1)) - 1)
        codec.least = -codec.most - 1
        codec.write = write_int
        codec.read = read_int
    else:
        codec.most_unsigned = UINT64_MAX >> (64 - bits)
        codec.write = write_uint
        codec.read = read_uint
    return 0


cdef int choose_codec(Codec* codec, int type_, object description, bint attribute, list keep) except -1:
    """Fills in the codec of a scalar type; `keep` gets the objects that the codec refers to."""
    memset(codec, 0, sizeof(Codec))
    codec.attribute = attribute
    if type_ in INTEGERS:
        return choose_integer(codec, INTEGERS[type_])
    if type_ == Type.BOOL:
        codec.write, codec.read = write_bool, read_bool
    elif type_ == Type.FLOAT:
        codec.write, codec.read = write_float, read_float
    elif type_ == Type.DOUBLE:
        codec.write, codec.read = write_double, read_double
    elif type_ == Type.DECIMAL:
        codec.write, codec.read = write_decimal, read_decimal
    elif type_ == Type.DATETIME:
        codec.write, codec.read = write_datetime, read_datetime
    elif type_ == Type.GUID:
        codec.write, codec.read = write_guid, read_guid
    elif type_ == Type.STRING or type_ == Type.WSZ:
        codec.write, codec.read = write_string, read_string
        codec.own_text = True
    elif type_ == Type.BYTES:
        codec.write, codec.read = write_bytes, read_bytes
        codec.own_text = True
    elif type_ == Type.ENUM:
        codec.write, codec.read = write_enum, read_enum
        codec.own_text = True  # a name may be empty
        choose_enum(codec, description, keep)
    else:
        raise InvalidArgument(f"type {Type(type_).name} is not supported by this version")
    return 0
