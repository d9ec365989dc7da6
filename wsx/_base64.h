/* Base64 (RFC 4648) both ways; 24 bytes at a time where the processor has AVX2, which is found out when it runs. */
#ifndef WSX_BASE64_H
#define WSX_BASE64_H

#include <stddef.h>

#include <cstdint>
#include <cstring>

#include "_cpu.h"

/* The two characters of each 12-bit group, and the value of each character. */
struct WsxBase64 {
    char pair[8192];
    unsigned char value[256];
    constexpr WsxBase64() : pair(), value()
    {
        constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        for (int i = 0; i < 4096; i++) {
            pair[2 * i] = alphabet[i >> 6];
            pair[2 * i + 1] = alphabet[i & 63];
        }
        for (int i = 0; i < 256; i++)
            value[i] = 0xFF;
        for (int i = 0; i < 64; i++)
            value[(unsigned char)alphabet[i]] = (unsigned char)i;
    }
};
static constexpr WsxBase64 wsx_base64;

#ifdef WSX_AVX2
/* As many whole groups of 24 bytes as can be read 28 bytes at a time; returns how many bytes that were. */
WSX_FOR_AVX2 static inline size_t wsx_put_base64_blocks(char *out, const unsigned char *bytes, size_t length)
{
    const __m256i order = _mm256_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10,
                                           1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
    /* what to add to a value: by 0 for 26 to 51, 1 to 10 for the digits, 11 and 12 for + and /, 13 for 0 to 25 */
    const __m256i offsets = _mm256_setr_epi8('a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
                                             '0' - 52, '0' - 52, '0' - 52, '+' - 62, '/' - 63, 'A', 0, 0,
                                             'a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
                                             '0' - 52, '0' - 52, '0' - 52, '+' - 62, '/' - 63, 'A', 0, 0);
    size_t i = 0;
    for (; length - i >= 28; i += 24, out += 32) {
        __m256i v = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(bytes + i))),
                                            _mm_loadu_si128((const __m128i *)(bytes + i + 12)), 1);
        v = _mm256_shuffle_epi8(v, order); /* each three bytes a b c as b a c b; then six bits to each byte */
        __m256i odd = _mm256_mulhi_epu16(_mm256_and_si256(v, _mm256_set1_epi32(0x0FC0FC00)), _mm256_set1_epi32(0x04000040));
        __m256i even = _mm256_mullo_epi16(_mm256_and_si256(v, _mm256_set1_epi32(0x003F03F0)), _mm256_set1_epi32(0x01000010));
        v = _mm256_or_si256(odd, even);
        __m256i kind = _mm256_subs_epu8(v, _mm256_set1_epi8(51));
        kind = _mm256_or_si256(kind, _mm256_and_si256(_mm256_cmpgt_epi8(_mm256_set1_epi8(26), v), _mm256_set1_epi8(13)));
        _mm256_storeu_si256((__m256i *)out, _mm256_add_epi8(v, _mm256_shuffle_epi8(offsets, kind)));
    }
    return i;
}

/* As many groups of 32 characters of the alphabet as come, each followed by 16 more; returns how many characters that
 * were. 32 bytes are written for each 24. */
