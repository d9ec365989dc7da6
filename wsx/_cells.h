/* One value of a column in memory, as text: what the codecs of _lexical_*.pyx do for objects, on the same primitives.
 *
 * A column is any memory with a fixed step from row to row: a field of a NumPy structured array or of a ctypes array, or
 * a buffer of Arrow. What a function here cannot write it leaves to the codec of the object (it returns NULL), so that
 * there is one place for every rule and every error.
 */
#ifndef WSX_CELLS_H
#define WSX_CELLS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "_ascii.h"
#include "_base64.h"
#include "_number.h"
#include "_real.h"
#include "_text.h"
#include "_utf8.h"

/* How the values of a column lie in memory. */
enum WsxStored {
    WSX_STORED_BOOL,        /* a byte that is not 0 */
    WSX_STORED_BITS,        /* one bit each */
    WSX_STORED_INT,         /* `width` bytes */
    WSX_STORED_UINT,
    WSX_STORED_FLOAT,
    WSX_STORED_DOUBLE,
    WSX_STORED_DECIMAL,     /* 128 bits over 10**scale */
    WSX_STORED_MOMENT,      /* `width` bytes, in units of `unit` ns since 1970 */
    WSX_STORED_SPAN,        /* `width` bytes, in units of `unit` ns */
    WSX_STORED_PADDED,      /* UTF-8 in `width` bytes, zeros at its end */
    WSX_STORED_UCS4,        /* UTF-32 in `width` bytes, zeros at its end */
    WSX_STORED_FIXED,       /* `width` bytes */
    WSX_STORED_TEXT,        /* between two offsets of 32 bits */
    WSX_STORED_LARGE_TEXT,  /* between two offsets of 64 bits */
    WSX_STORED_VIEW,        /* 16 bytes that hold or name it */
    WSX_STORED_NULL
};

struct WsxColumn {
    int stored;
    int width;
    int scale;
    bool zoned;                 /* moments of UTC, not of an unknown place */
    bool bytes;                 /* texts are bytes */
    int64_t unit;
    int64_t first;              /* what stands before row 0 in the buffers of Arrow */
    const char *data;           /* of row 0 where there is a stride; else the buffer */
    ptrdiff_t stride;
    const uint8_t *validity;    /* bits, or NULL */
    const char *text;           /* what offsets point into */
    int64_t text_length;
    const void *const *views;   /* what views point into */
    const int64_t *view_lengths;
    int64_t view_count;
};

/* What is written; WSX_PUT_OBJECT leaves all to the codec of the object. */
enum WsxPut {
    WSX_PUT_OBJECT,
    WSX_PUT_BOOL,
    WSX_PUT_INT,
    WSX_PUT_UINT,
    WSX_PUT_DOUBLE,
    WSX_PUT_FLOAT,
    WSX_PUT_DECIMAL,
    WSX_PUT_MOMENT,
    WSX_PUT_GUID,
    WSX_PUT_TEXT,
    WSX_PUT_BASE64
};

/* Bytes that each value but texts takes at most. */
enum { WSX_CELL_ROOM = 96 };

static const int64_t WSX_NOT_A_TIME = INT64_MIN;

static inline bool wsx_bit(const uint8_t *bits, int64_t i) { return bits[i >> 3] >> (i & 7) & 1; }

static inline int64_t wsx_stored_int(const char *p, int width)
{
    int8_t a;
    int16_t b;
    int32_t c;
    int64_t d;
    switch (width) {
    case 1: return memcpy(&a, p, 1), a;
    case 2: return memcpy(&b, p, 2), b;
    case 4: return memcpy(&c, p, 4), c;
    }
    return memcpy(&d, p, 8), d;
}

static inline uint64_t wsx_stored_uint(const char *p, int width)
{
    uint16_t b;
    uint32_t c;
    uint64_t d;
    switch (width) {
    case 1: return (unsigned char)*p;
    case 2: return memcpy(&b, p, 2), b;
    case 4: return memcpy(&c, p, 4), c;
    }
    return memcpy(&d, p, 8), d;
}

static inline const char *wsx_at(const WsxColumn *column, int64_t row) { return column->data + row * column->stride; }

/* Has the row no value? */
static inline bool wsx_no_value(const WsxColumn *column, int64_t row)
{
    if (column->validity && !wsx_bit(column->validity, column->first + row))
        return true;
    if (column->stored == WSX_STORED_NULL)
        return true;
    return (column->stored == WSX_STORED_MOMENT || column->stored == WSX_STORED_SPAN) && column->width == 8 &&
           wsx_stored_int(wsx_at(column, row), 8) == WSX_NOT_A_TIME;
}

