"""JSON-able values to Python values by description table, and back.

Texts of scalar fields follow the same grammar as in XML, because the reader of the table reads them: a date in a CSV
cell is an xs:dateTime, an enumeration its name in XML, bytes are base64.
"""

from __future__ import annotations

import inspect
import math
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final
from xml.sax.saxutils import escape

from wsx._reader import Reader
from wsx._writer import Output
from wsx.descriptions import (
    Description,
    ElementDescription,
    EnumDescription,
    FieldDescription,
    FieldMapping,
    FieldOption,
    StructDescription,
    Type,
)
from wsx.errors import WsError
from wsx.values import UNSET, XmlQName

__all__ = ["ValueProblem", "element_from_data", "element_to_data", "keeps_empty"]

_INTEGERS: Final = frozenset(
    {Type.INT8, Type.INT16, Type.INT32, Type.INT64, Type.UINT8, Type.UINT16, Type.UINT32, Type.UINT64}
)
_TEXTS: Final = frozenset({Type.STRING, Type.WSZ, Type.XML_STRING, Type.CHAR_ARRAY, Type.UTF8_ARRAY})
_MAY_BE_ABSENT: Final = FieldOption.OPTIONAL
_MAY_BE_NIL: Final = FieldOption.OPTIONAL | FieldOption.NILLABLE