WSX_FOR_AVX2 static inline size_t wsx_read_base64_blocks(unsigned char *out, const char *text, size_t length)
{
    /* A character is wrong where a bit of its low half byte's row meets one of its high half byte's row. */
    const __m256i low_rows = _mm256_setr_epi8(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1A, 0x1B, 0x1B,
                                              0x1B, 0x1A, 0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1A,
                                              0x1B, 0x1B, 0x1B, 0x1A);
    const __m256i high_rows = _mm256_setr_epi8(0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10,
                                               0x10, 0x10, 0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10,
                                               0x10, 0x10, 0x10, 0x10);
    /* what to add to a character, by its high half byte; / by 1 */
    const __m256i offsets = _mm256_setr_epi8(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0,
                                             0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0);
    const __m256i order = _mm256_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1,
                                           2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
    const __m256i half = _mm256_set1_epi8(0x0F);
    size_t i = 0;
    for (; length - i >= 48; i += 32, out += 24) {
        __m256i v = _mm256_loadu_si256((const __m256i *)(text + i));
        __m256i high = _mm256_and_si256(_mm256_srli_epi32(v, 4), half), low = _mm256_and_si256(v, half);
        if (!_mm256_testz_si256(_mm256_shuffle_epi8(low_rows, low), _mm256_shuffle_epi8(high_rows, high)))
            break;
        __m256i slash = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('/'));
        v = _mm256_add_epi8(v, _mm256_shuffle_epi8(offsets, _mm256_add_epi8(slash, high)));
        v = _mm256_maddubs_epi16(v, _mm256_set1_epi32(0x01400140)); /* six bits of each byte together */
        v = _mm256_shuffle_epi8(_mm256_madd_epi16(v, _mm256_set1_epi32(0x00011000)), order);
        v = _mm256_permutevar8x32_epi32(v, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7));
        _mm256_storeu_si256((__m256i *)out, v);
    }
    return i;
}
#endif

/* Base64 with padding and without line breaks; out must hold 4 * ((length + 2) / 3) bytes. */
static inline char *wsx_put_base64(char *out, const unsigned char *bytes, size_t length)
{
#ifdef WSX_AVX2
    if (wsx_has_avx2()) {
        size_t done = wsx_put_base64_blocks(out, bytes, length);
        bytes += done, length -= done, out += done / 3 * 4;
    }
#endif
    for (; length >= 3; bytes += 3, length -= 3, out += 4) {
        unsigned group = (unsigned)bytes[0] << 16 | (unsigned)bytes[1] << 8 | bytes[2];
        memcpy(out, wsx_base64.pair + 2 * (group >> 12), 2);
        memcpy(out + 2, wsx_base64.pair + 2 * (group & 4095), 2);
    }
    if (length) {
        unsigned group = (unsigned)bytes[0] << 16 | (length == 2 ? (unsigned)bytes[1] << 8 : 0);
        memcpy(out, wsx_base64.pair + 2 * (group >> 12), 2);
        memcpy(out + 2, wsx_base64.pair + 2 * (group & 4095), 2);
        out[3] = '=';
        if (length == 1)
            out[2] = '=';
        out += 4;
    }
    return out;
}

/* Decodes base64 with XML white space between the characters allowed (XSD part 2, base64Binary); returns the number of
 * bytes, or -1 when it is malformed: another character, a wrong length, misplaced padding or non-zero spare bits.
 * out must hold 3 * (length / 4) + 3 bytes. */
static inline ptrdiff_t wsx_read_base64(unsigned char *out, const char *text, size_t length)
{
    unsigned char *start = out;
    unsigned group = 0, count = 0, padding = 0;
    for (size_t i = 0; i < length; i++) {
#ifdef WSX_AVX2
        if (count == 0 && length - i >= 48 && wsx_has_avx2()) {
            size_t done = wsx_read_base64_blocks(out, text + i, length - i);
            i += done, out += done / 4 * 3;
        }
#endif
        unsigned char c = (unsigned char)text[i];
        unsigned value = wsx_base64.value[c];
        if (value == 0xFF) {
            if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
                continue;
            if (c != '=' || count < 2)
                return -1;
            padding++;
            value = 0;
        } else if (padding)
            return -1;
        group = group << 6 | value;
        if (++count == 4) {
            if (padding > 2 || (padding && (group & (padding == 1 ? 0xFFu : 0xFFFFu))))
                return -1;
            *out++ = (unsigned char)(group >> 16);
            if (padding < 2)
                *out++ = (unsigned char)(group >> 8);
            if (padding < 1)
                *out++ = (unsigned char)group;
            if (padding) {
                for (i++; i < length; i++)
                    if (text[i] != ' ' && text[i] != '\t' && text[i] != '\n' && text[i] != '\r')
                        return -1;
                return out - start;
            }
            group = count = 0;
        }
    }
    return count ? -1 : out - start;
}

#endif
