/* CPython internals that wsx uses, one implementation per version, in this file only.
 *
 * Every function here has a public API behind it for the versions (and builds) whose layout is not known.
 */
#ifndef WSX_CPYTHON_H
#define WSX_CPYTHON_H

#include <Python.h>
#include <structmember.h>
#include <stdint.h>
#include <string.h>

#if PY_VERSION_HEX >= 0x030C0000
#define WSX_OBJECT_MEMBER Py_T_OBJECT_EX
#else
#define WSX_OBJECT_MEMBER T_OBJECT_EX
#endif

/* The value of an int object: 0 and *value, or -1 when it does not fit 64 signed bits (no exception is set). */
static inline int wsx_long_as_int64(PyObject *object, int64_t *value)
{
#if PY_VERSION_HEX < 0x030C0000 && PYLONG_BITS_IN_DIGIT == 30
    const PyLongObject *number = (const PyLongObject *)object;
    switch (Py_SIZE(number)) {
    case 0: *value = 0; return 0;
    case 1: *value = number->ob_digit[0]; return 0;
    case -1: *value = -(int64_t)number->ob_digit[0]; return 0;
    case 2: *value = (int64_t)number->ob_digit[1] << 30 | number->ob_digit[0]; return 0;
    case -2: *value = -((int64_t)number->ob_digit[1] << 30 | number->ob_digit[0]); return 0;
    }
#elif PY_VERSION_HEX >= 0x030C0000
    if (PyUnstable_Long_IsCompact((const PyLongObject *)object)) {
        *value = PyUnstable_Long_CompactValue((const PyLongObject *)object);
        return 0;
    }
#endif
    int overflow;
    long long wide = PyLong_AsLongLongAndOverflow(object, &overflow);
    *value = wide;
    return overflow ? -1 : 0;
}

/* The 16 bytes, most significant first, of an int from 0 to 2**128 - 1; -1 with an exception for another int. */
static inline int wsx_long_as_16_bytes(PyObject *object, unsigned char *bytes)
{
#if PY_VERSION_HEX < 0x030C0000 && PYLONG_BITS_IN_DIGIT == 30
    const PyLongObject *number = (const PyLongObject *)object;
    if (Py_SIZE(number) == 5 && number->ob_digit[4] < 1 << 8) { /* as all but one in 256 random ones are */
        const digit *d = number->ob_digit;
        uint64_t low = d[0] | (uint64_t)d[1] << 30 | (uint64_t)d[2] << 60;
        uint64_t high = d[2] >> 4 | (uint64_t)d[3] << 26 | (uint64_t)d[4] << 56;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        high = __builtin_bswap64(high), low = __builtin_bswap64(low);
        memcpy(bytes, &high, 8), memcpy(bytes + 8, &low, 8);
#else
        for (int i = 0; i < 8; i++) {
            bytes[i] = (unsigned char)(high >> (56 - 8 * i));
            bytes[8 + i] = (unsigned char)(low >> (56 - 8 * i));
        }
#endif
        return 0;
    }
#endif
#if PY_VERSION_HEX >= 0x030D0000
    Py_ssize_t needed = PyLong_AsNativeBytes(
        object, bytes, 16, Py_ASNATIVEBYTES_BIG_ENDIAN | Py_ASNATIVEBYTES_UNSIGNED_BUFFER | Py_ASNATIVEBYTES_REJECT_NEGATIVE);
    if (needed < 0)
        return -1;
    if (needed > 16) {
        PyErr_SetString(PyExc_OverflowError, "int too big for 16 bytes");
        return -1;
    }
    return 0;
#else
    return _PyLong_AsByteArray((PyLongObject *)object, bytes, 16, 0, 0);
#endif
}

/* A new int from 16 bytes, most significant first. */
static inline PyObject *wsx_long_from_16_bytes(const unsigned char *bytes)
{
#if PY_VERSION_HEX < 0x030C0000 && PYLONG_BITS_IN_DIGIT == 30
    if (bytes[0]) { /* five digits, as all but one in 256 random ones have */
        uint64_t high = 0, low = 0;
        for (int i = 0; i < 8; i++) {
            high = high << 8 | bytes[i];
            low = low << 8 | bytes[8 + i];
        }
        PyLongObject *number = _PyLong_New(5);
        if (number == NULL)
            return NULL;
        number->ob_digit[0] = (digit)(low & PyLong_MASK);
        number->ob_digit[1] = (digit)(low >> 30 & PyLong_MASK);
        number->ob_digit[2] = (digit)((low >> 60 | high << 4) & PyLong_MASK);
        number->ob_digit[3] = (digit)(high >> 26 & PyLong_MASK);
        number->ob_digit[4] = (digit)(high >> 56);
        return (PyObject *)number;
    }
#endif
#if PY_VERSION_HEX >= 0x030D0000
    return PyLong_FromUnsignedNativeBytes(bytes, 16, Py_ASNATIVEBYTES_BIG_ENDIAN);
#else
    return _PyLong_FromByteArray(bytes, 16, 0, 0);
#endif
}

/* Offset of the object that a member descriptor (a slot) of a class reads and writes; 0 when it is not such a one. */
static inline Py_ssize_t wsx_slot_offset(PyObject *descriptor)
{
    if (!Py_IS_TYPE(descriptor, &PyMemberDescr_Type))
        return 0;
    const PyMemberDef *member = ((PyMemberDescrObject *)descriptor)->d_member;
    return member->type == WSX_OBJECT_MEMBER && !(member->flags & READONLY) ? member->offset : 0;
}

static inline PyObject *wsx_type(PyObject *object) { return (PyObject *)Py_TYPE(object); }

static inline PyObject **wsx_slot(PyObject *object, Py_ssize_t offset)
{
    return (PyObject **)((char *)object + offset);
}

/* A new instance of a class without its constructor, NULL with an exception when there is no memory. */
static inline PyObject *wsx_allocate(PyObject *cls) { return ((PyTypeObject *)cls)->tp_alloc((PyTypeObject *)cls, 0); }

/* The characters of an ASCII str to be filled in: a new str of length bytes. */
static inline PyObject *wsx_ascii_string(const char *text, Py_ssize_t length)
{
    PyObject *string = PyUnicode_New(length, 127);
    if (string != NULL)
        memcpy(PyUnicode_1BYTE_DATA(string), text, (size_t)length);
    return string;
}

#endif
