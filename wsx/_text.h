/* Characters: what XML allows, what must be escaped, and UTF-8 both ways.
 *
 * Char of XML 1.0 §2.2: #x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF].
 */
#ifndef WSX_TEXT_H
#define WSX_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__) || defined(_M_X64)
#include <emmintrin.h>
#define WSX_SSE2 1
#if defined(_MSC_VER)
#include <intrin.h>
static inline unsigned wsx_first_bit(unsigned mask) { unsigned long i; _BitScanForward(&i, mask); return (unsigned)i; }
#else
static inline unsigned wsx_first_bit(unsigned mask) { return (unsigned)__builtin_ctz(mask); }
#endif
#endif

/* Bytes that writers and readers may read or write beyond a run of text, so that blocks need no tail. */
enum { WSX_BLOCK = 16 };

/* memcmp(a, b, n) == 0 for the short names of a document, without a call. */
static inline bool wsx_same(const char *a, const char *b, size_t n)
{
    uint64_t x, y, last_x, last_y;
    uint32_t u, v, last_u, last_v;
    if (n >= 8) {
        if (n > 16)
            return memcmp(a, b, n) == 0;
        memcpy(&x, a, 8), memcpy(&y, b, 8), memcpy(&last_x, a + n - 8, 8), memcpy(&last_y, b + n - 8, 8);
        return !((x ^ y) | (last_x ^ last_y));
    }
    if (n >= 4) {
        memcpy(&u, a, 4), memcpy(&v, b, 4), memcpy(&last_u, a + n - 4, 4), memcpy(&last_v, b + n - 4, 4);
        return !((u ^ v) | (last_u ^ last_v));
    }
    return n == 0 || (a[0] == b[0] && a[n - 1] == b[n - 1] && a[n / 2] == b[n / 2]);
}

/* Is c, below 0x80, text that needs no escape? In attribute values also not the quote. */
static inline bool wsx_plain(unsigned c, bool attribute)
{
    return c >= 0x20 ? c != '<' && c != '>' && c != '&' && !(attribute && c == '"') : !attribute && (c == '\t' || c == '\n');
}

/* Writes the escape of c (below 0x20 or one of <>&") and returns its end; NULL when XML forbids the character.
 * CR in text, and TAB, LF, CR in attributes, are references, so that a reader's normalisation (XML 1.0 §2.11, §3.3.3)
 * does not change them. */
static inline char *wsx_escape(char *out, unsigned c, bool attribute)
{
#define WSX_PUT(text) (memcpy(out, text, sizeof(text) - 1), out + sizeof(text) - 1)
    switch (c) {
    case '<': return WSX_PUT("&lt;");
    case '>': return attribute ? (*out = '>', out + 1) : WSX_PUT("&gt;");
    case '&': return WSX_PUT("&amp;");
    case '"': return attribute ? WSX_PUT("&quot;") : (*out = '"', out + 1);
    case '\t': return attribute ? WSX_PUT("&#x9;") : (*out = '\t', out + 1);
    case '\n': return attribute ? WSX_PUT("&#xA;") : (*out = '\n', out + 1);
    case '\r': return WSX_PUT("&#xD;");
    }
    return NULL;
#undef WSX_PUT
}

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

/* Copies the leading bytes of source that need no escape and returns their number. It never reads
 * beyond length (a str object ends there); out must have room for length bytes. */
static inline size_t wsx_copy_plain(char *out, const char *source, size_t length, bool attribute)
{
    size_t i = 0;
#ifdef WSX_SSE2
    for (; i + WSX_BLOCK <= length; i += WSX_BLOCK) {
        __m128i v = _mm_loadu_si128((const __m128i *)(source + i));
        _mm_storeu_si128((__m128i *)(out + i), v);
        unsigned mask = wsx_special(v, attribute);
        if (mask)
            return i + wsx_first_bit(mask);
    }
    if (length >= WSX_BLOCK && i < length) {
        /* the last block again, from its end: what it repeats is known to be plain */
        size_t last = length - WSX_BLOCK;
        __m128i v = _mm_loadu_si128((const __m128i *)(source + last));
        _mm_storeu_si128((__m128i *)(out + last), v);
        unsigned mask = wsx_special(v, attribute);
        return mask ? last + wsx_first_bit(mask) : length;
    }
#endif
    for (; i < length; i++) {
        unsigned char c = (unsigned char)source[i];
        if (c < 0x80 && !wsx_plain(c, attribute))
            break;
        out[i] = (char)c;
    }
    return i;
}

/* Encodes units (UCS-1, UCS-2 or UCS-4) as escaped UTF-8 up to length units; returns how many were taken. It stops at
 * a character that XML forbids, then *bad is true. out must hold 6 bytes a unit. */
