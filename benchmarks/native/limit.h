// What a C++ programmer writes by hand for one schema: no library between the structs and the bytes.
#pragma once
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

struct Decimal { int64_t mantissa; int scale; };  // mantissa / 10^scale
struct DateTime { int16_t year; uint8_t month, day, hour, minute, second; int32_t microsecond; };  // UTC
struct Guid { uint8_t bytes[16]; };

[[noreturn]] inline void fail(const char* what) { std::fprintf(stderr, "%s\n", what); std::exit(1); }

// --- writing --------------------------------------------------------------------------------------------------------

struct Out {
    char *begin = nullptr, *p = nullptr, *end = nullptr;
    void need(size_t more) {
        if (size_t(end - p) >= more) return;
        size_t used = p - begin, room = 2 * (used + more) + 4096;
        begin = static_cast<char*>(std::realloc(begin, room));
        if (!begin) fail("out of memory");
        p = begin + used;
        end = begin + room;
    }
};

#define LITERAL(o, text) (std::memcpy((o).p, text, sizeof(text) - 1), (o).p += sizeof(text) - 1)

inline void put_digits(char*& p, unsigned value, int digits) {
    for (int i = digits - 1; i >= 0; --i, value /= 10) p[i] = char('0' + value % 10);
    p += digits;
}
inline void put(Out& o, bool v) { if (v) LITERAL(o, "true"); else LITERAL(o, "false"); }
inline void put(Out& o, int32_t v) { o.p = std::to_chars(o.p, o.p + 12, v).ptr; }
inline void put(Out& o, int64_t v) { o.p = std::to_chars(o.p, o.p + 21, v).ptr; }
inline void put(Out& o, double v) { o.p = std::to_chars(o.p, o.p + 40, v).ptr; }
inline void put(Out& o, const Decimal& v) {
    uint64_t m = v.mantissa < 0 ? 0 - uint64_t(v.mantissa) : uint64_t(v.mantissa), unit = 1;
    if (v.mantissa < 0) *o.p++ = '-';
    for (int i = 0; i < v.scale; ++i) unit *= 10;
    o.p = std::to_chars(o.p, o.p + 21, m / unit).ptr;
    if (!v.scale) return;
    *o.p++ = '.';
    uint64_t rest = m % unit;
    for (int i = v.scale - 1; i >= 0; --i, rest /= 10) o.p[i] = char('0' + rest % 10);
    o.p += v.scale;
}
inline void put(Out& o, const DateTime& v) {
    put_digits(o.p, v.year, 4), *o.p++ = '-';
    put_digits(o.p, v.month, 2), *o.p++ = '-';
    put_digits(o.p, v.day, 2), *o.p++ = 'T';
    put_digits(o.p, v.hour, 2), *o.p++ = ':';
    put_digits(o.p, v.minute, 2), *o.p++ = ':';
    put_digits(o.p, v.second, 2);
    if (v.microsecond) *o.p++ = '.', put_digits(o.p, unsigned(v.microsecond), 6);
    *o.p++ = 'Z';
}
inline void put(Out& o, const Guid& v) {
    static const char hex[] = "0123456789abcdef";
    for (int i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *o.p++ = '-';
        *o.p++ = hex[v.bytes[i] >> 4];
        *o.p++ = hex[v.bytes[i] & 15];
    }
}
inline void put(Out& o, const std::string& v) {
    o.need(6 * v.size() + 1024);
    char* p = o.p;
    for (char c : v) {
        switch (c) {
            case '&': std::memcpy(p, "&amp;", 5), p += 5; break;
            case '<': std::memcpy(p, "&lt;", 4), p += 4; break;
            case '>': std::memcpy(p, "&gt;", 4), p += 4; break;
            default: *p++ = c;
        }
    }
    o.p = p;
}

// --- reading: the tags are those of the schema in its order, or it is an error --------------------------------------

struct In { const char *p, *end; };

inline bool starts(const In& in, const char* text, size_t size) {
    return size_t(in.end - in.p) >= size && !std::memcmp(in.p, text, size);
}
#define EXPECT(in, text) \
    do { if (!starts(in, text, sizeof(text) - 1)) fail("not " text); (in).p += sizeof(text) - 1; } while (0)

