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

/* Eight decimal digits of n, as characters in a word whose first byte in memory is the first digit. */
static inline uint64_t wsx_8_digits(uint32_t n)
{
    uint64_t v = n / 10000 | (uint64_t)(n % 10000) << 32, high;
    high = v * 10486 >> 20 & UINT64_C(0x0000007F0000007F);
    v = high | (v - 100 * high) << 16;
    high = v * 103 >> 10 & UINT64_C(0x000F000F000F000F);
    return (high | (v - 10 * high) << 8) | UINT64_C(0x3030303030303030);
}

/* A word to memory, its lowest byte first. */
static inline void wsx_put_word(char *out, uint64_t v)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    memcpy(out, &v, 8);
}

static inline int wsx_trailing_zeros(uint64_t n)
{
#if defined(_MSC_VER) && !defined(__clang__)
    int count = 0;
    for (; !(n & 1); n >>= 1)
        count++;
    return count;
#else
    return __builtin_ctzll(n);
#endif
}

/* The digits of n, below 10**8, without zeros before them; 8 bytes are written. */
static inline char *wsx_put_few(char *out, uint32_t n)
{
    uint64_t v = wsx_8_digits(n);
    int zeros = wsx_trailing_zeros((v & UINT64_C(0x0F0F0F0F0F0F0F0F)) | UINT64_C(1) << 56) & ~7;
    wsx_put_word(out, v >> zeros);
    return out + 8 - zeros / 8;
}

/* Decimal digits of n without padding, at most 20; 8 bytes are written at least. */
static inline char *wsx_put_uint64(char *out, uint64_t n)
{
    if (n < 100000000)
        return wsx_put_few(out, (uint32_t)n);
    uint64_t high = n / 100000000;
    if (high < 100000000)
        out = wsx_put_few(out, (uint32_t)high);
    else {
        out = wsx_put_few(out, (uint32_t)(high / 100000000));
        wsx_put_word(out, wsx_8_digits((uint32_t)(high % 100000000)));
        out += 8;
    }
    wsx_put_word(out, wsx_8_digits((uint32_t)(n % 100000000)));
    return out + 8;
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

/* Appends the digits at p to a number; it overflows beyond 19 of them. */
static inline const char *wsx_take_digits(const char *p, const char *end, uint64_t *number)
{
    uint64_t n = *number;
#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    while (end - p >= 8) {
        uint64_t v;
        memcpy(&v, p, 8);
        v ^= UINT64_C(0x3030303030303030);
        if ((v | (v + UINT64_C(0x0606060606060606))) & UINT64_C(0xF0F0F0F0F0F0F0F0))
            break;
        v = v * 10 + (v >> 8); /* the bytes become numbers of two digits, then of four, then of eight */
        v = ((v & UINT64_C(0x000000FF000000FF)) * UINT64_C(0x000F424000000064) +
             (v >> 16 & UINT64_C(0x000000FF000000FF)) * UINT64_C(0x0000271000000001)) >> 32;
        n = n * 100000000 + v;
        p += 8;
    }
#endif
    for (; p < end && (unsigned)(*p - '0') <= 9; p++)
        n = n * 10 + (unsigned)(*p - '0');
    *number = n;
    return p;
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
    if (length <= 18) {
        *value = 0;
        return wsx_take_digits(p, p + length, value) == p + length ? WSX_OK : WSX_MALFORMED;
    }
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

/* The two hexadecimal digits of each byte, and the value of each character that is such a digit, else 0x80. */
struct WsxHex {
    char pair[512];
    unsigned char value[256];
    constexpr WsxHex() : pair(), value()
    {
        constexpr char digits[] = "0123456789abcdef";
        for (int i = 0; i < 256; i++) {
            pair[2 * i] = digits[i >> 4];
            pair[2 * i + 1] = digits[i & 15];
            value[i] = 0x80;
        }
        for (int i = 0; i < 16; i++) {
            value[(unsigned char)digits[i]] = (unsigned char)i;
            if (i >= 10)
                value[(unsigned char)digits[i] - 0x20] = (unsigned char)i;
        }
    }
};
static constexpr WsxHex wsx_hex;

/* 16 bytes as 8-4-4-4-12 lower-case hex digits. */
static inline char *wsx_put_guid(char *out, const unsigned char *bytes)
{
#define WSX_PAIR(place, i) memcpy(out + place, wsx_hex.pair + 2 * bytes[i], 2)
    WSX_PAIR(0, 0), WSX_PAIR(2, 1), WSX_PAIR(4, 2), WSX_PAIR(6, 3), out[8] = '-';
    WSX_PAIR(9, 4), WSX_PAIR(11, 5), out[13] = '-', WSX_PAIR(14, 6), WSX_PAIR(16, 7), out[18] = '-';
    WSX_PAIR(19, 8), WSX_PAIR(21, 9), out[23] = '-', WSX_PAIR(24, 10), WSX_PAIR(26, 11), WSX_PAIR(28, 12);
    WSX_PAIR(30, 13), WSX_PAIR(32, 14), WSX_PAIR(34, 15);
#undef WSX_PAIR
    return out + 36;
}

/* Exactly 36 characters 8-4-4-4-12, either case. */
static inline bool wsx_read_guid(const char *text, size_t length, unsigned char *bytes)
{
    if (length != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-')
        return false;
    static constexpr unsigned char places[] = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};
    unsigned seen = 0;
    for (unsigned i = 0; i < 16; i++) {
        unsigned high = wsx_hex.value[(unsigned char)text[places[i]]], low = wsx_hex.value[(unsigned char)text[places[i] + 1]];
        seen |= high | low;
        bytes[i] = (unsigned char)(high << 4 | low);
    }
    return !(seen & 0x80);
}

#endif
