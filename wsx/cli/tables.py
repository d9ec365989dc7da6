"""Description tables named on the command line."""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from wsx.cli.values import ValueProblem, element_from_data
from wsx.declare import element_of
from wsx.descriptions import ElementDescription, MessageDescription, Type
from wsx.errors import WsError

__all__ = ["CustomHeader", "TableProblem", "load_element", "load_header", "load_message"]


class TableProblem(ValueError):
    """A name on the command line does not lead to a usable table."""


@dataclass(frozen=True)
class CustomHeader:
    """A custom header with its value, the same on every message."""

    element: ElementDescription
    value: Any


def _load(name: str) -> Any:
    """The object that ``module:NAME`` names; modules of the current directory are found. Raises TableProblem."""
    module_name, colon, attribute = name.partition(":")
    if not (module_name and colon and attribute):
        raise TableProblem(f"{name!r} is not of the form module:NAME")
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        found: Any = importlib.import_module(module_name)
    except ImportError as error:
        raise TableProblem(f"{name!r}: the module cannot be imported: {error}") from error
    except WsError as error:
        raise TableProblem(f"{name!r}: the module has an illegal table: {error}") from error
    for part in attribute.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise TableProblem(f"{name!r}: {module_name} has no {attribute}") from None
    return found


def load_element(name: str) -> ElementDescription:
    """The element that ``module:NAME`` describes: an ElementDescription or a ``@wsx.struct`` class."""
    found = _load(name)
    try:
        return element_of(found)
    except (WsError, TypeError) as error:
        kind = type(found).__name__
        raise TableProblem(
            f"{name!r} is neither an ElementDescription nor a @wsx.struct class, but a {kind}"
        ) from error


def load_message(name: str, action: str | None = None) -> MessageDescription:
    """The message that ``module:NAME`` describes, or one with that element; ``action`` replaces its action."""
    found = _load(name)
    if not isinstance(found, MessageDescription):
        return MessageDescription(action, load_element(name))
    return found if action is None else MessageDescription(action, found.body)


def load_header(argument: str) -> CustomHeader:
    """A header from ``module:NAME=VALUE``.

    VALUE is JSON for a structure and the text of the element for everything else.
    """
    name, equals, text = argument.partition("=")
    if not equals:
        raise TableProblem(f"{argument!r} is not of the form module:NAME=VALUE")
    element = load_element(name)
    data: Any = text
    if element.type is Type.STRUCT:
        try:
            data = json.loads(text, parse_float=Decimal)
        except ValueError as error:
            raise TableProblem(f"header {name}: the value of a structure is JSON: {error}") from error
    try:
        return CustomHeader(element, element_from_data(element, data))
    except ValueProblem as error:
        raise TableProblem(f"header {name}: {error}") from error
