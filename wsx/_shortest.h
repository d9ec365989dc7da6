/* The shortest decimal digits that read back as the same double.
 *
 * Schubfach (R. Giulietti, "The Schubfach way to render doubles", 2020): scaled by a power of ten, the interval that
 * rounds to the double holds a multiple of ten or else a whole number. A product of 192 bits settles which one, but where
 * the outcome is within its error: there the exact comparisons of the paper decide.
 */
#ifndef WSX_SHORTEST_H
#define WSX_SHORTEST_H

#include <cstdint>
#include <cstring>

#include "_number.h"

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#endif

struct WsxPair {
    uint64_t high, low;
};

static inline WsxPair wsx_product(uint64_t a, uint64_t b)
{
#if defined(__SIZEOF_INT128__)
    unsigned __int128 p = (unsigned __int128)a * b;
    return {(uint64_t)(p >> 64), (uint64_t)p};
#elif defined(_M_X64)
    WsxPair p;
    p.low = _umul128(a, b, &p.high);
    return p;
#else
    uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    uint64_t low = a0 * b0, middle = a1 * b0 + (low >> 32), other = a0 * b1 + (uint32_t)middle;
    return {a1 * b1 + (middle >> 32) + (other >> 32), other << 32 | (uint32_t)low};
#endif
}

static inline int wsx_leading_zeros(uint64_t n)
{
#if defined(_MSC_VER) && !defined(__clang__)
    int count = 0;
    for (; !(n >> 63); n <<= 1)
        count++;
    return count;
#else
    return __builtin_clzll(n);
#endif
}

/* The first 128 bits of 10**e, rounded up, for -292 <= e <= 324, computed exactly with numbers of 44 words. */
struct WsxPowers {
    enum { LEAST = -292, MOST = 324, WORDS = 44 };
    WsxPair power[MOST - LEAST + 1];

    WsxPowers()
    {
        uint32_t number[WORDS] = {1}; /* least significant word first */
        for (int e = 0; e <= MOST; e++) {
            power[e - LEAST] = leading(number);
            uint64_t carry = 0;
            for (uint32_t &word : number) {
                carry += (uint64_t)word * 10;
                word = (uint32_t)carry;
                carry >>= 32;
            }
        }
        memset(number, 0, sizeof(number));
        number[WORDS - 1] = 1u << 31; /* a power of two, divided by ten again and again: 10**-e without its end */
        for (int e = -1; e >= LEAST; e--) {
            uint64_t rest = 0;
            for (int i = WORDS - 1; i >= 0; i--) {
                rest = rest << 32 | number[i];
                number[i] = (uint32_t)(rest / 10);
                rest %= 10;
            }
            number[0] |= 1; /* it is never exact */
            power[e - LEAST] = leading(number);
        }
    }

    static WsxPair leading(const uint32_t *number)
    {
        int last = WORDS - 1, shift = 0;
        while (!number[last])
            last--;
        while (!(number[last] << shift & 1u << 31))
            shift++;
        uint32_t word[4];
        bool more = false;
        for (int i = 0; i < 4; i++) {
            uint32_t high = last >= i ? number[last - i] : 0, low = last > i ? number[last - i - 1] : 0;
            word[i] = shift ? high << shift | low >> (32 - shift) : high;
        }
        for (int i = last - 4; i >= 0; i--)
            more = more || (i == last - 4 ? number[i] << shift : number[i]) != 0;
        WsxPair pair = {(uint64_t)word[0] << 32 | word[1], (uint64_t)word[2] << 32 | word[3]};
        if (more && ++pair.low == 0)
            pair.high++;
        return pair;
    }
};
static const WsxPowers wsx_powers;

struct WsxDecimalDigits {
    uint64_t digits;
    int exponent; /* the number is digits * 10**exponent */
};

/* g * factor / 2**128, its last bit set when that is not exact. */
static inline uint64_t wsx_to_odd(WsxPair g, uint64_t factor)
{
    WsxPair x = wsx_product(g.low, factor), y = wsx_product(g.high, factor);
    y.low += x.high;
    y.high += y.low < x.high;
    return y.high | (y.low > 1);
}

