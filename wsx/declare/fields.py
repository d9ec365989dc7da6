"""``field()``: what the annotation of a field cannot say."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Final, TypeVar, overload

from wsx.errors import InvalidArgument

__all__ = ["METADATA_KEY", "Settings", "field"]

T = TypeVar("T")

METADATA_KEY: Final = "wsx"


@dataclasses.dataclass(frozen=True)
class Settings:
    """What field() was told."""

    local_name: str | None = None
    ns: str | None = None
    kind: str = ""
    """The one of the keywords attribute, xml_attribute, text, any, any_content that was given."""
    wrapper: str | None = None
    wrapper_ns: str | None = None
    other_namespace: bool = False
    optional: bool = False
    item_range: tuple[int, int | None] | None = None


@overload
def field(
    *,
    default: T,
    kw_only: bool = ...,
    local_name: str | None = ...,
    ns: str | None = ...,
    attribute: bool = ...,
    xml_attribute: bool = ...,
    text: bool = ...,
    any: bool = ...,
    any_content: bool = ...,
    other_namespace: bool = ...,
    wrapper: str | None = ...,
    wrapper_ns: str | None = ...,
    optional: bool = ...,
    item_range: tuple[int, int | None] | None = ...,
) -> T: ...


@overload
def field(
    *,
    default_factory: Callable[[], T],
    kw_only: bool = ...,
    local_name: str | None = ...,
    ns: str | None = ...,
    attribute: bool = ...,
    xml_attribute: bool = ...,
    text: bool = ...,
    any: bool = ...,
    any_content: bool = ...,
    other_namespace: bool = ...,
    wrapper: str | None = ...,
    wrapper_ns: str | None = ...,
    optional: bool = ...,
    item_range: tuple[int, int | None] | None = ...,
) -> T: ...


@overload
def field(
    *,
    kw_only: bool = ...,
    local_name: str | None = ...,
    ns: str | None = ...,
    attribute: bool = ...,
    xml_attribute: bool = ...,
    text: bool = ...,
    any: bool = ...,
    any_content: bool = ...,
    other_namespace: bool = ...,
    wrapper: str | None = ...,
    wrapper_ns: str | None = ...,
    optional: bool = ...,
    item_range: tuple[int, int | None] | None = ...,
) -> Any: ...


def field(
    *,
    default: Any = dataclasses.MISSING,
    default_factory: Any = dataclasses.MISSING,
    kw_only: Any = dataclasses.MISSING,
    local_name: str | None = None,
    ns: str | None = None,
    attribute: bool = False,
    xml_attribute: bool = False,
    text: bool = False,
    any: bool = False,
    any_content: bool = False,
    other_namespace: bool = False,
    wrapper: str | None = None,
    wrapper_ns: str | None = None,
    optional: bool = False,
    item_range: tuple[int, int | None] | None = None,
) -> Any:
    """What the annotation of a field cannot say (WS_FIELD_DESCRIPTION).

    ``default``, ``default_factory`` and ``kw_only`` are those of ``dataclasses.field``. ``local_name`` and ``ns`` name
    the element or attribute, by default the field's name and the class's ``ns`` (attributes: no namespace); of a list
    they name each item. ``wrapper`` and ``wrapper_ns`` name an element around the items of a list.

    At most one of these says where the field stands, if not in an element: ``attribute``; ``xml_attribute``, an
    attribute of the namespace of ``xml:`` such as xml:lang; ``text``, the text of the element itself; ``any``, an
    element of any name (WS_ANY_ELEMENT_FIELD_MAPPING), of a list each item; ``any_content``, all content that no other
    field takes. With ``any``, and for other attributes (``dict[wsx.XmlQName, str]``), ``ns`` is the one namespace that
    is taken, or with ``other_namespace`` the only one that is not.

    ``optional`` lets the field be absent and then read as ``default``. ``item_range`` is (least, most or None) items
    of a list.

    The result goes after the ``=`` of a field. For attrs, msgspec and pydantic classes, whose fields have ``=`` for
    themselves, it goes into the annotation: ``Annotated[str, wsx.field(local_name="productName")]``; so it does for
    one element of a choice.
    """
    kinds = {
        "attribute": attribute,
        "xml_attribute": xml_attribute,
        "text": text,
        "any": any,
        "any_content": any_content,
    }
    chosen = [name for name, given in kinds.items() if given]
    if len(chosen) > 1:
        raise InvalidArgument(f"field(): {' and '.join(chosen)} exclude each other")
    if wrapper is None and wrapper_ns is not None:
        raise InvalidArgument("field(): wrapper_ns needs wrapper")
    kind = chosen[0] if chosen else ""
    settings = Settings(local_name, ns, kind, wrapper, wrapper_ns, other_namespace, optional, item_range)
    keywords = {"default": default, "default_factory": default_factory, "kw_only": kw_only}
    given = {name: value for name, value in keywords.items() if value is not dataclasses.MISSING}
    try:
        return dataclasses.field(**given, metadata={METADATA_KEY: settings})
    except ValueError as error:
        raise InvalidArgument(f"field(): {error}") from error
