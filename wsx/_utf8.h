/* UTF-8: are all characters of a document legal in XML, and the str of what is known to be legal.
 *
 * Char of XML 1.0 §2.2: #x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF].
 */
#ifndef WSX_UTF8_H
#define WSX_UTF8_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "_cpu.h"
#include "_text.h"

/* What a whole document consists of, found in one pass before it is read. */
struct WsxInput {
    size_t invalid;   /* offset of the first byte that is no legal character in UTF-8; the length when all are */
    bool ascii;       /* only ASCII */
};

/* Length of the legal UTF-8 sequence (Unicode table 3-7, without U+FFFE and U+FFFF) at p, 0 when it is not legal. */
static inline size_t wsx_utf8_length(const unsigned char *p, size_t left)
{
    unsigned c = p[0];
    if (c >= 0xC2 && c < 0xE0)
        return left >= 2 && (p[1] & 0xC0) == 0x80 ? 2 : 0;
    if (c >= 0xE0 && c < 0xF0) {
        if (left < 3 || (p[1] & 0xC0) != 0x80 || (p[2] & 0xC0) != 0x80)
            return 0;
        unsigned u = (c & 0xF) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
        return u >= 0x800 && !(u >= 0xD800 && u < 0xE000) && u < 0xFFFE ? 3 : 0;
    }
    if (c >= 0xF0 && c < 0xF5) {
        if (left < 4 || (p[1] & 0xC0) != 0x80 || (p[2] & 0xC0) != 0x80 || (p[3] & 0xC0) != 0x80)
            return 0;
        unsigned u = (c & 7) << 18 | (p[1] & 0x3Fu) << 12 | (p[2] & 0x3Fu) << 6 | (p[3] & 0x3Fu);
        return u >= 0x10000 && u < 0x110000 ? 4 : 0;
    }
    return 0;
}

#ifdef WSX_AVX2
/* How many bytes from the start are whole legal characters, counted in blocks of 32: the rest is left to the caller.
 * J. Keiser and D. Lemire, "Validating UTF-8 in less than one instruction per byte" (2020): three tables, by half bytes
 * of two neighbours, each say which faults are possible there; a fault is what all three say. */
