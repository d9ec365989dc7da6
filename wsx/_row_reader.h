/* Text -> columns: rows that look as the table expects are read without an object for any value.
 *
 * A row that looks otherwise in any way (a comment, another order, a value that is wrong) is left where it is: the reader
 * of objects takes it, so that there is one place for every rule and every error.
 */
#ifndef WSX_ROW_READER_H
#define WSX_ROW_READER_H

#include <stdlib.h>

#include "_arrow.h"

/* A column that grows. `kind` is a WsxPut. */
struct WsxBuilder {
    int kind, width;            /* of a value; 0 for texts */
    int64_t least, most;        /* what the field's type allows */
    uint64_t most_unsigned;
    char *values;               /* moments in units of 100 ns; decimals of 128 bits */
    uint8_t *scales;            /* of decimals: each its own while it is read */
    int64_t *offsets;           /* of texts */
    char *text;
    int64_t text_room;
    uint8_t *valid;             /* a byte each */
    int64_t nulls;
    bool finer, zoned, naive;   /* moments: not in whole microseconds; with, without a time zone */
    uint8_t *validity, *bits;   /* packed, when it is finished */
    int64_t longest;            /* characters of texts, once they are counted */
};

/* How a field looks: `<p:name`, behind which the tag ends or goes on, and `</p:name>`. Attributes: ` name="`. */
struct WsxField {
    struct WsxBuilder *builder;
    const char *open, *close;
    ptrdiff_t open_length, close_length;
    bool optional, nillable;    /* absent, nil stand for no value */
    bool limited;               /* only the codec of the object knows what is allowed */
};

struct WsxRowPlan {
    struct WsxField *fields;    /* attributes first; a single one, which is the row itself, where that is a scalar */
    ptrdiff_t attributes, count;
    const char *open, *close;
    ptrdiff_t open_length, close_length;
    bool scalar;
    const char *xsi;            /* the prefix that is bound to the namespace of xsi:nil, if one is */
    ptrdiff_t xsi_length;
    ptrdiff_t text_limit, value_limit, item_limit, row_bytes;
    bool may_declare;           /* a declaration more is within the quotas */
    /* What changes: */
    int64_t rows, room;
    ptrdiff_t value_bytes;      /* as Quotas counts them */
};

static inline bool wsx_grow_builder(struct WsxBuilder *b, int64_t room)
{
    void *larger;
#define WSX_GROW(member, size)                                                                                              \
    if (!(larger = realloc(b->member, (size_t)(size))))                                                                     \
        return false;                                                                                                       \
    b->member = (decltype(b->member))larger
    WSX_GROW(valid, room);
    if (b->width) {
        WSX_GROW(values, room * b->width + 16);
    } else {
        bool fresh = !b->offsets;
        WSX_GROW(offsets, (room + 1) * 8);
        if (fresh)
            b->offsets[0] = 0;
    }
    if (b->kind == WSX_PUT_DECIMAL) {
        WSX_GROW(scales, room);
    }
#undef WSX_GROW
    return true;
}

/* Makes room for `length` bytes of text more, and a block. */
static inline bool wsx_grow_text(struct WsxBuilder *b, int64_t used, int64_t length)
{
    if (b->text_room - used >= length + 64)
        return true;
    int64_t room = b->text_room + b->text_room / 2 + length + 1024;
    char *larger = (char *)realloc(b->text, (size_t)room);
    if (!larger)
        return false;
    b->text = larger;
    b->text_room = room;
    return true;
}

static inline void wsx_free_builder(struct WsxBuilder *b)
{
    free(b->values), free(b->scales), free(b->offsets), free(b->text), free(b->valid), free(b->validity), free(b->bits);
    memset(b, 0, sizeof *b);
}

/* No value in that row. */
static inline void wsx_build_null(struct WsxBuilder *b, int64_t row)
{
    b->valid[row] = 0;
    if (b->width)
        memset(b->values + row * b->width, 0, (size_t)b->width);
    else
        b->offsets[row + 1] = b->offsets[row];
    if (b->scales)
        b->scales[row] = 0;
}

static inline bool wsx_build_text(struct WsxBuilder *b, int64_t row, const char *text, int64_t length)
{
    int64_t used = b->offsets[row];
    if (!wsx_grow_text(b, used, length))
        return false;
    memcpy(b->text + used, text, (size_t)length);
    b->offsets[row + 1] = used + length;
    b->valid[row] = 1;
    return true;
}

