"""What the constructor of a model calls its fields."""

from __future__ import annotations

from typing import Any

__all__ = ["pydantic_keyword"]


def pydantic_keyword(cls: type[Any], name: str, info: Any) -> str | None:
    """The keyword that a model of pydantic takes the value of a field by: its name, or an alias that hides the name.

    None when only a path into other data leads to the field (``AliasPath``).
    """
    config = getattr(cls, "model_config", None) or getattr(cls, "__pydantic_config__", None) or {}
    alias = info.validation_alias if info.validation_alias is not None else info.alias
    by_name = config.get("populate_by_name") or config.get("validate_by_name")
    if alias is None or by_name or config.get("validate_by_alias") is False:
        return name
    choices = getattr(alias, "choices", [alias])
    return next((choice for choice in choices if isinstance(choice, str)), None)
