/* ASCII text, escaped, in blocks: what most of most documents is. */
#ifndef WSX_ASCII_H
#define WSX_ASCII_H

#include "_text.h"

#ifdef WSX_SSE2
/* One bit for each byte that is not plain text (some of them, TAB and LF, are after a closer look). */
static inline unsigned wsx_special(__m128i v, bool attribute)
{
    const __m128i control = _mm_set1_epi8(0x1f), quote = _mm_set1_epi8(attribute ? '"' : '<');
    __m128i hit = _mm_or_si128(
        _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('<')), _mm_cmpeq_epi8(v, _mm_set1_epi8('>'))),
        _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('&')), _mm_cmpeq_epi8(v, quote)));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(hit, _mm_cmpeq_epi8(_mm_min_epu8(v, control), v)));
}
#endif

/* The escapes of the characters below 0x40, text as wsx_escape has it; length 0 for what XML forbids. */
struct WsxEscapes {
    char text[2][64][8];
    unsigned char length[2][64];
    WsxEscapes()
    {
        memset(text, 0, sizeof(text));
        for (unsigned attribute = 0; attribute < 2; attribute++)
            for (unsigned c = 0; c < 64; c++) {
                char *at = text[attribute][c], *end = c >= 0x20 && wsx_plain(c, attribute) ? (*at = (char)c, at + 1)
                                                                                         : wsx_escape(at, c, attribute);
                length[attribute][c] = (unsigned char)(end ? end - at : 0);
            }
    }
};
static const WsxEscapes wsx_escapes;

/* Escapes ASCII: writes from *out on while what is left of it fits before limit as it is, which must hold when it is
 * called; behind limit there must be room for WSX_BLOCK bytes more. Returns how many bytes of source that were: all, or
 * those before a character that XML forbids, or else those for which there was room. It never reads beyond length. */
template <bool attribute>
static inline size_t wsx_put_ascii(char **out, const char *limit, const char *source, size_t length)
{
    char *p = *out;
    size_t i = 0;
    while (i < length && (size_t)(limit - p) >= length - i) {
        size_t left = length - i, n;
#ifdef WSX_SSE2
        __m128i v;
        unsigned mask;
        if (left >= 2 * WSX_BLOCK) {
            __m128i next = _mm_loadu_si128((const __m128i *)(source + i + WSX_BLOCK));
            v = _mm_loadu_si128((const __m128i *)(source + i));
            mask = wsx_special(v, attribute) | wsx_special(next, attribute) << WSX_BLOCK;
            _mm_storeu_si128((__m128i *)(p + WSX_BLOCK), next);
        } else if (left >= WSX_BLOCK) {
            v = _mm_loadu_si128((const __m128i *)(source + i));
            mask = wsx_special(v, attribute);
        } else { /* the last bytes, each read once or twice, without a read beyond them */
            uint64_t low = 0, high = 0;
            const char *q = source + i;
            if (left >= 8) {
                memcpy(&low, q, 8);
                memcpy(&high, q + left - 8, 8);
                high = left == 8 ? 0 : high >> (8 * (WSX_BLOCK - left));
            } else if (left >= 4) {
                uint32_t a, b;
                memcpy(&a, q, 4);
                memcpy(&b, q + left - 4, 4);
                low = a | (uint64_t)b << (8 * (left - 4));
            } else
                low = (unsigned char)q[0] | (uint64_t)(unsigned char)q[left / 2] << (8 * (left / 2)) |
                      (uint64_t)(unsigned char)q[left - 1] << (8 * (left - 1));
            v = _mm_set_epi64x((long long)high, (long long)low);
            mask = wsx_special(v, attribute) & ((1u << left) - 1);
        }
        _mm_storeu_si128((__m128i *)p, v);
        n = mask ? wsx_first_bit(mask) : left >= 2 * WSX_BLOCK ? 2 * WSX_BLOCK : left < WSX_BLOCK ? left : WSX_BLOCK;
        p += n, i += n;
        if (!mask)
            continue;
#else
        for (n = 0; n < left && wsx_plain((unsigned char)source[i + n], attribute); n++)
            p[n] = source[i + n];
        p += n, i += n;
        if (n == left)
            continue;
#endif
        unsigned char c = (unsigned char)source[i] & 63;
        memcpy(p, wsx_escapes.text[attribute][c], 8);
        p += wsx_escapes.length[attribute][c];
        if (!wsx_escapes.length[attribute][c])
            break;
        i++;
    }
    *out = p;
    return i;
}

#endif