template <class Unit>
static inline size_t wsx_encode(char **out, const Unit *source, size_t length, bool attribute, int *bad)
{
    char *p = *out;
    size_t i = 0;
    for (; i < length; i++) {
        uint32_t c = source[i];
        if (c < 0x80) {
            if (wsx_plain(c, attribute)) {
                *p++ = (char)c;
                continue;
            }
            char *end = wsx_escape(p, c, attribute);
            if (end == NULL)
                break;
            p = end;
        } else if (c < 0x800) {
            *p++ = (char)(0xC0 | c >> 6);
            *p++ = (char)(0x80 | (c & 0x3F));
        } else if (c < 0x10000) {
            if ((c >= 0xD800 && c < 0xE000) || c >= 0xFFFE)
                break;
            *p++ = (char)(0xE0 | c >> 12);
            *p++ = (char)(0x80 | (c >> 6 & 0x3F));
            *p++ = (char)(0x80 | (c & 0x3F));
        } else {
            *p++ = (char)(0xF0 | c >> 18);
            *p++ = (char)(0x80 | (c >> 12 & 0x3F));
            *p++ = (char)(0x80 | (c >> 6 & 0x3F));
            *p++ = (char)(0x80 | (c & 0x3F));
        }
    }
    *bad = i < length;
    *out = p;
    return i;
}

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

static inline struct WsxInput wsx_check_input(const char *text, size_t length)
{
    const unsigned char *p = (const unsigned char *)text;
    struct WsxInput found = {length, true};
    size_t i = 0;
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

/* Number of leading bytes of text without '<', '&', CR and ']': character data that stands for itself. */
static inline size_t wsx_scan_text(const char *text, size_t length)
{
    size_t i = 0;
#ifdef WSX_SSE2
    const __m128i less = _mm_set1_epi8('<'), amp = _mm_set1_epi8('&'), cr = _mm_set1_epi8('\r'), bracket = _mm_set1_epi8(']');
    for (; i + WSX_BLOCK <= length; i += WSX_BLOCK) {
        __m128i v = _mm_loadu_si128((const __m128i *)(text + i));
        unsigned mask = (unsigned)_mm_movemask_epi8(
            _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, less), _mm_cmpeq_epi8(v, amp)),
                         _mm_or_si128(_mm_cmpeq_epi8(v, cr), _mm_cmpeq_epi8(v, bracket))));
        if (mask)
            return i + wsx_first_bit(mask);
    }
#endif
    for (; i < length; i++)
        if (text[i] == '<' || text[i] == '&' || text[i] == '\r' || text[i] == ']')
            break;
    return i;
}

static inline bool wsx_is_ascii(const char *text, size_t length)
{
    size_t i = 0;
    uint64_t seen = 0, word;
    for (; i + 8 <= length; i += 8) {
        memcpy(&word, text + i, 8);
        seen |= word;
    }
    for (; i < length; i++)
        seen |= (unsigned char)text[i];
    return !(seen & UINT64_C(0x8080808080808080));
}

/* NameStartChar and NameChar of XML 1.0 (5th edition) §2.3, without the colon (Namespaces in XML 1.0 §3, NCName). */
static inline bool wsx_name_start(uint32_t c)
{
    static const uint32_t ranges[][2] = {
        {'A', 'Z'}, {'_', '_'}, {'a', 'z'}, {0xC0, 0xD6}, {0xD8, 0xF6}, {0xF8, 0x2FF}, {0x370, 0x37D}, {0x37F, 0x1FFF},
        {0x200C, 0x200D}, {0x2070, 0x218F}, {0x2C00, 0x2FEF}, {0x3001, 0xD7FF}, {0xF900, 0xFDCF}, {0xFDF0, 0xFFFD},
        {0x10000, 0xEFFFF}};
    for (const auto &range : ranges)
        if (c >= range[0] && c <= range[1])
            return true;
    return false;
}

static inline bool wsx_name_char(uint32_t c)
{
    return wsx_name_start(c) || c == '-' || c == '.' || (c >= '0' && c <= '9') || c == 0xB7 ||
           (c >= 0x300 && c <= 0x36F) || (c >= 0x203F && c <= 0x2040);
}

/* Length in bytes of the NCName at text, which is checked UTF-8; 0 when there is none. */
static inline size_t wsx_scan_ncname(const char *text, size_t length)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t i = 0;
    while (i < length) {
        uint32_t c = p[i];
        size_t n = 1;
        if (c >= 0xF0)
            n = 4, c = (c & 7) << 18 | (p[i + 1] & 0x3Fu) << 12 | (p[i + 2] & 0x3Fu) << 6 | (p[i + 3] & 0x3Fu);
        else if (c >= 0xE0)
            n = 3, c = (c & 0xF) << 12 | (p[i + 1] & 0x3Fu) << 6 | (p[i + 2] & 0x3Fu);
        else if (c >= 0x80)
            n = 2, c = (c & 0x1F) << 6 | (p[i + 1] & 0x3Fu);
        if (!(i ? wsx_name_char(c) : wsx_name_start(c)))
            break;
        i += n;
    }
    return i;
}

/* Writes the UTF-8 of c, a legal character, and returns its end. */
static inline char *wsx_put_utf8(char *out, uint32_t c)
{
    int bad;
    if (c < 0x80) {
        *out = (char)c;
        return out + 1;
    }
    wsx_encode(&out, &c, 1, false, &bad);
    return out;
}

#endif
