/* Where the tokens of a document end, found while its bytes come: each of them is looked at once.
 *
 * A reader of a document in pieces is shown what ends with a complete tag, comment, processing instruction or CDATA
 * section: inside of that nothing can turn out otherwise when more comes. What no reader can take is shown at once,
 * complete or not, so that it is refused by the rule that it breaks.
 */
#ifndef WSX_TOKENS_H
#define WSX_TOKENS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "_text.h"

enum WsxTokenState {
    WSX_TEXT,
    WSX_LESS,           /* behind `<` */
    WSX_TAG,
    WSX_VALUE,          /* of an attribute */
    WSX_END_TAG,
    WSX_INSTRUCTION,
    WSX_BANG,           /* behind `<!`, and what begins a comment, CDATA or DOCTYPE */
    WSX_COMMENT,
    WSX_CDATA
};

/* The quotas that hold inside one token. */
struct WsxTokenLimits {
    ptrdiff_t name_length, text_length, attributes;
};

struct WsxTokens {
    ptrdiff_t seen;         /* bytes of the buffer that were looked at */
    ptrdiff_t complete;     /* of these, up to the end of the last complete markup */
    ptrdiff_t tags;         /* how many tags are complete */
    ptrdiff_t depth;        /* elements open behind them */
    ptrdiff_t low;          /* the lowest depth since somebody set it */
    bool refused;           /* the token that is not complete cannot be taken, whatever follows */
    enum WsxTokenState state;
    ptrdiff_t run;          /* length so far of a name, value or text */
    ptrdiff_t attributes;
    ptrdiff_t matched;      /* characters of what ends or begins the token that were met */
    char quote, last;       /* the last character of a tag that is no white space */
};

/* Bytes of text that stand for themselves: a lower bound of what the text is long without its references. */
static inline ptrdiff_t wsx_plain_length(const char *text, ptrdiff_t length)
{
    ptrdiff_t plain = 0;
    bool reference = false;
    for (ptrdiff_t i = 0; i < length; i++) {
        if (text[i] == '&')
            reference = true;
        else if (text[i] == ';' && reference)
            reference = false;
        else
            plain += !reference && text[i] != '\r';
    }
    return plain;
}

/* Can no name begin with that byte? */
static inline bool wsx_no_name(char c)
{
    return (unsigned char)c < 0x80 && !wsx_name_start((unsigned char)c);
}

static inline void wsx_token_complete(struct WsxTokens *t, ptrdiff_t end, int deeper)
{
    t->complete = end;
    t->depth += deeper;
    if (t->depth < t->low)
        t->low = t->depth;
    t->state = WSX_TEXT;
    t->run = 0;
}

/* One character of a start tag, outside of values. */
static inline void wsx_tag_character(struct WsxTokens *t, char c, ptrdiff_t end, const struct WsxTokenLimits *limits)
{
    switch (c) {
    case '>':
        t->tags++;
        wsx_token_complete(t, end, t->last != '/');
        return;
    case '"':
    case '\'':
        t->refused = t->last != '=' || ++t->attributes > limits->attributes;
        t->state = WSX_VALUE;
        t->quote = c;
        t->run = 0;
        break;
    case '<':
        t->refused = true;
        break;
    case ' ':
    case '\t':
    case '\r':
    case '\n':
        t->run = 0;
        return;
    case '=':
        t->run = 0;
        break;
    default:
        t->refused = c != '/' && ++t->run > limits->name_length;
    }
    t->last = c;
}

/* One character behind `<!`. */
static inline void wsx_bang_character(struct WsxTokens *t, char c)
{
    static const char *const beginnings[] = {"--", "[CDATA[", "DOCTYPE"};
    const char *wanted;
    if (t->matched == 0)
        t->quote = c;
    wanted = beginnings[t->quote == '-' ? 0 : t->quote == '[' ? 1 : 2];
    if (wanted[t->matched] != c) {
        t->refused = true;
        return;
    }
    if (wanted[++t->matched])
        return;
    t->refused = t->quote == 'D';
    t->state = t->quote == '-' ? WSX_COMMENT : WSX_CDATA;
    t->matched = t->run = 0;
}

/* Where the tag whose name begins at `from` ends when it is a name and `>`, as most are; 0 when it is another one. */
static inline ptrdiff_t wsx_bare_tag_end(const char *buffer, ptrdiff_t from, ptrdiff_t filled, ptrdiff_t most)
{
    const uint64_t others = (uint64_t)1 << '>' | (uint64_t)1 << '<' | (uint64_t)1 << '=' | (uint64_t)1 << '/' |
                            (uint64_t)1 << '"' | (uint64_t)1 << '\'' | (uint64_t)1 << ' ' | (uint64_t)1 << '\t' |
                            (uint64_t)1 << '\r' | (uint64_t)1 << '\n';
    ptrdiff_t i = from;
    while (i < filled && ((unsigned char)buffer[i] > '>' || !(others >> (unsigned char)buffer[i] & 1)))
        i++;
    return i < filled && buffer[i] == '>' && i > from && i - from <= most ? i + 1 : 0;
}