WSX_FOR_AVX2 static inline size_t wsx_check_blocks(const unsigned char *p, size_t length, bool *ascii)
{
    enum {
        SHORT = 1, LONG = 2, OVERLONG_3 = 4, LARGE = 8, SURROGATE = 16, OVERLONG_2 = 32, LARGE_1000 = 64, OVERLONG_4 = 64,
        TWO_CONTINUE = 128, ANY_LOW = SHORT | LONG | TWO_CONTINUE, LOW_LARGE = ANY_LOW | LARGE | LARGE_1000,
        SECOND = LONG | OVERLONG_2 | TWO_CONTINUE
    };
#define WSX_TWICE(...) _mm256_broadcastsi128_si256(_mm_setr_epi8(__VA_ARGS__))
    const __m256i by_first_high = WSX_TWICE(
        LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG, (char)TWO_CONTINUE, (char)TWO_CONTINUE, (char)TWO_CONTINUE,
        (char)TWO_CONTINUE, SHORT | OVERLONG_2, SHORT, SHORT | OVERLONG_3 | SURROGATE, SHORT | LARGE | LARGE_1000);
    const __m256i by_first_low = WSX_TWICE(
        (char)(ANY_LOW | OVERLONG_3 | OVERLONG_2 | OVERLONG_4), (char)(ANY_LOW | OVERLONG_2), (char)ANY_LOW, (char)ANY_LOW,
        (char)(ANY_LOW | LARGE), (char)LOW_LARGE, (char)LOW_LARGE, (char)LOW_LARGE, (char)LOW_LARGE, (char)LOW_LARGE,
        (char)LOW_LARGE, (char)LOW_LARGE, (char)LOW_LARGE, (char)(LOW_LARGE | SURROGATE), (char)LOW_LARGE, (char)LOW_LARGE);
    const __m256i by_second_high = WSX_TWICE(
        SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, (char)(SECOND | OVERLONG_3 | LARGE_1000),
        (char)(SECOND | OVERLONG_3 | LARGE), (char)(SECOND | SURROGATE | LARGE), (char)(SECOND | SURROGATE | LARGE), SHORT,
        SHORT, SHORT, SHORT);
#undef WSX_TWICE
    const __m256i half = _mm256_set1_epi8(0x0F), control = _mm256_set1_epi8(0x1F);
    __m256i before = _mm256_setzero_si256(), fault = _mm256_setzero_si256();
    unsigned above_before = 0;
    size_t i = 0;
    for (; i + 32 <= length; i += 32) {
        __m256i v = _mm256_loadu_si256((const __m256i *)(p + i));
        __m256i low = _mm256_cmpeq_epi8(_mm256_min_epu8(v, control), v);
        if (!_mm256_testz_si256(low, low)) {
            __m256i allowed = _mm256_or_si256(_mm256_cmpeq_epi8(v, _mm256_set1_epi8('\n')),
                                              _mm256_or_si256(_mm256_cmpeq_epi8(v, _mm256_set1_epi8('\r')),
                                                              _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\t'))));
            fault = _mm256_andnot_si256(allowed, low);
            if (!_mm256_testz_si256(fault, fault))
                break;
        }
        unsigned above = (unsigned)_mm256_movemask_epi8(v);
        if (above | above_before) {
            __m256i joint = _mm256_permute2x128_si256(before, v, 0x21);
            __m256i one = _mm256_alignr_epi8(v, joint, 15), two = _mm256_alignr_epi8(v, joint, 14);
            __m256i three = _mm256_alignr_epi8(v, joint, 13);
            __m256i faults = _mm256_and_si256(
                _mm256_and_si256(_mm256_shuffle_epi8(by_first_high, _mm256_and_si256(_mm256_srli_epi16(one, 4), half)),
                                 _mm256_shuffle_epi8(by_first_low, _mm256_and_si256(one, half))),
                _mm256_shuffle_epi8(by_second_high, _mm256_and_si256(_mm256_srli_epi16(v, 4), half)));
            __m256i third = _mm256_subs_epu8(two, _mm256_set1_epi8((char)(0xE0 - 0x80)));
            __m256i fourth = _mm256_subs_epu8(three, _mm256_set1_epi8((char)(0xF0 - 0x80)));
            __m256i continues = _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8((char)0x80));
            __m256i last = _mm256_and_si256( /* U+FFFE and U+FFFF: EF BF, then BE or BF */
                _mm256_and_si256(_mm256_cmpeq_epi8(two, _mm256_set1_epi8((char)0xEF)),
                                 _mm256_cmpeq_epi8(one, _mm256_set1_epi8((char)0xBF))),
                _mm256_cmpeq_epi8(_mm256_or_si256(v, _mm256_set1_epi8(1)), _mm256_set1_epi8((char)0xBF)));
            fault = _mm256_or_si256(_mm256_xor_si256(faults, continues), last);
            if (!_mm256_testz_si256(fault, fault))
                break;
            *ascii = false;
        }
        above_before = above >> 29;
        before = v;
    }
    while (i > 0 && p[i - 1] >= 0x80) { /* back to where a character begins, perhaps one that has not come whole */
        i--;
        if (p[i] >= 0xC0)
            break;
    }
    return i;
}
#endif

static inline struct WsxInput wsx_check_input(const char *text, size_t length)
{
    const unsigned char *p = (const unsigned char *)text;
    struct WsxInput found = {length, true};
    size_t i = 0;
#ifdef WSX_AVX2
    if (wsx_has_avx2())
        i = wsx_check_blocks(p, length, &found.ascii);
#endif
    while (i < length) {
#ifdef WSX_SSE2
        const __m128i space = _mm_set1_epi8(0x20);
        while (i + WSX_BLOCK <= length) {
            /* signed compare: bytes above 0x7F are negative, so both kinds show up as less than a space */
            unsigned mask = (unsigned)_mm_movemask_epi8(
                _mm_cmplt_epi8(_mm_loadu_si128((const __m128i *)(p + i)), space));
            if (mask) {
                i += wsx_first_bit(mask);
                break;
            }
            i += WSX_BLOCK;
        }
        if (i >= length)
            break;
#endif
        unsigned c = p[i];
        if (c < 0x80) {
            if (c < 0x20 && c != '\t' && c != '\n' && c != '\r') {
                found.invalid = i;
                return found;
            }
            i++;
        } else {
            size_t n = wsx_utf8_length(p + i, length - i);
            found.ascii = false;
            if (n == 0) {
                found.invalid = i;
                return found;
            }
            i += n;
        }
    }
    return found;
}

/* Of legal UTF-8: how many characters, and a number as large as the largest in kind (0x7F, 0xFF, 0xFFFF, 0x10FFFF). */
struct WsxMeasure {
    size_t count;
    uint32_t most;
};

static inline struct WsxMeasure wsx_measure(const char *text, size_t length)
{
    unsigned char most = 0;
    size_t count = 0, i = 0;
#ifdef WSX_SSE2
    const __m128i continued = _mm_set1_epi8((char)0xBF);
    __m128i greatest = _mm_setzero_si128(), sums = _mm_setzero_si128();
    while (i + WSX_BLOCK <= length) {
        __m128i counts = _mm_setzero_si128();
        size_t until = length - i > 255 * WSX_BLOCK ? i + 255 * WSX_BLOCK : length;
        for (; i + WSX_BLOCK <= until; i += WSX_BLOCK) {
            __m128i v = _mm_loadu_si128((const __m128i *)(text + i));
            counts = _mm_sub_epi8(counts, _mm_cmpgt_epi8(v, continued)); /* signed: 80 to BF are the least */
            greatest = _mm_max_epu8(greatest, v);
        }
        sums = _mm_add_epi64(sums, _mm_sad_epu8(counts, _mm_setzero_si128()));
    }
    uint64_t sum[2];
    unsigned char bytes[16];
    memcpy(sum, &sums, 16);
    memcpy(bytes, &greatest, 16);
    count = (size_t)(sum[0] + sum[1]);
    for (unsigned char c : bytes)
        most = c > most ? c : most;
#endif
    for (; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        count += (c & 0xC0) != 0x80;
        most = c > most ? c : most;
    }
    struct WsxMeasure found = {count, most < 0x80 ? 0x7Fu : most < 0xC4 ? 0xFFu : most < 0xF0 ? 0xFFFFu : 0x10FFFFu};
    return found;
}

/* The characters of legal UTF-8, count of them, in units that hold the largest. Runs of one class are the rule. */
template <class Unit> static inline void wsx_decode(Unit *out, size_t count, const char *text, size_t length)
{
    const unsigned char *p = (const unsigned char *)text, *end = p + length;
    Unit *out_end = out + count;
    while (p < end) {
        if (*p < 0x80) {
            uint64_t word;
            while (end - p >= 8 && out_end - out >= 8) {
                memcpy(&word, p, 8);
                for (int i = 0; i < 8; i++)
                    out[i] = p[i];
                word &= UINT64_C(0x8080808080808080);
                if (word)
                    break;
                p += 8, out += 8;
            }
            for (; p < end && *p < 0x80; p++)
                *out++ = *p;
        } else if (*p < 0xE0) {
            for (; p < end && (*p & 0xE0) == 0xC0; p += 2)
                *out++ = (Unit)((p[0] & 0x1Fu) << 6 | (p[1] & 0x3Fu));
        } else if (*p < 0xF0) {
            for (; p < end && (*p & 0xF0) == 0xE0; p += 3)
                *out++ = (Unit)((p[0] & 0xFu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu));
        } else {
            for (; p < end && *p >= 0xF0; p += 4)
                *out++ = (Unit)((p[0] & 7u) << 18 | (p[1] & 0x3Fu) << 12 | (p[2] & 0x3Fu) << 6 | (p[3] & 0x3Fu));
        }
    }
}

#endif
