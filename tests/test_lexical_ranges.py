"""Scalar values in bulk: all dates, all characters, random numbers, held against Python's own conversions."""

from __future__ import annotations

import base64
import datetime
import decimal
import itertools
import math
import re
import struct
from collections.abc import Iterator
from decimal import Decimal

import numpy as np
import pytest

from tests.support.lexical_forms import expected_datetime, expected_double, expected_float
from tests.support.xml_tables import attribute, element, expat_tree, repeating, seeded, struct_of_fields, text
from wsx._reader import Reader
from wsx.descriptions import Type
from wsx.errors import InvalidFormat, NumericOverflow, WsError
from wsx.values import DateTime
from wsx.xml import read_element, write_element

UTC = datetime.timezone.utc
# NaN, +0 and -0 are told apart by their bits.
DOUBLES = struct.Struct("<d")


def zone(hours: int, minutes: int = 0) -> datetime.timezone:
    return datetime.timezone(datetime.timedelta(hours=hours, minutes=minutes))


def written_text(type_: Type, value: object) -> str:
    """The text of the element for a value."""
    return write_element(element(type_), value).decode().removeprefix("<t>").removesuffix("</t>")


def read_text(type_: Type, content: str) -> object:
    return read_element(element(type_), f"<t>{content}</t>".encode())


def items_of(document: bytes) -> list[str]:
    return re.findall("<v>([^<]*)</v>", document.decode())


def random_doubles(count: int) -> Iterator[float]:
    source = seeded(20080601)
    for _ in range(count):
        yield DOUBLES.unpack(source.randbytes(8))[0]
    for exponent in range(-330, 310):
        for digits in ("1", "9.5", "1.7976931348623157", "4.9406564584124654", "2.2250738585072014"):
            yield float(f"{digits}e{exponent}")
    for power in range(-1074, 1024):
        value = math.ldexp(1.0, power)
        yield from (value, math.nextafter(value, 0.0), math.nextafter(value, math.inf))


def test_random_doubles_have_the_digits_of_repr_and_come_back() -> None:
    table = struct_of_fields(repeating("v", Type.DOUBLE))
    values = list(random_doubles(100_000))
    document = write_element(table, {"v": values})
    assert items_of(document) == [expected_double(value) for value in values]
    back = read_element(table, document)["v"]
    assert len(back) == len(values)
    for value, result in zip(values, back, strict=True):
        assert value == result or (value != value and result != result)  # noqa: PLR0124


def test_random_floats_have_the_shortest_digits_and_come_back() -> None:
    table = struct_of_fields(repeating("v", Type.FLOAT))
    bits = np.frombuffer(seeded(42).randbytes(4 * 20_000), dtype=np.uint32)
    edges = np.array([0, 1, 0x7FFFFF, 0x800000, 0x7F7FFFFF, 0x7F800000, 0xFF800000, 0x80000000], dtype=np.uint32)
    numbers = np.concatenate([bits, edges]).view(np.float32)
    values = [float(number) for number in numbers]
    document = write_element(table, {"v": values})
    for number, content in zip(numbers, items_of(document), strict=True):
        assert content == expected_float(float(number))
    back = read_element(table, document)["v"]
    for value, result in zip(values, back, strict=True):
        assert value == result or (value != value and result != result)  # noqa: PLR0124


def test_random_texts_of_doubles_are_read_as_python_reads_them() -> None:
    source = seeded(7)
    contents = []
    for _ in range(30_000):
        digits = "".join(source.choices("0123456789", k=source.randint(1, 30)))
        point = source.randint(0, len(digits))
        exponent = f"e{source.randint(-340, 320)}" if source.random() < 0.7 else ""
        contents.append(f"{source.choice(['', '-', '+'])}{digits[:point]}.{digits[point:]}{exponent}")
    document = "<t>" + "".join(f"<v>{content}</v>" for content in contents) + "</t>"
    back = read_element(struct_of_fields(repeating("v", Type.DOUBLE)), document.encode())["v"]
    assert [DOUBLES.pack(value) for value in back] == [DOUBLES.pack(float(content)) for content in contents]


