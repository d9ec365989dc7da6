/* Whole numbers, dates' digits and GUIDs as text, both ways; no allocation, no locale. */
#ifndef WSX_NUMBER_H
#define WSX_NUMBER_H

#include <stddef.h>

#include <cstdint>
#include <cstring>

/* The two digits of each number below 100. */
struct WsxDigits {
    char pair[200];
    constexpr WsxDigits() : pair()
    {
        for (int i = 0; i < 100; i++) {
            pair[2 * i] = (char)('0' + i / 10);
            pair[2 * i + 1] = (char)('0' + i % 10);
        }
    }
};
static constexpr WsxDigits wsx_digits;

static inline char *wsx_put_2(char *out, unsigned n)
{
    memcpy(out, wsx_digits.pair + 2 * n, 2);
    return out + 2;
}

static inline char *wsx_put_4(char *out, unsigned n) { return wsx_put_2(wsx_put_2(out, n / 100), n % 100); }

/* Decimal digits of n without padding, at most 20; 20 bytes are written in any case, since a copy of constant length
 * is faster than one of the right length. */
static inline char *wsx_put_uint64(char *out, uint64_t n)
{
    char digits[40], *p = digits + 20;
    while (n >= 100) {
        p -= 2;
        memcpy(p, wsx_digits.pair + 2 * (n % 100), 2);
        n /= 100;
    }
    if (n >= 10) {
        p -= 2;
        memcpy(p, wsx_digits.pair + 2 * n, 2);
    } else
        *--p = (char)('0' + n);
    memcpy(out, p, 20);
    return out + (digits + 20 - p);
}

static inline char *wsx_put_int64(char *out, int64_t n)
{
    if (n >= 0)
        return wsx_put_uint64(out, (uint64_t)n);
    *out = '-';
    return wsx_put_uint64(out + 1, 0 - (uint64_t)n);
}

/* coefficient * 10**exponent, the exponent from -28 to 0, without superfluous zeros; up to 64 bytes are written. */
static inline char *wsx_put_scaled(char *out, bool negative, uint64_t coefficient, int exponent)
{
    char digits[64];
    if (coefficient == 0) {
        *out = '0';
        return out + 1;
    }
    while (exponent < 0 && coefficient % 10 == 0)
        coefficient /= 10, exponent++;
    if (negative)
        *out++ = '-';
    if (exponent == 0)
        return wsx_put_uint64(out, coefficient);
    int count = (int)(wsx_put_uint64(digits, coefficient) - digits), whole = count + exponent;
    if (whole > 0) {
        memcpy(out, digits, 20);
        out += whole;
        *out++ = '.';
        memcpy(out, digits + whole, 20);
        return out + (count - whole);
    }
    memcpy(out, "0.000000000000000000000000000000", 32);
    out += 2 - whole;
    memcpy(out, digits, 20);
    return out + count;
}

/* Outcome of reading a number. */
enum WsxRead { WSX_OK, WSX_MALFORMED, WSX_OVERFLOW, WSX_JUST_ABOVE };

/* Digits only; leading zeros are fine. WSX_JUST_ABOVE: only the last digit makes it overflow, which Windows answers
 * with another code. */
static inline WsxRead wsx_read_uint64(const char *p, size_t length, uint64_t *value)
{
    if (length == 0)
        return WSX_MALFORMED;
    uint64_t n = 0;
    WsxRead outcome = WSX_OK;
    for (size_t i = 0; i < length; i++) {
        unsigned digit = (unsigned)(unsigned char)p[i] - '0';
        if (digit > 9)
            return WSX_MALFORMED;
        if (i >= 18 && outcome != WSX_OVERFLOW) {
            if (outcome == WSX_JUST_ABOVE || n > UINT64_MAX / 10)
                outcome = WSX_OVERFLOW;
            else if (n * 10 > UINT64_MAX - digit)
                outcome = WSX_JUST_ABOVE;
        }
        n = n * 10 + digit;
    }
    *value = n;
    return outcome;
}

/* '-'? digits; *negative tells the sign also of an overflow. */
static inline WsxRead wsx_read_int64(const char *p, size_t length, int64_t *value, int *negative)
{
    uint64_t n;
    *negative = length > 0 && p[0] == '-';
    WsxRead result = wsx_read_uint64(p + *negative, length - *negative, &n);
    if (result != WSX_OK)
        return result;
    if (n > (uint64_t)INT64_MAX + (unsigned)*negative)
        return n / 10 > (uint64_t)INT64_MAX / 10 ? WSX_OVERFLOW : WSX_JUST_ABOVE;
    *value = (int64_t)(*negative ? 0 - n : n);
    return WSX_OK;
}

/* 16 bytes as 8-4-4-4-12 lower-case hex digits. */
static inline char *wsx_put_guid(char *out, const unsigned char *bytes)
{
    static const char hex[] = "0123456789abcdef";
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *out++ = '-';
        *out++ = hex[bytes[i] >> 4];
        *out++ = hex[bytes[i] & 15];
    }
    return out;
}

static inline int wsx_hex(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Exactly 36 characters 8-4-4-4-12, either case. */
static inline bool wsx_read_guid(const char *text, size_t length, unsigned char *bytes)
{
    if (length != 36)
        return false;
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            if (*text++ != '-')
                return false;
        int high = wsx_hex((unsigned char)text[0]), low = wsx_hex((unsigned char)text[1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (unsigned char)(high << 4 | low);
        text += 2;
    }
    return true;
}

#endif
