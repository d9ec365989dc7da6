/* The inside of a decimal.Decimal of CPython's _decimal module: a coefficient in words of 19 digits and an exponent.
 *
 * The layout is no public API. It is used only for a type that `wsx_decimal_is` agrees with on several known values
 * when wsx is imported (see _lexical.pyx); without that, and for coefficients of more than one word, str() and
 * Decimal(text) do the work.
 */
#ifndef WSX_MPDECIMAL_H
#define WSX_MPDECIMAL_H

#include <Python.h>
#include <stdint.h>
#include <string.h>

enum { WSX_MPD_NEGATIVE = 1, WSX_MPD_SPECIAL = 2 | 4 | 8 /* infinity, NaN, sNaN */, WSX_MPD_STATIC_DATA = 32 };

typedef struct {
    PyObject_HEAD
    Py_hash_t hash;
    uint8_t flags;
    Py_ssize_t exponent;
    Py_ssize_t digits;
    Py_ssize_t length;      /* words in use */
    Py_ssize_t allocated;
    uint64_t *data;
    uint64_t words[4];
} WsxDecimal;

static inline Py_ssize_t wsx_digits_of(uint64_t n)
{
    Py_ssize_t count = 1;
    for (; n >= 10; n /= 10)
        count++;
    return count;
}

/* Does the layout say that decimal is (-1)**negative * coefficient * 10**exponent? */
static inline int wsx_decimal_is(PyObject *decimal, int negative, uint64_t coefficient, Py_ssize_t exponent)
{
    const WsxDecimal *d = (const WsxDecimal *)decimal;
    return sizeof(void *) == 8 && Py_TYPE(decimal)->tp_basicsize == (Py_ssize_t)sizeof(WsxDecimal) &&
           (d->flags & WSX_MPD_NEGATIVE) == negative && !(d->flags & WSX_MPD_SPECIAL) && d->flags & WSX_MPD_STATIC_DATA &&
           d->exponent == exponent && d->digits == wsx_digits_of(coefficient) && d->length == 1 && d->allocated == 4 &&
           d->data == d->words && d->words[0] == coefficient;
}

/* Coefficient and exponent of a decimal of one word that is a number; false for others. */
static inline bool wsx_decimal_parts(PyObject *decimal, bool *negative, uint64_t *coefficient, Py_ssize_t *exponent)
{
    const WsxDecimal *d = (const WsxDecimal *)decimal;
    if (d->flags & WSX_MPD_SPECIAL || d->length != 1)
        return false;
    *negative = d->flags & WSX_MPD_NEGATIVE;
    *coefficient = d->data[0];
    *exponent = d->exponent;
    return true;
}

/* A new decimal; like is any decimal that wsx_decimal_is agrees with, whose other fields it shares. */
static inline PyObject *wsx_decimal_new(PyObject *like, bool negative, uint64_t coefficient, Py_ssize_t exponent)
{
    PyTypeObject *type = Py_TYPE(like);
    PyObject *made = type->tp_alloc(type, 0);
    if (made == NULL)
        return NULL;
    WsxDecimal *d = (WsxDecimal *)made;
    d->hash = -1;
    d->flags = (uint8_t)((((const WsxDecimal *)like)->flags & ~WSX_MPD_NEGATIVE) | (negative ? WSX_MPD_NEGATIVE : 0));
    d->exponent = exponent;
    d->digits = wsx_digits_of(coefficient);
    d->length = 1;
    d->allocated = 4;
    d->data = d->words;
    d->words[0] = coefficient;
    return made;
}

#endif
