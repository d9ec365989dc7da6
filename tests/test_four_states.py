"""Absent, nil, empty, default: the whole matrix minOccurs × nillable × default × value."""

from __future__ import annotations

import dataclasses
import itertools
import types
from typing import Any, Final

import pytest

import wsx
from wsx import UNSET, FieldMapping, FieldOption, Type
from wsx.descriptions import ElementDescription, FieldDescription, StructDescription
from wsx.errors import InvalidArgument, InvalidFormat

XSI: Final = 'xmlns:a="http://www.w3.org/2001/XMLSchema-instance"'
MISSING: Final = "missing"  # the record does not have the field at all


class Plain(types.SimpleNamespace):
    """A class whose attributes need not be there."""


@dataclasses.dataclass(slots=True)
class Slotted:
    f: Any = UNSET


# type, mapping -> a value, its text, and the empty value with its text
KINDS: Final[dict[str, tuple[Type, FieldMapping, tuple[Any, str], tuple[Any, str]]]] = {
    "text": (Type.STRING, FieldMapping.ELEMENT, ("v", "<f>v</f>"), ("", "<f/>")),
    "bytes": (Type.BYTES, FieldMapping.ELEMENT, (b"v", "<f>dg==</f>"), (b"", "<f/>")),
    "number": (Type.INT32, FieldMapping.ELEMENT, (7, "<f>7</f>"), (0, "<f>0</f>")),
    "flag": (Type.BOOL, FieldMapping.ELEMENT, (True, "<f>true</f>"), (False, "<f>false</f>")),
    "list": (Type.INT32, FieldMapping.REPEATING_ELEMENT, ([7, 8], "<f><i>7</i><i>8</i></f>"), ([], "<f/>")),
    "text attribute": (Type.STRING, FieldMapping.ATTRIBUTE, ("v", ' f="v"'), ("", ' f=""')),
    "number attribute": (Type.INT32, FieldMapping.ATTRIBUTE, (7, ' f="7"'), (0, ' f="0"')),
}
PYTHON_TYPES: Final = (dict, Plain, Slotted)
# default: not given, nil, or the value of the kind
DEFAULTS: Final = ("no default", "default nil", "default value")


def matrix() -> list[Any]:
    cases = []
    axes: list[Any] = [KINDS, PYTHON_TYPES, (0, 1), (False, True), DEFAULTS]
    for kind, python_type, occurs, nillable, default in itertools.product(*axes):
        mapping = KINDS[kind][1]
        if nillable and mapping is FieldMapping.ATTRIBUTE:
            continue  # an attribute has no nil
        if default != "no default" and (occurs or (mapping is FieldMapping.REPEATING_ELEMENT and "nil" not in default)):
            continue  # test_descriptions.py: a default needs OPTIONAL, and a list has none but None
        name = f"{kind}, {python_type.__name__}, minOccurs {occurs}, {'nillable, ' * nillable}{default}"
        cases.append(pytest.param(kind, python_type, occurs, nillable, default, id=name))
    return cases


class Case:
    """One table of the matrix."""

    def __init__(self, kind: str, python_type: Any, occurs: int, nillable: bool, default: str) -> None:
        type_, self.mapping, self.value, self.empty = KINDS[kind]
        self.python_type, self.occurs, self.nillable = python_type, occurs, nillable
        self.default = {"no default": UNSET, "default nil": None}.get(default, self.value[0])
        repeating = self.mapping is FieldMapping.REPEATING_ELEMENT
        options = FieldOption.NONE if occurs else FieldOption.OPTIONAL
        if nillable:
            options |= FieldOption.NILLABLE
            if type_ in (Type.INT32, Type.BOOL):
                options |= FieldOption.POINTER
        names: dict[str, Any] = {"local_name": "f", "item_local_name": "i"} if repeating else {}
        member = FieldDescription("f", type_, mapping=self.mapping, options=options, default=self.default, **names)
        self.table = ElementDescription("t", "", Type.STRUCT, StructDescription(python_type, [member]))

    def record(self, value: Any) -> Any:
        return self.python_type(**({} if value is MISSING else {"f": value}))

    def document(self, inside: str) -> bytes:
        if self.mapping is FieldMapping.ATTRIBUTE:
            return f"<t{inside}/>".encode()
        return (f"<t>{inside}</t>" if inside else "<t/>").encode()

    def read_back(self, value: Any) -> Any:
        """A record as reading makes it: a dict lacks what is UNSET, an object has it."""
        return self.record(MISSING if value is UNSET and self.python_type is dict else value)


NIL: Final = f'<f a:nil="true" {XSI}/>'


@pytest.mark.parametrize(("kind", "python_type", "occurs", "nillable", "default"), matrix())
def test_matrix(kind: str, python_type: Any, occurs: int, nillable: bool, default: str) -> None:
    case = Case(kind, python_type, occurs, nillable, default)

    # what a document without the element reads as
    absent = case.document("")
    if not occurs:
        assert wsx.read_element(case.table, absent) == case.read_back(case.default)
    elif kind == "list":  # no wrapper may stand for no items
        assert wsx.read_element(case.table, absent) == case.read_back([])
    elif nillable:
        assert wsx.read_element(case.table, absent) == case.read_back(None)
    else:
        with pytest.raises(InvalidFormat, match="is missing"):
            wsx.read_element(case.table, absent)

    # absent is written as nothing, and only where the table allows it
    for state in (MISSING, UNSET):
        if occurs:
            with pytest.raises(InvalidArgument, match="not OPTIONAL") as caught:
                wsx.write_element(case.table, case.record(state))
            assert caught.value.path == "t/f"
        else:
            assert wsx.write_element(case.table, case.record(state)) == absent

    # nil: OPTIONAL or not, None is nil where the table has a nil, and else absent
    nil = case.document(NIL)
    if nillable:
        assert wsx.write_element(case.table, case.record(None)) == nil
        assert wsx.read_element(case.table, nil) == case.read_back(None)
    else:
        if occurs:
            with pytest.raises(InvalidArgument, match="the value is None"):
                wsx.write_element(case.table, case.record(None))
        else:
            assert wsx.write_element(case.table, case.record(None)) == absent
        if case.mapping is not FieldMapping.ATTRIBUTE:
            with pytest.raises(InvalidFormat, match="not NILLABLE"):
                wsx.read_element(case.table, nil)

    # a value is written, also when it is the default, empty, zero or false
    for value, text in (case.value, case.empty):
        data = wsx.write_element(case.table, case.record(value))
        assert data == case.document(text)
        assert wsx.read_element(case.table, data) == case.read_back(value)


def test_the_matrix_is_whole() -> None:
    """Each kind has every combination that its mapping allows, in every sort of class."""
    counts = {kind: sum(case.values[0] == kind for case in matrix()) for kind in KINDS}
    elements = len(PYTHON_TYPES) * 2 * (1 + len(DEFAULTS))
    assert counts == {
        **dict.fromkeys(("text", "bytes", "number", "flag"), elements),
        "list": len(PYTHON_TYPES) * 2 * (1 + 2),
        **dict.fromkeys(("text attribute", "number attribute"), elements // 2),
    }