static inline bool wsx_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

static inline int wsx_number_at(const char *p, int count)
{
    int number = 0;
    for (int i = 0; i < count; i++) {
        unsigned digit = (unsigned char)p[i] - '0';
        if (digit > 9)
            return -1;
        number = number * 10 + (int)digit;
    }
    return number;
}

/* xs:dateTime without what needs care (hour 24, the first and last year) as 100 ns since 1970; false for the rest. */
static inline bool wsx_read_moment(const char *p, size_t length, int64_t *value, bool *zoned)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (length < 19 || p[4] != '-' || p[7] != '-' || p[10] != 'T' || p[13] != ':' || p[16] != ':')
        return false;
    int year = wsx_number_at(p, 4), month = wsx_number_at(p + 5, 2), day = wsx_number_at(p + 8, 2);
    int hour = wsx_number_at(p + 11, 2), minute = wsx_number_at(p + 14, 2), second = wsx_number_at(p + 17, 2);
    int ticks = 0, offset = 0;
    size_t i = 19;
    if (year <= 1 || year >= 9999 || month < 1 || month > 12 || day < 1 || hour < 0 || hour > 23 || minute < 0 ||
        minute > 59 || second < 0 || second > 59)
        return false;
    if (day > days[month - 1] + (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)))
        return false;
    if (i < length && p[i] == '.') {
        int scale = 1000000;
        for (i++; i < length && (unsigned char)(p[i] - '0') <= 9; i++, scale /= 10) {
            if (!scale)
                return false;
            ticks += (p[i] - '0') * scale;
        }
        if (scale == 1000000)
            return false;
    }
    *zoned = i < length;
    if (*zoned && !(length - i == 1 && p[i] == 'Z')) {
        if (length - i != 6 || (p[i] != '+' && p[i] != '-') || p[i + 3] != ':')
            return false;
        int hours = wsx_number_at(p + i + 1, 2), minutes = wsx_number_at(p + i + 4, 2);
        offset = hours * 60 + minutes;
        if (hours < 0 || minutes < 0 || minutes > 59 || offset > 14 * 60)
            return false;
        if (p[i] == '-')
            offset = -offset;
    }
    int64_t seconds = wsx_days(year, (unsigned)month, (unsigned)day) * 86400 + hour * 3600 + (minute - offset) * 60 + second;
    *value = seconds * 10000000 + ticks;
    return true;
}

/* xs:decimal of up to 18 digits. */
static inline bool wsx_read_scaled(const char *p, size_t length, int64_t *coefficient, int *scale)
{
    bool negative = length && *p == '-', point = false;
    size_t i = length && (*p == '-' || *p == '+'), digits = 0;
    int64_t number = 0;
    *scale = 0;
    for (; i < length; i++) {
        if ((unsigned char)(p[i] - '0') <= 9) {
            number = number * 10 + (p[i] - '0');
            digits++;
            *scale += point;
        } else if (p[i] == '.' && !point)
            point = true;
        else
            return false;
    }
    *coefficient = negative ? -number : number;
    return digits > 0 && digits <= 18;
}