def test_dates_of_every_year_with_every_number_of_digits() -> None:
    source = seeded(3)
    zones: list[datetime.tzinfo | None] = [None, UTC, zone(1), zone(-5, -30), zone(14), zone(-14), zone(0, 1)]
    values: list[datetime.datetime] = []
    for year in range(1, 10_000):
        ticks = source.randrange(10 ** (year % 8)) * 10 ** (7 - year % 8) if year % 8 else 0
        tz = zones[source.randrange(len(zones))] if 1 < year < 9999 else UTC
        moment = datetime.datetime(year, source.randint(1, 12), source.randint(1, 28), tzinfo=tz)
        moment = moment.replace(hour=source.randint(0, 23), minute=source.randint(0, 59), second=source.randint(0, 59))
        moment = moment.replace(microsecond=ticks // 10)
        values.append(DateTime.of(moment, ticks % 10) if ticks % 10 else moment)
    table = struct_of_fields(repeating("v", Type.DATETIME))
    document = write_element(table, {"v": values})
    assert items_of(document) == [expected_datetime(value) for value in values]
    back = read_element(table, document)["v"]
    assert back == values
    assert [type(value) for value in back] == [type(value) for value in values]
    assert [value.utcoffset() for value in back] == [value.utcoffset() for value in values]


def test_every_day_of_four_years_and_no_other() -> None:
    for year, month, day in itertools.product((1900, 2000, 2023, 2024), range(14), range(33)):
        content = f"{year}-{month:02}-{day:02}T00:00:00"
        try:
            expected = datetime.datetime(year, month, day)
        except ValueError:
            with pytest.raises(InvalidFormat):
                read_text(Type.DATETIME, content)
        else:
            assert read_text(Type.DATETIME, content) == expected


def test_base64_of_every_length() -> None:
    source = seeded(5)
    values = [source.randbytes(length) for length in range(400)]
    values += [bytes(range(256)) * 200, b"\xff" * 100_000]
    table = struct_of_fields(repeating("v", Type.BYTES))
    document = write_element(table, {"v": values})
    assert items_of(document.replace(b"<v/>", b"<v></v>")) == [base64.b64encode(value).decode() for value in values]
    assert read_element(table, document) == {"v": values}
    broken = ["\n".join(re.findall(".{1,76}", base64.b64encode(value).decode())) for value in values]
    lines = "<t>" + "".join(f"<v>{content}</v>" for content in broken) + "</t>"
    assert read_element(table, lines.encode()) == {"v": values}


def test_base64_texts_are_accepted_as_the_base64_module_does() -> None:
    """All texts of four characters out of ten; a last group with spare bits set is one more reason to refuse."""
    for characters in itertools.product("AQZgw/+=-8", repeat=4):
        content = "".join(characters)
        try:
            expected = base64.b64decode(content, validate=True)
        except ValueError:
            expected = None
        if expected is not None and base64.b64encode(expected).decode() != content:
            expected = None
        if expected is None:
            with pytest.raises(InvalidFormat):
                read_text(Type.BYTES, content)
        else:
            assert read_text(Type.BYTES, content) == expected


def test_a_wrong_character_at_every_place_of_long_base64() -> None:
    """Blocks of 32 characters are decoded at once."""
    data = seeded(11).randbytes(90)
    content = base64.b64encode(data).decode()
    legal = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/ ")
    wrong = [chr(code) for code in range(0x21, 0x100) if code < 0x7F or code > 0x9F]
    for place in range(len(content)):
        for character in wrong:
            if character in legal or character in "<&":
                continue
            with pytest.raises(InvalidFormat):
                read_text(Type.BYTES, content[:place] + character + content[place + 1 :])
        assert read_text(Type.BYTES, f"{content[:place]} {content[place:]}") == data


def test_random_decimals() -> None:
    source = seeded(11)
    values: list[Decimal] = []
    for _ in range(20_000):
        number = source.randrange(10 ** source.randint(1, 28))
        values.append(Decimal((source.randint(0, 1), tuple(map(int, str(number))), -source.randint(0, 28))))
    table = struct_of_fields(repeating("v", Type.DECIMAL))
    document = write_element(table, {"v": values})
    with decimal.localcontext() as context:
        context.prec = 60
        expected = [f"{value.normalize():f}" if value else "0" for value in values]
    assert items_of(document) == expected
    assert read_element(table, document) == {"v": values}


@pytest.mark.parametrize("type_", [Type[f"{sign}INT{bits}"] for sign in ("", "U") for bits in (8, 16, 32, 64)])
def test_integers_around_every_power(type_: Type) -> None:
    bits = int(type_.name.lstrip("UINT"))
    low, high = (0, 2**bits) if type_.name.startswith("U") else (-(2 ** (bits - 1)), 2 ** (bits - 1))
    numbers = {
        sign * base**power + step for base in (2, 10) for power in range(66) for step in (-1, 0, 1) for sign in (1, -1)
    }
    for number in sorted(numbers):
        if low <= number < high:
            assert written_text(type_, number) == str(number)
            assert read_text(type_, str(number)) == number
        else:
            with pytest.raises(NumericOverflow):
                written_text(type_, number)
            with pytest.raises((NumericOverflow, InvalidFormat)):
                read_text(type_, str(number))


# --- characters ------------------------------------------------------------------------------------------------------


def is_xml_character(code: int) -> bool:
    """Char of XML 1.0 §2.2."""
    return code in (0x9, 0xA, 0xD) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000


def test_every_character_of_unicode_is_written_or_refused() -> None:
    legal = "".join(map(chr, filter(is_xml_character, range(0x110000))))
    table = struct_of_fields(attribute("a", Type.STRING), text("v", Type.STRING))
    for piece in (legal, legal[:0x80], legal[:0x100], legal[:0x10000], legal[::-1]):
        document = write_element(table, {"a": piece, "v": piece})
        node = expat_tree(document)
        assert (node.attributes["", "a"], node.text) == (piece, piece)
        assert read_element(table, document) == {"a": piece, "v": piece}
    for code in itertools.filterfalse(is_xml_character, range(0x110000)):
        with pytest.raises(InvalidFormat):
            write_element(table, {"a": "", "v": f"x{chr(code)}"})
        with pytest.raises(InvalidFormat):
            write_element(table, {"a": f"é{chr(code)}", "v": ""})


def test_every_character_reference_is_read_or_refused() -> None:
    table = element(Type.STRING)
    for code in [*range(0x3000), *range(0xD7F0, 0xE010), *range(0xFFF0, 0x10010), 0x10FFFF, 0x110000, 0xFFFFFF, 2**40]:
        for form in (f"&#{code};", f"&#x{code:x};", f"&#x{code:X};"):
            document = f"<t>{form}</t>".encode()
            if is_xml_character(code):
                assert read_element(table, document) == chr(code)
            else:
                with pytest.raises(InvalidFormat):
                    read_element(table, document)


def accepts(data: bytes) -> bool:
    try:
        Reader(b"<t>" + data + b"</t>")
    except InvalidFormat as error:
        return not 3 <= (error.offset or 0) < 3 + len(data)
    return True


def is_utf8(data: bytes) -> bool:
    try:
        return all(is_xml_character(ord(character)) for character in data.decode())
    except UnicodeDecodeError:
        return False


def test_utf8_of_one_two_and_three_bytes_is_checked_as_by_pythons_decoder() -> None:
    for length in (1, 2):
        for values in itertools.product(range(256), repeat=length):
            data = bytes(values)
            assert accepts(data) == is_utf8(data), data
    for first, second in itertools.product(range(0xE0, 0xF0), range(256)):
        # of a broken beginning only some thirds: none can mend it
        whole = (
            0x80 <= second < 0xC0 and not (first == 0xE0 and second < 0xA0) and not (first == 0xED and second > 0x9F)
        )
        for third in range(256) if whole else (0x00, 0x41, 0x7F, 0x80, 0xBF, 0xC0, 0xFF):
            data = bytes((first, second, third))
            assert accepts(data) == is_utf8(data), data


def test_utf8_of_four_bytes_is_checked_as_by_pythons_decoder() -> None:
    edges = (0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0xA0, 0xBF, 0xC0, 0xFF)
    for values in itertools.product((*range(0xEF, 0x100), 0x41), edges, edges, edges):
        data = bytes(values)
        assert accepts(data) == is_utf8(data), data


@pytest.mark.parametrize("padding", range(20))
def test_a_bad_byte_is_found_wherever_it_stands(padding: int) -> None:
    for bad in (b"\x00", b"\x1f", b"\xff", b"\xc3(", b"\xed\xa0\x80", b"\xef\xbf\xbe", b"\xe2\x82"):
        data = b"<t>" + b"x" * padding + bad + b"y" * 20 + b"</t>"
        with pytest.raises(InvalidFormat) as caught:
            read_element(element(Type.STRING), data)
        assert caught.value.offset == 3 + padding
        assert isinstance(caught.value, WsError)
