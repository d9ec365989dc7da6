"""Classes of every kind that declarations work with, made from annotations."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping
from typing import Any

import attrs
import msgspec

from wsx.declare import struct

MISSING = dataclasses.MISSING
Defaults = Mapping[str, Any]


def _body(annotations: Mapping[str, Any], defaults: Defaults) -> dict[str, Any]:
    return {"__annotations__": dict(annotations), "__module__": __name__, **defaults}


def plain_class(name: str, annotations: Mapping[str, Any], defaults: Defaults) -> type[Any]:
    return type(name, (), _body(annotations, defaults))


def dataclass_class(name: str, annotations: Mapping[str, Any], defaults: Defaults) -> type[Any]:
    return dataclasses.dataclass(type(name, (), _body(annotations, defaults)))


def slotted_dataclass(name: str, annotations: Mapping[str, Any], defaults: Defaults) -> type[Any]:
    made: type[Any] = dataclasses.dataclass(slots=True)(type(name, (), _body(annotations, defaults)))
    return made


def attrs_class(name: str, annotations: Mapping[str, Any], defaults: Defaults) -> type[Any]:
    made: type[Any] = attrs.define(type(name, (), _body(annotations, defaults)))
    return made


def msgspec_class(name: str, annotations: Mapping[str, Any], defaults: Defaults) -> type[Any]:
    return types.new_class(name, (msgspec.Struct,), {}, lambda body: body.update(_body(annotations, defaults)))


def pydantic_class(name: str, annotations: Mapping[str, Any], defaults: Defaults) -> type[Any]:
    import pydantic

    config = pydantic.ConfigDict(arbitrary_types_allowed=True)  # for Unset
    whole = {**_body(annotations, defaults), "model_config": config}
    return types.new_class(name, (pydantic.BaseModel,), {}, lambda body: body.update(whole))


KINDS: dict[str, Callable[[str, Mapping[str, Any], Defaults], type[Any]]] = {
    "plain": plain_class,
    "dataclass": dataclass_class,
    "slots": slotted_dataclass,
    "attrs": attrs_class,
    "msgspec": msgspec_class,
    "pydantic": pydantic_class,
}


def declared(kind: str, annotations: Mapping[str, Any], defaults: Defaults | None = None, **options: Any) -> type[Any]:
    """A declared class R of a kind; its fields are annotated with field() inside Annotated."""
    made: type[Any] = struct(**options)(KINDS[kind]("R", annotations, defaults or {}))
    return made


def instance(cls: type[Any], **values: Any) -> Any:
    """An instance with these values, whether the class allows them or not."""
    construct = getattr(cls, "model_construct", cls)
    return construct(**values)