/* Stores a text as the value of a row; 0 where the reader of objects must look at it, -1 without memory. */
static inline int wsx_build(struct WsxBuilder *b, int64_t row, const char *text, size_t length)
{
    char *place = b->values + row * b->width;
    int64_t number = 0;
    uint64_t wide = 0;
    double real;
    float narrow;
    int negative, scale;
    bool zoned;
    if (b->kind == WSX_PUT_TEXT)
        return wsx_build_text(b, row, text, (int64_t)length) ? 1 : -1;
    if (b->kind == WSX_PUT_BASE64) {
        int64_t used = b->offsets[row];
        if (!wsx_grow_text(b, used, (int64_t)length / 4 * 3 + 3))
            return -1;
        ptrdiff_t size = wsx_read_base64((unsigned char *)b->text + used, text, length);
        if (size < 0)
            return 0;
        b->offsets[row + 1] = used + size;
        return b->valid[row] = 1;
    }
    while (length && wsx_blank(*text))
        text++, length--;
    while (length && wsx_blank(text[length - 1]))
        length--;
    switch (b->kind) {
    case WSX_PUT_BOOL:
        if ((length == 4 && !memcmp(text, "true", 4)) || (length == 1 && *text == '1'))
            *place = 1;
        else if ((length == 5 && !memcmp(text, "false", 5)) || (length == 1 && *text == '0'))
            *place = 0;
        else
            return 0;
        break;
    case WSX_PUT_INT:
        if (wsx_read_int64(text, length, &number, &negative) != WSX_OK || number < b->least || number > b->most)
            return 0;
        memcpy(place, &number, 8); /* little-endian: the lower bytes; the next row overwrites the others */
        break;
    case WSX_PUT_UINT:
        if (wsx_read_uint64(text, length, &wide) != WSX_OK || wide > b->most_unsigned)
            return 0;
        memcpy(place, &wide, 8);
        break;
    case WSX_PUT_DOUBLE:
        if (wsx_read_real<double>(text, length, &real) != WSX_OK)
            return 0;
        memcpy(place, &real, 8);
        break;
    case WSX_PUT_FLOAT:
        if (wsx_read_real<float>(text, length, &narrow) != WSX_OK)
            return 0;
        memcpy(place, &narrow, 4);
        break;
    case WSX_PUT_DECIMAL: {
        if (!wsx_read_scaled(text, length, &number, &scale))
            return 0;
        int64_t high = number < 0 ? -1 : 0;
        memcpy(place, &number, 8), memcpy(place + 8, &high, 8);
        b->scales[row] = (uint8_t)scale;
        break;
    }
    case WSX_PUT_MOMENT:
        if (!wsx_read_moment(text, length, &number, &zoned))
            return 0;
        memcpy(place, &number, 8);
        b->finer |= number % 10 != 0;
        (zoned ? b->zoned : b->naive) = true;
        break;
    case WSX_PUT_GUID:
        if (!wsx_read_guid(text, length, (unsigned char *)place))
            return 0;
        break;
    default:
        return 0;
    }
    return b->valid[row] = 1;
}

/* Text with references: resolved at the end of the builder's text. As wsx_build; *end is behind the text. */
static inline int wsx_build_escaped(struct WsxBuilder *b, int64_t row, const char *p, const char *end, const char **after,
                                    ptrdiff_t limit)
{
    static const struct { const char *name; int length; char stands_for; } entities[] = {
        {"amp;", 4, '&'}, {"lt;", 3, '<'}, {"gt;", 3, '>'}, {"quot;", 5, '"'}, {"apos;", 5, '\''}};
    int64_t used = b->offsets[row], length = 0;
    while (true) {
        size_t plain = wsx_scan_text(p, (size_t)(end - p));
        if (!wsx_grow_text(b, used + length, (int64_t)plain + 1))
            return -1;
        memcpy(b->text + used + length, p, plain);
        length += (int64_t)plain;
        p += plain;
        if (p == end || length > limit)
            return 0;
        if (*p == '<')
            break;
        if (*p != '&' || end - p < 6)
            return 0;
        char found = 0;
        for (auto &entity : entities)
            if (!memcmp(p + 1, entity.name, (size_t)entity.length)) {
                found = entity.stands_for;
                p += 1 + entity.length;
                break;
            }
        if (!found)
            return 0;
        b->text[used + length++] = found;
    }
    *after = p;
    b->offsets[row + 1] = used + length;
    return b->valid[row] = 1;
}

static inline bool wsx_matches(const char *p, const char *end, const char *text, ptrdiff_t length)
{
    return end - p >= length && wsx_same(p, text, (size_t)length);
}