/* The bytes of a row of texts or bytes; false where offsets or views point outside of what they belong to. */
static inline bool wsx_stored_text(const WsxColumn *column, int64_t row, const char **text, int64_t *length)
{
    const char *p = wsx_at(column, row);
    int64_t begin, end;
    switch (column->stored) {
    case WSX_STORED_PADDED:
        for (end = column->width; end && !p[end - 1];)
            end--;
        *text = p, *length = end;
        return true;
    case WSX_STORED_FIXED:
        *text = p, *length = column->width;
        return true;
    case WSX_STORED_TEXT:
        begin = wsx_stored_int(p, 4), end = wsx_stored_int(p + 4, 4);
        break;
    case WSX_STORED_LARGE_TEXT:
        begin = wsx_stored_int(p, 8), end = wsx_stored_int(p + 8, 8);
        break;
    case WSX_STORED_VIEW:
        end = wsx_stored_int(p, 4);
        if (end < 0)
            return false;
        if (end <= 12) {
            *text = p + 4, *length = end;
            return true;
        } else {
            int64_t which = wsx_stored_int(p + 8, 4), from = wsx_stored_int(p + 12, 4);
            if (which < 0 || which >= column->view_count || from < 0 || column->view_lengths[which] < end ||
                from > column->view_lengths[which] - end || !column->views[which])
                return false;
            *text = (const char *)column->views[which] + from, *length = end;
            return true;
        }
    default:
        return false;
    }
    if (begin < 0 || end < begin || end > column->text_length)
        return false;
    *text = column->text + begin, *length = end - begin;
    return true;
}

/* The characters of a row of UTF-32. */
static inline int64_t wsx_stored_characters(const WsxColumn *column, int64_t row)
{
    const char *p = wsx_at(column, row);
    int64_t count = column->width / 4;
    while (count && !wsx_stored_uint(p + 4 * (count - 1), 4))
        count--;
    return count;
}

/* Bytes that a row takes at most; -1 where it points outside of its memory. */
static inline int64_t wsx_cell_room(const WsxColumn *column, int put, int64_t row)
{
    const char *text;
    int64_t length;
    if (column->stored == WSX_STORED_UCS4)
        return 6 * (int64_t)(column->width / 4) + WSX_CELL_ROOM;
    if (put != WSX_PUT_TEXT && put != WSX_PUT_BASE64)
        return WSX_CELL_ROOM;
    if (!wsx_stored_text(column, row, &text, &length))
        return -1;
    return (put == WSX_PUT_TEXT ? 6 * length : length / 3 * 4) + WSX_CELL_ROOM;
}

/* days since 1970-01-01 -> year, month, day (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms"). */
static inline void wsx_civil(int64_t days, int *year, unsigned *month, unsigned *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    unsigned in_era = (unsigned)(days - era * 146097);
    unsigned of_era = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    unsigned in_year = in_era - (365 * of_era + of_era / 4 - of_era / 100);
    unsigned m = (5 * in_year + 2) / 153;
    *day = in_year - (153 * m + 2) / 5 + 1;
    *month = m < 10 ? m + 3 : m - 9;
    *year = (int)(of_era + era * 400) + (*month <= 2);
}

static inline int64_t wsx_days(int64_t year, unsigned month, unsigned day)
{
    year -= month <= 2;
    int64_t era = year / 400;
    unsigned of_era = (unsigned)(year - era * 400);
    unsigned in_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + (int64_t)(of_era * 365 + of_era / 4 - of_era / 100 + in_year) - 719468;
}

/* Whole seconds since 1970, and the 100 ns behind them; false where that is finer or no moment of the years 1 to 9999. */
static inline bool wsx_moment_parts(const WsxColumn *column, int64_t value, int64_t *seconds, int *ticks)
{
    static const int64_t first = -62135596800, last = 253402300799; /* 0001-01-01T00:00:00, 9999-12-31T23:59:59 */
    int64_t each = column->unit / 1000000000, rest;
    *ticks = 0;
    if (each) {
        if (value > last / each || value < first / each)
            return false;
        *seconds = value * each;
    } else {
        each = 1000000000 / column->unit; /* units of a second */
        *seconds = value / each;
        rest = value % each;
        if (rest < 0)
            rest += each, --*seconds;
        rest *= column->unit;
        if (rest % 100)
            return false;
        *ticks = (int)(rest / 100);
    }
    return *seconds >= first && *seconds <= last;
}

static inline char *wsx_put_ticks(char *out, int ticks)
{
    if (!ticks)
        return out;
    *out++ = '.';
    out = wsx_put_2(out, (unsigned)(ticks / 100000));
    out = wsx_put_4(out, (unsigned)(ticks / 10 % 10000));
    *out++ = (char)('0' + ticks % 10);
    while (out[-1] == '0')
        out--;
    return out;
}

