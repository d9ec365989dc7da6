"""How an element is spelled where XML leaves a choice, for peers that insist on one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from wsx.descriptions import check_namespace, is_ncname
from wsx.errors import InvalidArgument

__all__ = ["Spelling"]


@dataclass(frozen=True)
class Spelling:
    """What :func:`wsx.write_element` may choose; the defaults are what WWSAPI writes.

    ``prefixes`` maps prefixes to the namespaces they stand for, "" to the default namespace; other namespaces become
    the default one where they begin. ``declare_on_root`` declares all of them on the outermost element instead of
    where they are used first. ``emit_uncompressed_empty_elements`` writes ``<a></a>`` instead of ``<a/>``, and
    ``write_declaration`` an XML declaration first (the writer properties of these names).
    """

    prefixes: Mapping[str, str] = field(default_factory=dict)
    declare_on_root: bool = False
    emit_uncompressed_empty_elements: bool = False
    write_declaration: bool = False

    def __post_init__(self) -> None:
        given: object = self.prefixes
        if not isinstance(given, Mapping):
            raise InvalidArgument(f"Spelling.prefixes must map prefixes to namespaces, not {given!r}")
        for prefix, ns in given.items():
            if prefix != "" and (not isinstance(prefix, str) or not is_ncname(prefix) or prefix in ("xml", "xmlns")):
                raise InvalidArgument(f"Spelling.prefixes: {prefix!r} cannot be a prefix")
            check_namespace(ns, "Spelling.prefixes", f"the namespace of {prefix!r}")
            if not ns:
                raise InvalidArgument(f"Spelling.prefixes: {prefix!r} must stand for a namespace")
        if len(set(self.prefixes.values())) < len(self.prefixes):
            raise InvalidArgument("Spelling.prefixes: two prefixes stand for the same namespace")
        object.__setattr__(self, "prefixes", MappingProxyType(dict(self.prefixes)))

    def __hash__(self) -> int:
        return hash((tuple(sorted(self.prefixes.items())), self.declare_on_root, self.emit_uncompressed_empty_elements))

    def prefix_of(self, ns: str) -> str | None:
        """The prefix wished for a namespace, None where there is no wish."""
        return next((prefix for prefix, bound in self.prefixes.items() if bound == ns), None)