/* ` p:nil="true"/>`, perhaps with the declaration of p behind it; returns its end, NULL where it is not that. */
static inline const char *wsx_nil(const struct WsxRowPlan *plan, const char *p, const char *end)
{
    static const char nil[] = ":nil=\"true\"", declares[] = "=\"http://www.w3.org/2001/XMLSchema-instance\"";
    if (end - p < 2 || *p != ' ')
        return NULL;
    const char *prefix = ++p;
    while (p < end && ((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9' && p > prefix)))
        p++;
    ptrdiff_t length = p - prefix;
    if (!length || !wsx_matches(p, end, nil, sizeof nil - 1))
        return NULL;
    p += sizeof nil - 1;
    if (wsx_matches(p, end, " xmlns:", 7)) {
        if (!plan->may_declare || !wsx_matches(p + 7, end, prefix, length) || (length == 5 && !memcmp(prefix, "xmlns", 5)) ||
            (length == 3 && !memcmp(prefix, "xml", 3)) || !wsx_matches(p + 7 + length, end, declares, sizeof declares - 1))
            return NULL;
        p += 7 + length + (ptrdiff_t)sizeof declares - 1;
    } else if (length != plan->xsi_length || memcmp(prefix, plan->xsi, (size_t)length))
        return NULL;
    return wsx_matches(p, end, "/>", 2) ? p + 2 : NULL;
}

/* An element whose open tag is matched up to its name; its value goes to `row`. As wsx_build. */
static inline int wsx_read_field(struct WsxRowPlan *plan, const struct WsxField *field, int64_t row, const char **cursor,
                                 const char *end, ptrdiff_t *charged)
{
    struct WsxBuilder *b = field->builder;
    const char *p = *cursor + field->open_length, *after;
    int outcome;
    if (p == end || field->limited)
        return 0;
    if (*p == '>') {
        const char *text = ++p;
        size_t length = wsx_scan_text(p, (size_t)(end - p));
        p += length;
        if (p == end || (ptrdiff_t)length > plan->text_limit)
            return 0;
        if (*p == '<')
            outcome = wsx_build(b, row, text, length);
        else if (b->kind == WSX_PUT_TEXT && *p == '&') {
            outcome = wsx_build_escaped(b, row, text, end, &after, plan->text_limit);
            p = after;
        } else
            return 0;
        if (outcome <= 0)
            return outcome;
        if (!wsx_matches(p, end, field->close, field->close_length))
            return 0;
        p += field->close_length;
        if (b->kind == WSX_PUT_TEXT)
            length = (size_t)(b->offsets[row + 1] - b->offsets[row]);
        *charged += ((ptrdiff_t)length + 31) & ~(ptrdiff_t)15;
    } else if (*p == '/' && (b->kind == WSX_PUT_TEXT || b->kind == WSX_PUT_BASE64)) {
        if (!wsx_matches(p, end, "/>", 2))
            return 0;
        p += 2;
        if ((outcome = wsx_build(b, row, p, 0)) <= 0)
            return outcome;
        *charged += 16;
    } else {
        p = field->nillable ? wsx_nil(plan, p, end) : NULL;
        if (!p)
            return 0;
        wsx_build_null(b, row);
    }
    *cursor = p;
    return 1;
}

static inline const char *wsx_skip_blank(const char *p, const char *end)
{
    while (p < end && wsx_blank(*p))
        p++;
    return p;
}

/* One row at *cursor. As wsx_build. */
static inline int wsx_read_row(struct WsxRowPlan *plan, const char **cursor, const char *end)
{
    const char *p = wsx_skip_blank(*cursor, end);
    ptrdiff_t charged = 0, i = 0;
    int64_t row = plan->rows;
    int outcome;
    if (plan->scalar) {
        if (!wsx_matches(p, end, plan->fields[0].open, plan->fields[0].open_length))
            return 0;
        if ((outcome = wsx_read_field(plan, &plan->fields[0], row, &p, end, &charged)) <= 0)
            return outcome;
    } else {
        if (!wsx_matches(p, end, plan->open, plan->open_length))
            return 0;
        p += plan->open_length;
        for (; i < plan->attributes; i++) {
            const struct WsxField *field = &plan->fields[i];
            if (!wsx_matches(p, end, field->open, field->open_length)) {
                if (!field->optional)
                    return 0;
                wsx_build_null(field->builder, row);
                continue;
            }
            const char *text = p + field->open_length;
            for (p = text; p < end && *p != '"'; p++)
                if (*p == '<' || *p == '&' || (unsigned char)*p < 0x20)
                    return 0;
            if (field->limited || p == end || p - text > plan->text_limit)
                return 0;
            if ((outcome = wsx_build(field->builder, row, text, (size_t)(p - text))) <= 0)
                return outcome;
            charged += ((p - text) + 31) & ~(ptrdiff_t)15;
            p++;
        }
        if (p == end || *p != '>')
            return 0;
        p++;
        for (; i < plan->count; i++) {
            const struct WsxField *field = &plan->fields[i];
            p = wsx_skip_blank(p, end);
            /* behind the name there must be its end: `<ab` is not `<a` */
            if (wsx_matches(p, end, field->open, field->open_length) && end - p > field->open_length &&
                (p[field->open_length] == '>' || p[field->open_length] == '/' || p[field->open_length] == ' ')) {
                if ((outcome = wsx_read_field(plan, field, row, &p, end, &charged)) <= 0)
                    return outcome;
            } else if (field->optional)
                wsx_build_null(field->builder, row);
            else
                return 0;
        }
        p = wsx_skip_blank(p, end);
        if (!wsx_matches(p, end, plan->close, plan->close_length))
            return 0;
        p += plan->close_length;
        charged += plan->row_bytes;
    }
    if (plan->value_bytes + charged > plan->value_limit)
        return 0;
    plan->value_bytes += charged;
    for (i = 0; i < plan->count; i++)
        plan->fields[i].builder->nulls += !plan->fields[i].builder->valid[row];
    plan->rows++;
    *cursor = p;
    return 1;
}

/* Rows at *cursor as long as they look as expected; 0, or -1 without memory. */
static inline int wsx_read_rows(struct WsxRowPlan *plan, const char **cursor, const char *end)
{
    int outcome = 1;
    while (plan->rows < plan->item_limit) {
        if (plan->rows == plan->room) {
            int64_t room = plan->room ? plan->room + plan->room / 2 : 1024;
            for (ptrdiff_t i = 0; i < plan->count; i++)
                if (!wsx_grow_builder(plan->fields[i].builder, room))
                    return -1;
            plan->room = room;
        }
        if ((outcome = wsx_read_row(plan, cursor, end)) <= 0)
            break;
    }
    return outcome < 0 ? -1 : 0;
}

static inline uint8_t *wsx_pack_bits(const uint8_t *bytes, int64_t count)
{
    uint8_t *bits = (uint8_t *)calloc((size_t)(count / 8 + 64), 1);
    for (int64_t i = 0; bits && i < count; i++)
        bits[i >> 3] |= (uint8_t)((bytes[i] != 0) << (i & 7));
    return bits;
}

/* Brings the decimals of a column to one scale; the row that does not fit 128 bits then, -1 when all do. */
static inline int64_t wsx_rescale(struct WsxBuilder *b, int64_t rows, int scale)
{
    for (int64_t row = 0; row < rows; row++) {
        uint64_t low, high;
        char *place = b->values + row * 16;
        memcpy(&low, place, 8), memcpy(&high, place + 8, 8);
        bool negative = (int64_t)high < 0;
        if (negative)
            low = 0 - low, high = ~high + (low == 0);
        for (int i = b->scales[row]; i < scale; i++) {
            /* 10 * (high, low) by halves: no type of 128 bits is taken for granted */
            uint64_t a = (low & 0xFFFFFFFF) * 10, c = (low >> 32) * 10 + (a >> 32);
            if (high > (UINT64_C(1) << 62) / 10)
                return row;
            low = c << 32 | (a & 0xFFFFFFFF);
            high = high * 10 + (c >> 32);
        }
        if (high >= UINT64_C(0x4B3B4CA85A86C47A)) /* 10**38 */
            return row;
        if (negative)
            low = 0 - low, high = ~high + (low == 0);
        memcpy(place, &low, 8), memcpy(place + 8, &high, 8);
    }
    return -1;
}

/* 100 ns to microseconds or nanoseconds; the row that does not fit 64 bits then, -1 when all do. */
static inline int64_t wsx_rescale_moments(struct WsxBuilder *b, int64_t rows)
{
    for (int64_t row = 0; row < rows; row++) {
        int64_t value;
        memcpy(&value, b->values + 8 * row, 8);
        if (b->finer && b->valid[row] && (value > INT64_MAX / 100 || value < -(INT64_MAX / 100)))
            return row;
        value = b->finer ? value * 100 : value / 10;
        memcpy(b->values + 8 * row, &value, 8);
    }
    return -1;
}

/* Texts as UTF-32 in rows of `width` characters, zeros behind them. */
static inline int64_t wsx_count_characters(struct WsxBuilder *b, int64_t rows)
{
    for (int64_t row = 0; row < rows; row++) {
        int64_t count = (int64_t)wsx_measure(b->text + b->offsets[row], (size_t)(b->offsets[row + 1] - b->offsets[row])).count;
        b->longest = count > b->longest ? count : b->longest;
    }
    return b->longest;
}

static inline void wsx_spread_characters(const struct WsxBuilder *b, int64_t rows, char *out, int64_t width)
{
    for (int64_t row = 0; row < rows; row++, out += 4 * width) {
        const char *text = b->text + b->offsets[row];
        size_t length = (size_t)(b->offsets[row + 1] - b->offsets[row]), count = wsx_measure(text, length).count;
        wsx_decode<uint32_t>((uint32_t *)out, count, text, length);
    }
}

#endif