static inline char *wsx_put_moment(char *out, const WsxColumn *column, int64_t value)
{
    int64_t seconds;
    int ticks, year;
    unsigned month, day;
    if (!wsx_moment_parts(column, value, &seconds, &ticks))
        return NULL;
    int64_t days = seconds / 86400;
    unsigned second = (unsigned)(seconds - days * 86400);
    if (seconds % 86400 < 0)
        days--, second = (unsigned)(seconds - days * 86400);
    wsx_civil(days, &year, &month, &day);
    out = wsx_put_4(out, (unsigned)year);
    *out++ = '-';
    out = wsx_put_2(out, month);
    *out++ = '-';
    out = wsx_put_2(out, day);
    *out++ = 'T';
    out = wsx_put_2(out, second / 3600);
    *out++ = ':';
    out = wsx_put_2(out, second / 60 % 60);
    *out++ = ':';
    out = wsx_put_ticks(wsx_put_2(out, second % 60), ticks);
    if (column->zoned)
        *out++ = 'Z';
    return out;
}

static inline char *wsx_put_cell_text(char *out, const WsxColumn *column, int64_t row, bool attribute)
{
    const char *text;
    int64_t length;
    if (column->stored == WSX_STORED_UCS4) {
        const char *p = wsx_at(column, row);
        int bad;
        length = wsx_stored_characters(column, row);
        for (int64_t i = 0; i < length; i++) {
            uint32_t c;
            memcpy(&c, p + 4 * i, 4);
            if (c > 0x10FFFF || (wsx_encode(&out, &c, 1, attribute, &bad), bad))
                return NULL;
        }
        return out;
    }
    if (column->bytes || !wsx_stored_text(column, row, &text, &length))
        return NULL;
    if (wsx_check_input(text, (size_t)length).invalid != (size_t)length)
        return NULL;
    const char *limit = out + 6 * length;
    if (attribute)
        wsx_put_ascii<true>(&out, limit, text, (size_t)length);
    else
        wsx_put_ascii<false>(&out, limit, text, (size_t)length);
    return out;
}

/* The row as text, to where wsx_cell_room bytes and a block more can be written; NULL leaves it to the codec. */
static inline char *wsx_put_cell(char *out, const WsxColumn *column, int put, int64_t row, bool attribute, int64_t least,
                                 int64_t most, uint64_t most_unsigned)
{
    const char *p = wsx_at(column, row), *text;
    int64_t number, length;
    uint64_t wide;
    double real;
    float narrow;
    unsigned char guid[16];
    switch (put) {
    case WSX_PUT_BOOL:
        if (column->stored == WSX_STORED_BITS ? wsx_bit((const uint8_t *)column->data, column->first + row) : *p != 0)
            return memcpy(out, "true", 4), out + 4;
        return memcpy(out, "false", 5), out + 5;
    case WSX_PUT_INT:
        if (column->stored == WSX_STORED_INT)
            number = wsx_stored_int(p, column->width);
        else {
            wide = wsx_stored_uint(p, column->width);
            if (wide > INT64_MAX)
                return NULL;
            number = (int64_t)wide;
        }
        return number < least || number > most ? NULL : wsx_put_int64(out, number);
    case WSX_PUT_UINT:
        if (column->stored == WSX_STORED_UINT)
            wide = wsx_stored_uint(p, column->width);
        else {
            number = wsx_stored_int(p, column->width);
            if (number < 0)
                return NULL;
            wide = (uint64_t)number;
        }
        return wide > most_unsigned ? NULL : wsx_put_uint64(out, wide);
    case WSX_PUT_DOUBLE:
        if (column->stored == WSX_STORED_DOUBLE)
            memcpy(&real, p, 8);
        else
            memcpy(&narrow, p, 4), real = narrow;
        return wsx_put_real<double>(out, real);
    case WSX_PUT_FLOAT:
        if (column->stored == WSX_STORED_FLOAT)
            memcpy(&narrow, p, 4);
        else {
            memcpy(&real, p, 8);
            narrow = (float)real;
            if (std::isfinite(real) && !std::isfinite(narrow))
                return NULL;
        }
        return wsx_put_real<float>(out, narrow);
    case WSX_PUT_DECIMAL: {
        int64_t high;
        memcpy(&wide, p, 8), memcpy(&high, p + 8, 8);
        bool negative = high < 0;
        if (negative)
            wide = 0 - wide, high = (int64_t)(~(uint64_t)high + (wide == 0));
        return high ? NULL : wsx_put_scaled(out, negative, wide, -column->scale);
    }
    case WSX_PUT_MOMENT:
        return wsx_put_moment(out, column, wsx_stored_int(p, column->width));
    case WSX_PUT_GUID:
        if (column->stored == WSX_STORED_FIXED)
            return wsx_put_guid(out, (const unsigned char *)p);
        if (!wsx_stored_text(column, row, &text, &length) || !wsx_read_guid(text, (size_t)length, guid))
            return NULL;
        return wsx_put_guid(out, guid);
    case WSX_PUT_TEXT:
        return wsx_put_cell_text(out, column, row, attribute);
    case WSX_PUT_BASE64:
        if (!wsx_stored_text(column, row, &text, &length))
            return NULL;
        return wsx_put_base64(out, (const unsigned char *)text, (size_t)length);
    }
    return NULL;
}

#endif