class ValueProblem(ValueError):
    """The data does not fit the table; the text names the field and what was expected."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}" if path else problem)


def element_from_data(element: ElementDescription, data: object) -> Any:
    """The Python value of ``element`` from JSON-able ``data``. Raises ValueProblem."""
    return _from_data(element.type, element.resolve_description(), data, "")


def element_to_data(element: ElementDescription, value: object) -> Any:
    """JSON-able data from the Python value of ``element``; absent fields are left out."""
    return _to_data(element.type, element.resolve_description(), value)


def keeps_empty(element: ElementDescription, column: str) -> bool:
    """Whether an empty CSV cell of ``column`` (``a.b`` is field b of field a) is an empty text.

    That is so where the field is a text that can be left out nowhere. Raises ValueError when there is no such field.
    """
    description = element.resolve_description()
    kind = element.type
    required = True
    for name in column.split("."):
        fields = _in_xml(description) if isinstance(description, StructDescription) else ()
        field = next((field for field in fields if field.name == name), None)
        if field is None:
            raise ValueError(f"the column {column!r} is no field of the table")
        required = required and not field.options & _MAY_BE_ABSENT
        required = required and field.mapping is not FieldMapping.REPEATING_ELEMENT
        kind, description = field.type, field.resolve_description()
    return required and kind in _TEXTS


def _from_data(kind: Type, description: Description | None, data: object, path: str) -> Any:
    if isinstance(description, StructDescription):
        return _struct_from_data(description, data, path)
    if isinstance(data, str):
        if kind is Type.XML_QNAME:
            return _name_from_text(data)
        return data if kind in _TEXTS else _scalar_from_text(kind, description, data, path)
    if kind in _INTEGERS and type(data) is int:
        return data
    if kind is Type.BOOL and isinstance(data, bool):
        return data
    if kind in (Type.FLOAT, Type.DOUBLE) and _is_number(data):
        return float(data)  # type: ignore[arg-type]
    if kind is Type.DECIMAL and _is_number(data):
        return _scalar_from_text(kind, description, format(Decimal(str(data)), "f"), path)
    raise ValueProblem(path, f"{_expected(kind, description)} wanted, not {_shown(data)}")


def _is_number(data: object) -> bool:
    return isinstance(data, (int, float, Decimal)) and not isinstance(data, bool)


def _scalar_from_text(kind: Type, description: Description | None, text: str, path: str) -> Any:
    # A byte array is a field only; outside of one its texts are those of BYTES.
    element_kind, table = (Type.BYTES, None) if kind is Type.BYTE_ARRAY else (kind, description)
    try:
        document = f"<v>{escape(text)}</v>".encode()
        return Reader(document).read_element(ElementDescription("v", "", element_kind, table))
    except (WsError, UnicodeEncodeError) as error:
        reason = "" if not isinstance(error, WsError) else f" ({error.message})"
        raise ValueProblem(path, f"{_expected(kind, description)} wanted, not {_shown(text)}{reason}") from error


def _name_from_text(text: str) -> XmlQName:
    """A qualified name as ``{namespace}name`` or ``name``: prefixes mean nothing outside of a document."""
    ns, brace, local_name = text.removeprefix("{").rpartition("}")
    return XmlQName(local_name, ns) if brace else XmlQName(text)


def _in_xml(struct: StructDescription) -> list[FieldDescription]:
    return [field for field in struct.fields if field.mapping is not FieldMapping.NO]


def _struct_from_data(struct: StructDescription, data: object, path: str) -> Any:
    if not isinstance(data, dict):
        raise ValueProblem(path, f"an object with the fields of {_type_name(struct)} wanted, not {_shown(data)}")
    fields = _in_xml(struct)
    unknown = data.keys() - {field.name for field in fields}
    if unknown:
        known = ", ".join(field.name for field in fields)
        raise ValueProblem(path, f"no field {sorted(unknown)[0]!r} in {_type_name(struct)}; its fields are {known}")
    given: dict[str, Any] = {}
    for field in struct.fields:
        inside = _join(path, field.name)
        if field.name in data:
            given[field.name] = _field_from_data(field, data[field.name], inside)
        elif field.name in _needed(struct):
            given[field.name] = _absent(field, inside)
    return _construct(struct, given, path)


def _absent(field: FieldDescription, path: str) -> Any:
    """The value of a field that the data leaves out and that its class has no default for: what it would be read as."""
    if field.options & _MAY_BE_ABSENT or field.mapping is FieldMapping.NO:
        return field.default
    if field.mapping is FieldMapping.REPEATING_ELEMENT:
        return []
    raise ValueProblem(path, "required and missing")


def _field_from_data(field: FieldDescription, data: object, path: str) -> Any:
    description = field.resolve_description()
    if data is None:
        if field.options & _MAY_BE_NIL:
            return None
        raise ValueProblem(
            path, f"{_expected(field.type, description)} wanted; the field can be neither absent nor nil"
        )
    if field.mapping is not FieldMapping.REPEATING_ELEMENT:
        return _from_data(field.type, description, data, path)
    if not isinstance(data, list):
        raise ValueProblem(path, f"a list wanted, not {_shown(data)}")
    return [_item_from_data(field, description, item, f"{path}[{index}]") for index, item in enumerate(data)]


def _item_from_data(field: FieldDescription, description: Description | None, item: object, path: str) -> Any:
    if item is None and field.options & FieldOption.NILLABLE_ITEM:
        return None
    return _from_data(field.type, description, item, path)


@lru_cache(maxsize=256)
def _needed(struct: StructDescription) -> frozenset[str]:
    """The fields that a value needs: its class has no default for them; in a dict, they may not be absent."""
    cls = struct.python_type
    if cls is dict:
        return frozenset(field.name for field in struct.fields if not field.options & _MAY_BE_ABSENT)
    if cls is tuple or _is_plain(cls):
        return frozenset(field.name for field in struct.fields)
    parameters = inspect.signature(cls).parameters.values()
    return frozenset(p.name for p in parameters if p.default is p.empty)


def _is_plain(cls: type) -> bool:
    """Whether the constructor takes nothing, so that the fields are set afterwards."""
    return not inspect.signature(cls).parameters


def _construct(struct: StructDescription, values: dict[str, Any], path: str) -> Any:
    cls = struct.python_type
    if cls is dict:
        return {name: value for name, value in values.items() if value is not UNSET}
    if cls is tuple:
        return tuple(values[field.name] for field in struct.fields)
    try:
        if not _is_plain(cls):
            return cls(**values)
        instance = cls()
        for name, value in values.items():
            setattr(instance, name, value)
    except (TypeError, ValueError) as error:
        raise ValueProblem(path, f"{cls.__name__} refuses the values: {error}") from error
    return instance


def _to_data(kind: Type, description: Description | None, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(description, StructDescription):
        return _struct_to_data(description, value)
    if kind in _TEXTS or kind in _INTEGERS or kind is Type.BOOL:
        return value
    if kind in (Type.FLOAT, Type.DOUBLE) and math.isfinite(value):
        return value
    if isinstance(description, EnumDescription):
        return next(name for name, member in description.pairs if member == value)
    if isinstance(value, XmlQName):
        return str(value)
    # Anything else as it stands in XML.
    output = Output()
    output.write_element(ElementDescription("v", "", Type.BYTES if kind is Type.BYTE_ARRAY else kind), value)
    return Reader(output.take()).read_element(ElementDescription("v", "", Type.STRING))


def _struct_to_data(struct: StructDescription, value: Any) -> dict[str, Any]:
    data = {}
    for index, field in enumerate(struct.fields):
        member = _member(struct, value, field.name, index)
        if member is UNSET or field.mapping is FieldMapping.NO:
            continue
        description = field.resolve_description()
        if field.mapping is FieldMapping.REPEATING_ELEMENT and member is not None:
            data[field.name] = [_to_data(field.type, description, item) for item in member]
        else:
            data[field.name] = _to_data(field.type, description, member)
    return data


def _member(struct: StructDescription, value: Any, name: str, index: int) -> Any:
    if struct.python_type is dict:
        return value.get(name, UNSET)
    return value[index] if struct.python_type is tuple else getattr(value, name, UNSET)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _type_name(struct: StructDescription) -> str:
    return struct.python_type.__name__ if struct.python_type not in (dict, tuple) else "the structure"


def _expected(kind: Type, description: Description | None) -> str:
    if isinstance(description, EnumDescription):
        return "one of " + ", ".join(name for name, _ in description.pairs)
    return f"a value of type {kind.name}"


def _shown(data: object) -> str:
    text = repr(data)
    return text if len(text) <= 60 else f"{text[:57]}..."
