# cython: cdivision=True
"""Moments and spans of time ↔ text: DATETIME, TIMESPAN, DURATION."""

from cpython.datetime cimport (
    datetime,
    datetime_day,
    datetime_hour,
    datetime_microsecond,
    datetime_minute,
    datetime_month,
    datetime_new,
    datetime_second,
    datetime_tzinfo,
    datetime_year,
    get_utc,
    import_datetime,
    timedelta,
    timedelta_days,
    timedelta_microseconds,
    timedelta_new,
    timedelta_seconds,
    timezone_new,
)
from cpython.object cimport PyObject
from libc.stdint cimport INT64_MAX, uint64_t

from wsx._buffer cimport Out, out_reserve
from wsx._codec cimport Codec, malformed, owned, trimmed, wrong_type

from wsx.errors import InvalidFormat, NumericOverflow
from wsx.values import DateTime, Duration, TimeSpan

import_datetime()

cdef extern from "_number.h":
    char* wsx_put_2(char* out, unsigned int n) noexcept
    char* wsx_put_4(char* out, unsigned int n) noexcept
    char* wsx_put_uint64(char* out, uint64_t n) noexcept


# --- DATETIME --------------------------------------------------------------------------------------------------------


cdef char* put_fraction(char* p, int ticks) noexcept:
    """`.f{1,7}` of a second, ticks of 100 ns, without trailing zeros; nothing for 0."""
    if ticks:
        p[0] = c"."
        p = wsx_put_2(p + 1, ticks // 100000)
        p = wsx_put_4(p, ticks // 10 % 10000)
        p[0] = c"0" + ticks % 10
        p += 1
        while p[-1] == c"0":
            p -= 1
    return p


cdef int write_datetime(Out* out, PyObject* value, const Codec* codec) except -1:
    """yyyy-MM-ddTHH:mm:ss[.fffffff] and Z, an offset, or nothing for a naive datetime (WS_DATETIME_FORMAT)."""
    cdef object item = <object>value
    cdef int ticks = 0, offset
    cdef char* p
    if type(item) is not datetime:
        if not isinstance(item, datetime):
            return wrong_type(item, "datetime.datetime")
        if isinstance(item, DateTime):
            ticks = item.hundred_nanoseconds
    ticks += datetime_microsecond(item) * 10
    out_reserve(out, 40)
    p = wsx_put_4(out.cursor, datetime_year(item))
    p[0] = c"-"
    p = wsx_put_2(p + 1, datetime_month(item))
    p[0] = c"-"
    p = wsx_put_2(p + 1, datetime_day(item))
    p[0] = c"T"
    p = wsx_put_2(p + 1, datetime_hour(item))
    p[0] = c":"
    p = wsx_put_2(p + 1, datetime_minute(item))
    p[0] = c":"
    p = wsx_put_2(p + 1, datetime_second(item))
    p = put_fraction(p, ticks)
    zone = datetime_tzinfo(item)
    if zone is not None:
        offset = 0 if zone is get_utc() else offset_minutes(item)
        if offset and (datetime_year(item) == 1 or datetime_year(item) == 9999):
            within_years(item)
        if offset == 0:
            p[0] = c"Z"
            p += 1
        else:
            p[0] = c"+" if offset > 0 else c"-"
            offset = abs(offset)
            p = wsx_put_2(p + 1, offset // 60)
            p[0] = c":"
            p = wsx_put_2(p + 1, offset % 60)
    out.cursor = p
    return 0


cdef int offset_minutes(object moment) except? -10000:
    """Offset from UTC; XSD has whole minutes up to 14:00."""
    cdef object delta = moment.utcoffset()
    cdef int seconds
    if delta is None:
        raise InvalidFormat(f"the time zone {moment.tzinfo!r} gives no offset")
    seconds = timedelta_days(delta) * 86400 + timedelta_seconds(delta)
    if timedelta_microseconds(delta) or seconds % 60 or abs(seconds) > 14 * 3600:
        raise InvalidFormat(f"the offset {delta} is not in whole minutes up to 14:00")
    return seconds // 60


cdef int within_years(object moment) except -1:
    """In UTC the moment must be within the years 1 to 9999, as WS_DATETIME's ticks are (types.md §1)."""
    try:
        moment.astimezone(get_utc())
    except OverflowError:
        raise InvalidFormat(f"{moment} is outside the years 1 to 9999 in UTC") from None
    return 0


cdef int number_at(const char* text, Py_ssize_t start, Py_ssize_t count) noexcept:
    """The number that count digits make; -1 when one of them is none."""
    cdef int number = 0
    cdef Py_ssize_t i
    for i in range(start, start + count):
        if not c"0" <= text[i] <= c"9":
            return -1
        number = number * 10 + (text[i] - c"0")
    return number


cdef Py_ssize_t fraction_at(const char* text, Py_ssize_t start, Py_ssize_t length, int* ticks) noexcept:
    """One to seven digits behind the point, as ticks of 100 ns; returns where they end, -1 for none or more."""
    cdef int scale = 1000000
    cdef Py_ssize_t i = start
    ticks[0] = 0
    while i < length and c"0" <= text[i] <= c"9":
        ticks[0] += (text[i] - c"0") * scale
        if scale == 0:
            return -1
        scale //= 10
        i += 1
    return i if i > start else -1


cdef int days_of_month(int year, int month) noexcept:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month == 4 or month == 6 or month == 9 or month == 11 else 31


cdef PyObject* read_datetime(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL:
    """yyyy-MM-ddTHH:mm:ss(.f{1,7})?(Z|[+-]hh:mm)?, hour 24 as next midnight (types.md §7)."""
    cdef int year, month, day, hour, minute, second, ticks = 0, offset
    cdef Py_ssize_t i = 19
    cdef object zone = None, moment
    text, length = trimmed(text, length)
    if length < 19 or text[4] != c"-" or text[7] != c"-" or text[10] != c"T" or text[13] != c":" or text[16] != c":":
        malformed(text, length, "xs:dateTime")
    year = number_at(text, 0, 4)
    month = number_at(text, 5, 2)
    day = number_at(text, 8, 2)
    hour = number_at(text, 11, 2)
    minute = number_at(text, 14, 2)
    second = number_at(text, 17, 2)
    if i < length and text[i] == c".":
        i = fraction_at(text, i + 1, length, &ticks)
        if i < 0:
            malformed(text, length, "xs:dateTime")
    if i < length:
        if length - i == 1 and text[i] == c"Z":
            zone = get_utc()
        elif length - i == 6 and (text[i] == c"+" or text[i] == c"-") and text[i + 3] == c":":
            offset = number_at(text, i + 1, 2) * 60 + number_at(text, i + 4, 2)
            if number_at(text, i + 1, 2) < 0 or not 0 <= number_at(text, i + 4, 2) <= 59 or offset > 14 * 60:
                malformed(text, length, "xs:dateTime")
            zone = timezone_new(timedelta_new(0, (offset if text[i] == c"+" else -offset) * 60, 0))
        else:
            malformed(text, length, "xs:dateTime")
    if (
        year < 1 or not 1 <= month <= 12 or not 1 <= day <= days_of_month(year, month)
        or hour < 0 or not 0 <= minute <= 59 or not 0 <= second <= 59
        or (hour > 23 and (hour != 24 or minute or second or ticks))
    ):
        malformed(text, length, "xs:dateTime")
    moment = datetime_new(year, month, day, hour % 24, minute, second, ticks // 10, zone)
    try:
        if zone is not None and (year == 1 or year == 9999):
            in_utc = moment.astimezone(get_utc())
            if hour == 24 and month == 12 and day == 31:
                moment = in_utc  # the next midnight there is in the year 10000, but not in UTC
        if hour == 24:
            moment = moment + timedelta_new(1, 0, 0)
    except OverflowError:
        malformed(text, length, "an xs:dateTime within the years 1 to 9999")
    if ticks % 10:
        moment = DateTime.of(moment, ticks % 10)
    return owned(moment)


# --- TIMESPAN --------------------------------------------------------------------------------------------------------

# WS_TIMESPAN is a signed 64-bit number of ticks of 100 ns.
cdef object MOST_TICKS = INT64_MAX
cdef enum:
    TICKS_OF_SECOND = 10000000


cdef int write_timespan(Out* out, PyObject* value, const Codec* codec) except -1:
    """[-][d.]HH:mm:ss[.f{1,7}], days only where there are some (types.md §6)."""
    cdef object item = <object>value
    cdef object days, rest, number
    cdef uint64_t ticks, seconds
    cdef char* p
    if not isinstance(item, timedelta):
        return wrong_type(item, "datetime.timedelta")
    days, rest = timedelta_days(item), timedelta_seconds(item)  # Python's ints: the product may need 70 bits
    number = ((days * 86400 + rest) * 1000000 + timedelta_microseconds(item)) * 10
    if isinstance(item, TimeSpan):
        number += item.hundred_nanoseconds
    if not -MOST_TICKS - 1 <= number <= MOST_TICKS:
        raise NumericOverflow(f"{item} does not fit 64 bits of 100 ns")
    out_reserve(out, 40)
    p = out.cursor
    if number < 0:
        p[0] = c"-"
        p += 1
    ticks = abs(number)
    seconds = ticks // TICKS_OF_SECOND
    if seconds >= 86400:
        p = wsx_put_uint64(p, seconds // 86400)
        p[0] = c"."
        p += 1
    p = wsx_put_2(p, seconds // 3600 % 24)
    p[0] = c":"
    p = wsx_put_2(p + 1, seconds // 60 % 60)
    p[0] = c":"
    p = wsx_put_2(p + 1, seconds % 60)
    out.cursor = put_fraction(p, ticks % TICKS_OF_SECOND)
    return 0


cdef PyObject* read_timespan(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL:
    """sign? (digits '.')? hh ':' mm ':' ss ('.' f{1,7})?, hours below 24 (types.md §7)."""
    cdef Py_ssize_t i = 0, digits = 0
    cdef int hours, minutes, seconds, fraction = 0
    cdef object days = 0, ticks
    cdef bint negative
    text, length = trimmed(text, length)
    negative = length > 0 and text[0] == c"-"
    if length and (text[0] == c"-" or text[0] == c"+"):
        i = 1
    while i + digits < length and c"0" <= text[i + digits] <= c"9":
        digits += 1
    if digits and i + digits < length and text[i + digits] == c".":
        if digits > 8:
            malformed(text, length, "a time span within 64 bits")
        days = number_at(text, i, digits)
        i += digits + 1
    if length - i < 8 or text[i + 2] != c":" or text[i + 5] != c":":
        malformed(text, length, "a time span [-][d.]hh:mm:ss[.fffffff]")
    hours = number_at(text, i, 2)
    minutes = number_at(text, i + 3, 2)
    seconds = number_at(text, i + 6, 2)
    i += 8
    if i < length and text[i] == c".":
        i = fraction_at(text, i + 1, length, &fraction)
    if i != length or not 0 <= hours <= 23 or not 0 <= minutes <= 59 or not 0 <= seconds <= 59:
        malformed(text, length, "a time span [-][d.]hh:mm:ss[.fffffff]")
    ticks = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * TICKS_OF_SECOND + fraction
    if negative:
        ticks = -ticks
    if not -MOST_TICKS - 1 <= ticks <= MOST_TICKS:
        malformed(text, length, "a time span within 64 bits")
    return owned(TimeSpan.of_ticks(ticks))


# --- DURATION --------------------------------------------------------------------------------------------------------


cdef char* put_component(char* p, object number, char letter) except NULL:
    if number:
        p = wsx_put_uint64(p, number)
        p[0] = letter
        p += 1
    return p


cdef int write_duration(Out* out, PyObject* value, const Codec* codec) except -1:
    """[-]P[nY][nM][nD][T[nH][nM][n[.f]S]]; components are counters of their own, zero ones left out (types.md §6)."""
    cdef object item = <object>value
    cdef char* p
    cdef char* mark
    if type(item) is not Duration:
        if not isinstance(item, timedelta):
            return wrong_type(item, "wsx.Duration or datetime.timedelta")
        item = Duration.of_timedelta(item)
    out_reserve(out, 160)
    p = out.cursor
    if item.negative:
        p[0] = c"-"
        p += 1
    p[0] = c"P"
    mark = p + 1
    p = put_component(mark, item.years, c"Y")
    p = put_component(p, item.months, c"M")
    p = put_component(p, item.days, c"D")
    if item.hours or item.minutes or item.seconds or item.fraction:
        p[0] = c"T"
        p = put_component(p + 1, item.hours, c"H")
        p = put_component(p, item.minutes, c"M")
        if item.seconds or item.fraction:
            p = put_fraction(wsx_put_uint64(p, item.seconds), item.fraction)
            p[0] = c"S"
            p += 1
    if p == mark:
        p[0] = c"0"
        p[1] = c"D"
        p += 2
    out.cursor = p
    return 0


cdef PyObject* read_duration(const char* text, Py_ssize_t length, bint ascii, const Codec* codec) except NULL:
    """[+-]?P…, at least one component, also after T; only seconds may have a fraction (XSD part 2 §3.2.6)."""
    cdef Py_ssize_t i = 0, digits, place, last = -1
    cdef bint time = False
    cdef int fraction = 0
    cdef list counters = [0] * 6
    text, length = trimmed(text, length)
    if i < length and (text[i] == c"-" or text[i] == c"+"):
        i += 1
    if i >= length or text[i] != c"P":
        malformed(text, length, "xs:duration")
    i += 1
    while i < length:
        if text[i] == c"T" and not time:
            time = True
            last = max(last, 2)
            i += 1
            if i == length:
                malformed(text, length, "xs:duration")
            continue
        digits = 0
        while i + digits < length and c"0" <= text[i + digits] <= c"9":
            digits += 1
        if digits == 0 or i + digits >= length:
            malformed(text, length, "xs:duration")
        number = int((<bytes>text[i:i + digits])) if digits <= 10 else 1 << 32
        i += digits
        if text[i] == c"." and time:
            i = fraction_at(text, i + 1, length, &fraction)
            if i < 0 or i >= length or text[i] != c"S":
                malformed(text, length, "xs:duration")
        place = component(text[i], time)
        if place <= last:
            malformed(text, length, "xs:duration")
        if number > 0xFFFFFFFF:
            raise NumericOverflow("a component of a duration does not fit 32 bits")
        counters[place] = number
        last = place
        i += 1
    if last < 0 or (time and last < 3):
        malformed(text, length, "xs:duration")
    return owned(Duration(text[0] == c"-", *counters, fraction // 10000, fraction % 10000))


cdef Py_ssize_t component(char letter, bint time) noexcept:
    """Place of a component in the order Y M D H M S; -1 for a letter that is none."""
    if letter == c"Y" and not time:
        return 0
    if letter == c"M":
        return 4 if time else 1
    if letter == c"D" and not time:
        return 2
    if letter == c"H" and time:
        return 3
    if letter == c"S" and time:
        return 5
    return -1