template <class Number> inline void get_number(In& in, Number& v) {
    auto [ptr, error] = std::from_chars(in.p, in.end, v);
    if (error != std::errc()) fail("no number");
    in.p = ptr;
}
inline void get(In& in, int32_t& v) { get_number(in, v); }
inline void get(In& in, int64_t& v) { get_number(in, v); }
inline void get(In& in, double& v) { get_number(in, v); }
inline void get(In& in, bool& v) {
    v = starts(in, "true", 4);
    if (!v && !starts(in, "false", 5)) fail("no boolean");
    in.p += v ? 4 : 5;
}
inline void get(In& in, Decimal& v) {
    bool negative = in.p < in.end && *in.p == '-', point = false;
    in.p += negative;
    v = {0, 0};
    for (; in.p < in.end; ++in.p) {
        if (*in.p == '.' && !point) point = true;
        else if (*in.p >= '0' && *in.p <= '9') v.mantissa = 10 * v.mantissa + (*in.p - '0'), v.scale += point;
        else break;
    }
    if (negative) v.mantissa = -v.mantissa;
}
inline int get_digits(In& in, int digits, char after) {
    int value = 0;
    if (in.end - in.p <= digits) fail("the end in a date");
    for (int i = 0; i < digits; ++i, ++in.p) {
        if (*in.p < '0' || *in.p > '9') fail("no digit");
        value = 10 * value + (*in.p - '0');
    }
    if (after && *in.p++ != after) fail("no date");
    return value;
}
inline void get(In& in, DateTime& v) {
    v.year = int16_t(get_digits(in, 4, '-'));
    v.month = uint8_t(get_digits(in, 2, '-'));
    v.day = uint8_t(get_digits(in, 2, 'T'));
    v.hour = uint8_t(get_digits(in, 2, ':'));
    v.minute = uint8_t(get_digits(in, 2, ':'));
    v.second = uint8_t(get_digits(in, 2, 0));
    v.microsecond = 0;
    if (*in.p == '.') {
        int digits = 0;
        for (++in.p; in.p < in.end && *in.p >= '0' && *in.p <= '9' && digits < 6; ++in.p, ++digits)
            v.microsecond = 10 * v.microsecond + (*in.p - '0');
        for (; digits < 6; ++digits) v.microsecond *= 10;
    }
    EXPECT(in, "Z");
}
inline void get(In& in, Guid& v) {
    auto nibble = [](char c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; };
    if (in.end - in.p < 36) fail("the end in a guid");
    for (int i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) ++in.p;
        v.bytes[i] = uint8_t(nibble(in.p[0]) << 4 | nibble(in.p[1]));
        in.p += 2;
    }
}
inline void get(In& in, std::string& v) {
    auto stop = static_cast<const char*>(std::memchr(in.p, '<', size_t(in.end - in.p)));
    if (!stop) fail("the end in a text");
    v.clear();
    while (auto reference = static_cast<const char*>(std::memchr(in.p, '&', size_t(stop - in.p)))) {
        v.append(in.p, reference);
        in.p = reference;
        if (starts(in, "&amp;", 5)) v += '&', in.p += 5;
        else if (starts(in, "&lt;", 4)) v += '<', in.p += 4;
        else if (starts(in, "&gt;", 4)) v += '>', in.p += 4;
        else fail("an unknown reference");
    }
    v.append(in.p, stop);
    in.p = stop;
}

// --- the program: commands on stdin, "run N" gives CPU nanoseconds, "save PATH" the document of what it has ---------

inline std::string load(const char* path) {
    std::FILE* file = std::fopen(path, "rb");
    if (!file) fail("cannot read the data");
    std::string data;
    char block[65536];
    for (size_t n; (n = std::fread(block, 1, sizeof block, file)) > 0;) data.append(block, n);
    std::fclose(file);
    return data;
}
inline void store(const char* path, const char* data, size_t size) {
    std::FILE* file = std::fopen(path, "wb");
    if (!file || std::fwrite(data, 1, size, file) != size || std::fclose(file)) fail("cannot write");
}
template <class Run, class Save> int serve(Run run, Save save) {
    char line[4096];
    while (std::fgets(line, sizeof line, stdin)) {
        line[std::strcspn(line, "\n")] = 0;
        if (!std::strncmp(line, "run ", 4)) {
            timespec a, b;
            clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
            for (long n = std::atol(line + 4); n > 0; --n) run();
            clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
            std::printf("%lld\n", (b.tv_sec - a.tv_sec) * 1000000000LL + (b.tv_nsec - a.tv_nsec));
        } else if (!std::strncmp(line, "save ", 5)) {
            save(line + 5);
            std::printf("saved\n");
        }
        std::fflush(stdout);
    }
    return 0;
}
