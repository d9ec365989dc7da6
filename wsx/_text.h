/* Characters: what must be escaped, what is text, what is a name. */
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

/* Number of leading bytes of text without '<', '&', CR and `]]>`: character data that stands for itself. */
static inline size_t wsx_scan_text(const char *text, size_t length)
{
    size_t i = 0;
#ifdef WSX_SSE2
    const __m128i less = _mm_set1_epi8('<'), amp = _mm_set1_epi8('&'), cr = _mm_set1_epi8('\r'), more = _mm_set1_epi8('>');
    for (; i + WSX_BLOCK <= length; i += WSX_BLOCK) {
        __m128i v = _mm_loadu_si128((const __m128i *)(text + i));
        unsigned mask = (unsigned)_mm_movemask_epi8(
            _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, less), _mm_cmpeq_epi8(v, amp)),
                         _mm_or_si128(_mm_cmpeq_epi8(v, cr), _mm_cmpeq_epi8(v, more))));
        for (; mask; mask &= mask - 1) {
            size_t place = i + wsx_first_bit(mask);
            if (text[place] != '>')
                return place;
            if (place >= 2 && text[place - 1] == ']' && text[place - 2] == ']')
                return place - 2;
        }
    }
#endif
    for (; i < length; i++) {
        if (text[i] == '<' || text[i] == '&' || text[i] == '\r')
            return i;
        if (text[i] == '>' && i >= 2 && text[i - 1] == ']' && text[i - 2] == ']')
            return i - 2;
    }
    return i;
}

/* Copies text as wsx_scan_text does, with `&amp;`, `&lt;` and `&gt;` replaced by what they stand for, to out, which has
 * room for `room` bytes; returns how many bytes of text that were. It stops short where the room or the text may end
 * within the next block. */
static inline size_t wsx_copy_text(char **out, size_t room, const char *text, size_t length)
{
    char *p = *out, *limit = *out + room;
    size_t i = 0;
    while (length - i >= WSX_BLOCK && (size_t)(limit - p) >= WSX_BLOCK) {
#ifdef WSX_SSE2
        __m128i v = _mm_loadu_si128((const __m128i *)(text + i));
        _mm_storeu_si128((__m128i *)p, v);
        unsigned mask = (unsigned)_mm_movemask_epi8(_mm_or_si128(
            _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('<')), _mm_cmpeq_epi8(v, _mm_set1_epi8('&'))),
            _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('\r')), _mm_cmpeq_epi8(v, _mm_set1_epi8('>')))));
        unsigned n = mask ? wsx_first_bit(mask) : WSX_BLOCK;
#else
        unsigned n = 0;
        for (; n < WSX_BLOCK && text[i + n] != '<' && text[i + n] != '&' && text[i + n] != '\r' && text[i + n] != '>'; n++)
            p[n] = text[i + n];
#endif
        i += n, p += n;
        if (n == WSX_BLOCK)
            continue;
        if (text[i] == '>') {
            if (i >= 2 && text[i - 1] == ']' && text[i - 2] == ']')
                break;
            *p++ = text[i++];
            continue;
        }
        if (text[i] != '&' || length - i < 5)
            break;
        uint32_t name, amp_name, less_name, more_name; /* compared without a jump: which it is cannot be foreseen */
        memcpy(&name, text + i, 4), memcpy(&less_name, "&lt;", 4), memcpy(&more_name, "&gt;", 4), memcpy(&amp_name, "&amp", 4);
        unsigned less = name == less_name, more = name == more_name, amp = (name == amp_name) & (text[i + 4] == ';');
        if (!(amp | less | more))
            break;
        *p++ = (char)(((0 - amp) & '&') | ((0 - less) & '<') | ((0 - more) & '>'));
        i += 4 + amp;
    }
    for (int back = 0; back < 2 && i && text[i - 1] == ']'; back++) /* which may begin `]]>` */
        i--, p--;
    *out = p;
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

/* Of each ASCII character: can a name begin with it (1), or go on with it (2)? */
struct WsxNames {
    unsigned char kind[128];
    constexpr WsxNames() : kind()
    {
        for (int c = 0; c < 128; c++) {
            bool start = (c >= 'A' && c <= 'Z') || c == '_' || (c >= 'a' && c <= 'z');
            kind[c] = (unsigned char)(start ? 3 : c == '-' || c == '.' || (c >= '0' && c <= '9') ? 2 : 0);
        }
    }
};
static constexpr WsxNames wsx_names;

/* Length in bytes of the NCName at text, which is checked UTF-8; 0 when there is none. */
static inline size_t wsx_scan_ncname(const char *text, size_t length)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t i = 0;
    unsigned wanted = 1;
    while (i < length) {
        uint32_t c = p[i];
        size_t n = 1;
        if (c < 0x80) {
            if (!(wsx_names.kind[c] & wanted))
                break;
            wanted = 2;
            i++;
            continue;
        }
        if (c >= 0xF0)
            n = 4, c = (c & 7) << 18 | (p[i + 1] & 0x3Fu) << 12 | (p[i + 2] & 0x3Fu) << 6 | (p[i + 3] & 0x3Fu);
        else if (c >= 0xE0)
            n = 3, c = (c & 0xF) << 12 | (p[i + 1] & 0x3Fu) << 6 | (p[i + 2] & 0x3Fu);
        else
            n = 2, c = (c & 0x1F) << 6 | (p[i + 1] & 0x3Fu);
        if (!(i ? wsx_name_char(c) : wsx_name_start(c)))
            break;
        wanted = 2;
        i += n;
    }
    return i;
}

/* Length of what precedes the quote that ends an attribute value, length where none does; *plain when there is nothing in
 * it that needs a closer look: `<`, `&` and white space but blanks. */
static inline size_t wsx_scan_value(const char *text, size_t length, char quote, bool *plain)
{
    size_t i = 0;
    *plain = true;
#ifdef WSX_SSE2
    const __m128i control = _mm_set1_epi8(0x1f), less = _mm_set1_epi8('<'), amp = _mm_set1_epi8('&');
    const __m128i close = _mm_set1_epi8(quote);
    for (; i + WSX_BLOCK <= length; i += WSX_BLOCK) {
        __m128i v = _mm_loadu_si128((const __m128i *)(text + i));
        unsigned end = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, close));
        unsigned look = (unsigned)_mm_movemask_epi8(_mm_or_si128(
            _mm_or_si128(_mm_cmpeq_epi8(v, less), _mm_cmpeq_epi8(v, amp)), _mm_cmpeq_epi8(_mm_min_epu8(v, control), v)));
        if (end)
            look &= (end & (0u - end)) - 1;
        if (look)
            *plain = false;
        if (end)
            return i + wsx_first_bit(end);
    }
#endif
    for (; i < length && text[i] != quote; i++)
        if (text[i] == '<' || text[i] == '&' || (unsigned char)text[i] < 0x20)
            *plain = false;
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
