# cython: cdivision=True
"""Numbers ↔ text: BOOL, INT8 … UINT64, FLOAT, DOUBLE, DECIMAL."""

from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact
from cpython.long cimport PyLong_CheckExact
from cpython.object cimport PyObject, PyObject_Str
from libc.math cimport INFINITY, isfinite
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memcmp, memcpy
from libcpp cimport bool as cppbool

from wsx._buffer cimport Out, out_append, out_reserve
from wsx._codec cimport Codec, malformed, owned, trimmed, wrong_type

import decimal

from wsx.errors import InvalidArgument, InvalidFormat, NumericOverflow

cdef extern from "_cpython.h":
    int wsx_long_as_int64(object number, int64_t* value) noexcept
    object wsx_ascii_string(const char* text, Py_ssize_t length)

cdef extern from "_number.h":
    ctypedef enum WsxRead:
        WSX_OK
        WSX_MALFORMED
        WSX_OVERFLOW
        WSX_JUST_ABOVE
    char* wsx_put_int64(char* out, int64_t n) noexcept
    char* wsx_put_uint64(char* out, uint64_t n) noexcept
    char* wsx_put_scaled(char* out, bint negative, uint64_t coefficient, int exponent) noexcept
    WsxRead wsx_read_int64(const char* text, size_t length, int64_t* value, bint* negative) noexcept
    WsxRead wsx_read_uint64(const char* text, size_t length, uint64_t* value) noexcept

cdef extern from "_real.h":
    char* wsx_put_real[Real](char* out, Real value) noexcept
    WsxRead wsx_read_real[Real](const char* text, size_t length, Real* value) noexcept

cdef extern from "_mpdecimal.h":
    bint wsx_decimal_is(object number, bint negative, uint64_t coefficient, Py_ssize_t exponent) noexcept
    bint wsx_decimal_parts(object number, cppbool* negative, uint64_t* coefficient, Py_ssize_t* exponent) noexcept
    object wsx_decimal_new(object like, bint negative, uint64_t coefficient, Py_ssize_t exponent)

cdef extern from "Python.h":
    Py_ssize_t PyUnicode_GET_LENGTH(object)
    void* PyUnicode_DATA(object)
    double PyOS_string_to_double(const char* s, char** endptr, PyObject* overflow) except? -1.0
    double PyFloat_AsDouble(object) except? -1.0
    object PyNumber_Index(object)
    object PyFloat_FromDouble(double)
    object PyLong_FromLongLong(long long)
    object PyLong_FromUnsignedLongLong(unsigned long long)
    unsigned long long PyLong_AsUnsignedLongLong(object) except? 0xFFFFFFFFFFFFFFFF

cdef object Decimal = decimal.Decimal


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
    if codec.unlimited:
        return write_any_decimal(out, item)
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


cdef int write_any_decimal(Out* out, object number) except -1:
    """Plain digits of any number of them, without superfluous zeros."""
    if not number.is_finite():
        raise InvalidFormat(f"{number} has no xs:decimal form")
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if text in ("-0", ""):
        text = "0"
    cdef bytes encoded = text.encode()
    return out_append(out, <const char*>encoded, len(encoded))


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
    if not codec.unlimited and (scale > MOST_SCALE or significant >= 29):
        check_decimal(value)
    return owned(value)


cdef int check_decimal(object value) except -1:
    """Raises when the value, without its trailing zeros, is no DECIMAL."""
    _, digits, exponent = value.as_tuple()
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