/* Looks at the bytes of the buffer that were added. */
static inline void wsx_look_ahead(struct WsxTokens *t, const char *buffer, ptrdiff_t filled,
                                  const struct WsxTokenLimits *limits)
{
    ptrdiff_t i = t->seen, end;
    const char *found;
    while (i < filled && !t->refused) {
        char c = buffer[i];
        switch (t->state) {
        case WSX_TEXT:
            found = (const char *)memchr(buffer + i, '<', (size_t)(filled - i));
            i = found ? found - buffer : filled;
            if (!found) {
                if (i - t->complete > limits->text_length && i - t->complete >= t->run) {
                    t->refused = wsx_plain_length(buffer + t->complete, i - t->complete) > limits->text_length;
                    t->run = 2 * (i - t->complete); /* when to count again */
                }
                continue;
            }
            t->state = WSX_LESS;
            break;
        case WSX_LESS:
            end = c == '!' || c == '?' || wsx_no_name(c == '/' ? 'a' : c)
                      ? 0
                      : wsx_bare_tag_end(buffer, i + (c == '/'), filled, limits->name_length);
            if (end) {
                t->tags++;
                wsx_token_complete(t, end, c == '/' ? -1 : 1);
                i = end;
                continue;
            }
            t->run = t->attributes = t->matched = 0;
            t->last = c;
            if (c == '/') {
                t->state = WSX_END_TAG;
            } else if (c == '!') {
                t->state = WSX_BANG;
            } else if (c == '?') {
                t->state = WSX_INSTRUCTION;
            } else {
                t->refused = wsx_no_name(c);
                t->state = WSX_TAG;
                t->last = ' ';
                continue;
            }
            break;
        case WSX_TAG:
            wsx_tag_character(t, c, i + 1, limits);
            break;
        case WSX_VALUE:
            found = (const char *)memchr(buffer + i, t->quote, (size_t)(filled - i));
            t->run += (found ? found - buffer : filled) - i;
            i = found ? found - buffer : filled;
            t->refused = t->run > limits->text_length;
            if (!found)
                continue;
            t->state = WSX_TAG;
            t->run = 0;
            break;
        case WSX_END_TAG:
            if (c == '>') {
                t->tags++;
                wsx_token_complete(t, i + 1, -1);
            } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
                t->run = 0;
            } else {
                t->refused = c == '<' || ++t->run > limits->name_length;
            }
            break;
        case WSX_INSTRUCTION:
            t->refused = t->run++ == 0 && wsx_no_name(c);
            if (c == '>' && t->matched)
                wsx_token_complete(t, i + 1, 0);
            else
                t->matched = c == '?';
            break;
        case WSX_BANG:
            wsx_bang_character(t, c);
            break;
        case WSX_COMMENT:
            if (t->matched == 2) {
                t->refused = c != '>';
                wsx_token_complete(t, i + 1, 0);
            } else if (c == '-') {
                t->matched++;
            } else {
                t->matched = 0;
                found = (const char *)memchr(buffer + i, '-', (size_t)(filled - i));
                i = found ? found - buffer : filled;
                continue;
            }
            break;
        case WSX_CDATA:
            t->run++;
            if (c == '>' && t->matched == 2)
                wsx_token_complete(t, i + 1, 0);
            else if (c == ']')
                t->matched += t->matched < 2;
            else
                t->matched = 0;
            /* a line end of two characters is one of the text */
            t->refused = t->refused || t->run / 2 > limits->text_length;
            break;
        }
        i++;
    }
    t->seen = i;
}

/* Can these bytes, which are no legal UTF-8, be the beginning of a character (Unicode table 3-7)? */
static inline bool wsx_unfinished_utf8(const char *text, ptrdiff_t length)
{
    const unsigned char *p = (const unsigned char *)text;
    unsigned c = p[0];
    ptrdiff_t whole = c >= 0xC2 && c < 0xE0 ? 2 : c >= 0xE0 && c < 0xF0 ? 3 : c >= 0xF0 && c < 0xF5 ? 4 : 0;
    if (length >= whole)
        return false;
    for (ptrdiff_t i = 1; i < length; i++)
        if ((p[i] & 0xC0) != 0x80)
            return false;
    if (length == 1)
        return true;
    return !((c == 0xE0 && p[1] < 0xA0) || (c == 0xED && p[1] > 0x9F) || (c == 0xF0 && p[1] < 0x90) ||
             (c == 0xF4 && p[1] > 0x8F));
}

#endif
