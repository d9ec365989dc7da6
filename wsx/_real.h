/* Floating-point numbers as text, both ways; no allocation, no locale. */
#ifndef WSX_REAL_H
#define WSX_REAL_H

#include <cfloat>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "_number.h"
#include "_shortest.h"

static inline WsxDigitText wsx_digit_text(float value)
{
    char text[40], digits[24];
    const char *end = std::to_chars(text, text + 32, value, std::chars_format::scientific).ptr, *mark = end - 1;
    while (*mark != 'e')
        mark--;
    WsxDigitText found = {{0, 0, 0}, 0, 0};
    for (const char *p = mark + 2; p < end; p++)
        found.exponent = found.exponent * 10 + (*p - '0');
    if (mark[1] == '-')
        found.exponent = -found.exponent;
    memset(digits, '0', sizeof(digits));
    for (const char *p = text; p < mark; p++)
        if (*p != '.')
            digits[found.count++] = *p;
    for (int i = 0; i < 17; i++)
        found.words[i / 8] |= (uint64_t)(unsigned char)digits[i] << i % 8 * 8;
    return found;
}

/* A double (or float) as WWSAPI writes it: the shortest digits that round-trip, plain while the decimal exponent is
 * -1 to 14, else d.dddE+nn with an explicit sign and no padding; NaN, INF, -INF. At most 26 bytes; up to 48 are written. */
template <class Real> static inline char *wsx_put_real(char *out, Real value)
{
    if (value != value) {
        memcpy(out, "NaN", 3);
        return out + 3;
    }
    *out = '-';
    out += std::signbit(value);
    value = std::fabs(value);
    if (value > std::numeric_limits<Real>::max()) {
        memcpy(out, "INF", 3);
        return out + 3;
    }
    if (value == 0) {
        *out = '0';
        return out + 1;
    }
    WsxDigitText digits = wsx_digit_text(value);
    int exponent = digits.exponent;
    bool plain = exponent >= -1 && exponent <= 14;
    unsigned whole = plain ? (unsigned)(exponent + 1) : 1, count = (unsigned)digits.count;
    *out = '0';
    out += whole == 0;
    char *end = out + (count > whole ? count + 1 : whole);
    uint64_t first = digits.words[0], second = digits.words[1];
    if (whole >= 8) { /* the point goes into the second word, where else it is the first */
        wsx_put_word(out, first);
        out += 8;
        first = second;
        second = digits.words[2];
        whole -= 8;
    } else
        wsx_put_word(out + 16, second >> 56 | digits.words[2] << 8);
    uint64_t before = (UINT64_C(1) << 8 * whole) - 1;
    wsx_put_word(out, (first & before) | (uint64_t)'.' << 8 * whole | (first & ~before) << 8);
    wsx_put_word(out + 8, first >> 56 | second << 8);
    if (plain)
        return end;
    *end++ = 'E';
    *end++ = exponent < 0 ? '-' : '+';
    return wsx_put_uint64(end, (uint64_t)(exponent < 0 ? -exponent : exponent));
}

/* mantissa * 10**exponent as the nearest double; false where that needs more than 128 bits or is beyond normal numbers
 * (D. Lemire, "Number parsing at a gigabyte per second", 2021). */
static inline bool wsx_nearest(uint64_t mantissa, ptrdiff_t exponent, double *value)
{
    static const double exact[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (mantissa == 0) {
        *value = 0;
        return true;
    }
#if FLT_EVAL_METHOD == 0
    if (mantissa <= UINT64_C(1) << 53 && exponent >= -22 && exponent <= 22) { /* one rounding of exact numbers */
        *value = exponent < 0 ? (double)mantissa / exact[-exponent] : (double)mantissa * exact[exponent];
        return true;
    }
#endif
    if (exponent < WsxPowers::LEAST || exponent > WsxPowers::MOST)
        return false;
    WsxPair power = wsx_powers.power[exponent - WsxPowers::LEAST];
    if (exponent < 0 || exponent > 55) /* not exact: here it must be rounded down */
        power.high -= power.low-- == 0;
    int zeros = wsx_leading_zeros(mantissa);
    mantissa <<= zeros;
    WsxPair x = wsx_product(mantissa, power.high);
    if ((x.high & 0x1FF) == 0x1FF && x.low + mantissa < mantissa) {
        WsxPair y = wsx_product(mantissa, power.low);
        x.low += y.high;
        x.high += x.low < y.high;
        if ((x.high & 0x1FF) == 0x1FF && x.low + 1 == 0 && y.low + mantissa < mantissa)
            return false;
    }
    int top = (int)(x.high >> 63);
    uint64_t bits = x.high >> (top + 9);
    ptrdiff_t binary = (exponent * 217706 >> 16) + 64 + 1023 - zeros - (1 - top); /* 217706 / 2**16: log2(10) */
    if (x.low == 0 && (x.high & 0x1FF) == 0 && (bits & 3) == 1)
        return false; /* perhaps half way */
    bits = (bits + (bits & 1)) >> 1;
    if (bits >> 53)
        bits >>= 1, binary++;
    if (binary < 1 || binary > 2046)
        return false;
    bits = (bits & ((UINT64_C(1) << 52) - 1)) | (uint64_t)binary << 52;
    memcpy(value, &bits, 8);
    return true;
}

static inline bool wsx_nearest(uint64_t, ptrdiff_t, float *) { return false; }

/* [+-]? digits? ('.' digits?)? ([eE] [+-]? digits)?, NaN, INF, -INF. A sign, a point or both without digits read as 0,
 * as on Windows. WSX_OVERFLOW: well-formed, but out of range of the type; the caller decides (infinity or zero). */
template <class Real> static inline WsxRead wsx_read_real(const char *p, size_t length, Real *value)
{
    const char *end = p + length, *start = p;
    if (length == 0)
        return WSX_MALFORMED;
    bool negative = *p == '-';
    if (*p == '+' || *p == '-')
        p++;
    if (end - p == 3 && memcmp(p, "INF", 3) == 0 && *start != '+') {
        *value = negative ? -std::numeric_limits<Real>::infinity() : std::numeric_limits<Real>::infinity();
        return WSX_OK;
    }
    if (length == 3 && memcmp(start, "NaN", 3) == 0) {
        *value = std::numeric_limits<Real>::quiet_NaN();
        return WSX_OK;
    }
    const char *number = p;
    uint64_t mantissa = 0;
    p = wsx_take_digits(p, end, &mantissa);
    ptrdiff_t digits = p - number, scale = 0, exponent = 0;
    if (p < end && *p == '.') {
        const char *fraction = ++p;
        p = wsx_take_digits(p, end, &mantissa);
        scale = p - fraction;
        digits += scale;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        bool below = p < end && *p == '-';
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        const char *first = p;
        for (; p < end && (unsigned)(*p - '0') <= 9; p++)
            exponent = exponent < 100000 ? exponent * 10 + (*p - '0') : exponent;
        if (p == first || digits == 0)
            return WSX_MALFORMED;
        if (below)
            exponent = -exponent;
    }
    if (p != end)
        return WSX_MALFORMED;
    if (digits == 0) {
        *value = negative ? -(Real)0 : (Real)0;
        return WSX_OK;
    }
    Real result = 0;
    if (digits <= 19 && wsx_nearest(mantissa, exponent - scale, &result)) {
        *value = negative ? -result : result;
        return WSX_OK;
    }
    std::from_chars_result parsed = std::from_chars(number, end, result);
    if (parsed.ec == std::errc::result_out_of_range)
        return WSX_OVERFLOW;
    *value = negative ? -result : result;
    return WSX_OK;
}

#endif