/* The exact comparisons, in quarters of 10**k; c * 2**q is the double. */
static inline WsxDecimalDigits wsx_shortest_exact(uint64_t c, int shift, int k, WsxPair g, bool closer)
{
    uint64_t odd = c & 1;
    uint64_t least = wsx_to_odd(g, (4 * c - 2 + closer) << shift) + odd, most = wsx_to_odd(g, (4 * c + 2) << shift) - odd;
    uint64_t value = wsx_to_odd(g, 4 * c << shift), whole = value / 4;
    if (whole >= 10) {
        uint64_t tens = whole / 10;
        bool below = least <= 40 * tens, above = 40 * tens + 40 <= most;
        if (below != above)
            return {10 * (tens + above), k};
    }
    bool below = least <= 4 * whole, above = 4 * whole + 4 <= most;
    if (below != above)
        return {whole + above, k};
    uint64_t middle = 4 * whole + 2;
    return {whole + (value > middle || (value == middle && (whole & 1))), k};
}

/* Of a positive, finite double; there may be zeros at the end of the digits. */
static inline WsxDecimalDigits wsx_shortest(double number)
{
    uint64_t bits;
    memcpy(&bits, &number, 8);
    uint64_t c = bits & ((UINT64_C(1) << 52) - 1);
    int biased = (int)(bits >> 52);
    bool closer = c == 0 && biased > 1; /* the double below is nearer than the one above */
    int q = biased ? biased - 1075 : -1074;
    c |= (uint64_t)(biased != 0) << 52;
    int k = (q * 1262611 - (closer ? 524031 : 0)) >> 22;   /* floor(log10(2**q)), or of 3/4 of that */
    int shift = q + (-k * 1741647 >> 19) + 1;              /* 1741647 / 2**19: log2(10) */
    WsxPair g = wsx_powers.power[-k - WsxPowers::LEAST];
    if (!closer) {
        WsxPair x = wsx_product(g.low, c << shift), y = wsx_product(g.high, c << shift);
        y.low += x.high;
        y.high += y.low < x.high;
        /* In units of 2**-60: where the number is between two multiples of ten, and how far its interval reaches. */
        uint64_t ten = UINT64_C(10) << 60, half = g.high >> (5 - shift), tens = y.high / 10;
        uint64_t place = (y.high - 10 * tens) << 60 | y.low >> 4, up = ten - place;
        if (place - half + 2 > 4 && up - half + 2 > 4 && y.low - (UINT64_C(1) << 63) + 2 > 4) {
            uint64_t below = 0 - (uint64_t)(place < half), above = 0 - (uint64_t)(up < half); /* no jumps: at random */
            uint64_t ones = (y.high + (y.low >> 63)) & ~(below | above);
            return {ones | (10 * tens & below) | ((10 * tens + 10) & above), k};
        }
    }
    return wsx_shortest_exact(c, shift, k, g, closer);
}

/* Seventeen digits as characters, the first not 0: eight, eight and one, the first of each in the lowest byte. */
struct WsxDigitText {
    uint64_t words[3];
    int count;    /* those before the zeros at the end */
    int exponent; /* the decimal exponent of the first */
};

static inline WsxDigitText wsx_digit_text(double number)
{
    WsxDecimalDigits found = wsx_shortest(number);
    while (found.digits < UINT64_C(1000000000000000)) /* near zero */
        found.digits *= 10, found.exponent--;
    uint64_t few = 0 - (uint64_t)(found.digits < UINT64_C(10000000000000000)); /* no jump on it: it cannot be foreseen */
    found.digits += found.digits * 9 & few;
    found.exponent += (int)few;
    uint64_t first = found.digits / UINT64_C(10000000000000000), rest = found.digits % UINT64_C(10000000000000000);
    uint64_t high = wsx_8_digits((uint32_t)(rest / 100000000)), low = wsx_8_digits((uint32_t)(rest % 100000000));
    const uint64_t values = UINT64_C(0x0F0F0F0F0F0F0F0F);
    uint64_t last = low & values ? low & values : high & values;
    WsxDigitText text = {{('0' + first) | high << 8, high >> 56 | low << 8, low >> 56}, 1, found.exponent + 16};
    if (last)
        text.count = (low & values ? 17 : 9) - wsx_leading_zeros(last) / 8;
    return text;
}

#endif
