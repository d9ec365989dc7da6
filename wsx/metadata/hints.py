"""Annotations of simple types from their source, without running it: what a kept import says is data, not a program."""

from __future__ import annotations

import ast
import datetime
import decimal
import functools
import operator
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, get_args

from wsx import declare, limits, xsd
from wsx.descriptions import EnumDescription
from wsx.enumerations import Type
from wsx.errors import InvalidFormat
from wsx.values import Duration, XmlQName

__all__ = ["described", "hint_of"]

_PLAIN: Final[Mapping[str, Any]] = {
    "Annotated": Annotated,
    **{made.__name__: made for made in (bool, bytes, float, int, list, object, str)},
}
_MODULES: Final[Mapping[str, Mapping[str, Any]]] = {
    "wsx": {
        **{name: getattr(declare, name) for name in declare.__all__ if name[0].isupper()},
        **{name: getattr(limits, name) for name in limits.__all__ if name.endswith("Description")},
        **{made.__name__: made for made in (Duration, EnumDescription, XmlQName)},
    },
    "xsd": {name: made for name, made in vars(xsd).items() if name in xsd.__all__},
    "datetime": {made.__name__: made for made in (datetime.datetime, datetime.date, datetime.time)},
    "decimal": {"Decimal": decimal.Decimal},
}


def hint_of(source: str, enums: Callable[[int], Any]) -> Any:
    """The annotation that ``source`` means; ``«3»`` in it is what ``enums`` gives for 3.

    Only names of types and descriptions, literals, and calls of these mean anything; InvalidFormat for all else.
    """
    text = re.sub("«([0-9]+)»", r"enum_\1", source)
    try:
        return _value(ast.parse(text, mode="eval").body, enums)
    except (SyntaxError, TypeError, ValueError, RecursionError) as error:
        raise InvalidFormat(f"{source!r} is no annotation: {error}") from error


def described(hint: Any) -> Any:
    """The description in an annotation, None without one."""
    return next((item for item in get_args(hint)[1:] if not isinstance(item, Type)), None)


def _value(node: ast.expr, enums: Callable[[int], Any]) -> Any:
    inner = functools.partial(_value, enums=enums)
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        if node.id.startswith("enum_"):
            return enums(int(node.id[5:]))
        if node.id in _PLAIN:
            return _PLAIN[node.id]
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        names = _MODULES.get(node.value.id, {})
        if node.attr in names:
            return names[node.attr]
    elif isinstance(node, ast.Subscript):
        return inner(node.value)[inner(node.slice)]
    elif isinstance(node, ast.Tuple):
        return tuple(map(inner, node.elts))
    elif isinstance(node, ast.Dict):
        return {inner(key): inner(item) for key, item in zip(node.keys, node.values, strict=True) if key is not None}
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -inner(node.operand)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return operator.or_(inner(node.left), inner(node.right))
    elif isinstance(node, ast.Call):
        keywords = {one.arg: inner(one.value) for one in node.keywords if one.arg is not None}
        return inner(node.func)(*map(inner, node.args), **keywords)
    raise ValueError(f"{ast.unparse(node)} cannot stand in it")
