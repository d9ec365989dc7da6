/* The Arrow C data interface (https://arrow.apache.org/docs/format/CDataInterface.html): what others hand over as
 * columns, checked, since nothing in it can be trusted but the addresses. */
#ifndef WSX_ARROW_H
#define WSX_ARROW_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "_cells.h"

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

struct ArrowSchema {
    const char *format, *name, *metadata;
    int64_t flags, n_children;
    struct ArrowSchema **children, *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length, null_count, offset, n_buffers, n_children;
    const void **buffers;
    struct ArrowArray **children, *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

#endif

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

#endif

/* How the values of a format lie in memory; false for a format that is not known. */
static inline bool wsx_arrow_format(const char *format, WsxColumn *column)
{
    static const struct { char letter, stored, width; } plain[] = {
        {'b', WSX_STORED_BITS, 0}, {'c', WSX_STORED_INT, 1},  {'s', WSX_STORED_INT, 2},  {'i', WSX_STORED_INT, 4},
        {'l', WSX_STORED_INT, 8},  {'C', WSX_STORED_UINT, 1}, {'S', WSX_STORED_UINT, 2}, {'I', WSX_STORED_UINT, 4},
        {'L', WSX_STORED_UINT, 8}, {'f', WSX_STORED_FLOAT, 4}, {'g', WSX_STORED_DOUBLE, 8}, {'u', WSX_STORED_TEXT, 4},
        {'z', WSX_STORED_TEXT, 4}, {'U', WSX_STORED_LARGE_TEXT, 8}, {'Z', WSX_STORED_LARGE_TEXT, 8},
        {'n', WSX_STORED_NULL, 0}};
    memset(column, 0, sizeof *column);
    if (format[0] && !format[1]) {
        for (auto &known : plain)
            if (known.letter == format[0]) {
                column->stored = known.stored;
                column->width = known.width;
                column->bytes = format[0] == 'z' || format[0] == 'Z';
                return true;
            }
        return false;
    }
    if (format[0] == 'v' && (format[1] == 'u' || format[1] == 'z') && !format[2]) {
        column->stored = WSX_STORED_VIEW;
        column->width = 16;
        column->bytes = format[1] == 'z';
        return true;
    }
    if (format[0] == 'w' && format[1] == ':') {
        long width = strtol(format + 2, NULL, 10);
        column->stored = WSX_STORED_FIXED;
        column->width = (int)width;
        column->bytes = true;
        return width > 0 && width < 1 << 24;
    }
    if (format[0] == 'd' && format[1] == ':') {
        char *end;
        long precision = strtol(format + 2, &end, 10);
        if (*end != ',')
            return false;
        long scale = strtol(end + 1, &end, 10);
        column->stored = WSX_STORED_DECIMAL;
        column->width = 16;
        column->scale = (int)scale;
        return precision > 0 && precision <= 38 && scale >= 0 && scale <= 38 && (!*end || strcmp(end, ",128") == 0);
    }
    if (format[0] == 't' && format[1] == 'd') {
        column->stored = WSX_STORED_MOMENT;
        column->width = format[2] == 'D' ? 4 : 8;
        column->unit = format[2] == 'D' ? INT64_C(86400000000000) : 1000000;
        return (format[2] == 'D' || format[2] == 'm') && !format[3];
    }
    if (format[0] == 't' && (format[1] == 's' || format[1] == 'D')) {
        column->stored = format[1] == 's' ? WSX_STORED_MOMENT : WSX_STORED_SPAN;
        column->width = 8;
        switch (format[2]) {
        case 's': column->unit = 1000000000; break;
        case 'm': column->unit = 1000000; break;
        case 'u': column->unit = 1000; break;
        case 'n': column->unit = 1; break;
        default: return false;
        }
        if (format[1] == 'D')
            return !format[3];
        column->zoned = format[3] == ':' && format[4];
        return format[3] == ':';
    }
    return false;
}

/* Points a column, whose format is known, at an array of `rows` values behind `skipped` ones; the fault, or NULL. */
static inline const char *wsx_arrow_column(const struct ArrowArray *array, int64_t skipped, int64_t rows, WsxColumn *column)
{
    if (array->length < 0 || array->offset < 0 || array->length - skipped < rows || array->offset > INT64_MAX / 32 - skipped)
        return "an array is shorter than its batch";
    int64_t buffers = column->stored == WSX_STORED_TEXT || column->stored == WSX_STORED_LARGE_TEXT ? 3
                      : column->stored == WSX_STORED_NULL                                           ? 0
                                                                                                    : 2;
    if (array->n_buffers < buffers + (column->stored == WSX_STORED_VIEW) || (buffers && !array->buffers))
        return "an array has too few buffers";
    if (array->dictionary)
        return "an array of a plain type has a dictionary";
    column->first = array->offset + skipped;
    column->validity = buffers && array->null_count ? (const uint8_t *)array->buffers[0] : NULL;
    if (!buffers || rows == 0)
        return NULL;
    if (array->null_count > 0 && !column->validity)
        return "an array has nulls, but no bits for them";
    if (!array->buffers[1])
        return "an array has no values";
    column->data = (const char *)array->buffers[1];
    if (column->stored == WSX_STORED_BITS)
        return NULL;
    column->stride = column->width;
    column->data += column->first * column->stride;
    if (buffers == 3) {
        column->text = (const char *)array->buffers[2];
        /* the last offset of the whole array is all that is known of the length */
        column->text_length = wsx_stored_int((const char *)array->buffers[1] + (array->offset + array->length) * column->width,
                                             column->width);
        if (column->text_length < 0 || (column->text_length && !column->text))
            return "an array of texts has an offset that points nowhere";
    } else if (column->stored == WSX_STORED_VIEW) {
        column->view_count = array->n_buffers - 3;
        column->views = array->buffers + 2;
        column->view_lengths = (const int64_t *)array->buffers[array->n_buffers - 1];
        if (column->view_count && !column->view_lengths)
            return "an array of views does not say how long its buffers are";
    }
    return NULL;
}

#endif
