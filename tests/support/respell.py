"""The same document in other spellings: prefixes, declarations, quotes, white space, comments, CDATA, references."""

from __future__ import annotations

import random

from tests.support.xml_tables import Node

XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace"
_COMMENTS = ("<!---->", "<!-- <a> & ]]> -->", "<?p?>", "<?target with > and < data ?>", "<!--é-->")
_WHITE_SPACE = (" ", "\n", "\t", "\r\n", "\r", "  \n\t ")


class Speller:
    """Spells documents; each choice is made by `source`, so that one seed is one spelling."""

    def __init__(self, source: random.Random) -> None:
        self.source = source
        self.numbers = 0

    def document(self, node: Node) -> bytes:
        """The node as a document of its own."""
        parts = [self.chance('<?xml version="1.0" encoding="UTF-8"?>', 0.3)]
        parts += [self.between(), self.element(node, {"xml": XML_NAMESPACE}), self.between()]
        return "".join(parts).encode()

    def chance(self, text: str, probability: float = 0.3) -> str:
        return text if self.source.random() < probability else ""

    def between(self) -> str:
        """What may stand between elements."""
        pieces = (*_COMMENTS, *_WHITE_SPACE)
        return "".join(self.source.choice(pieces) for _ in range(self.source.choice((0, 0, 1, 3))))

    def space(self) -> str:
        return self.source.choice(_WHITE_SPACE)

    def prefix_for(self, ns: str, scope: dict[str, str], declared: dict[str, str], attribute: bool) -> str:
        """A prefix that means ns here: one in force, or a new declaration, which `declared` gets."""
        if not ns:
            if not attribute and scope.get("", ""):
                declared[""] = ""
                scope[""] = ""
            return ""
        known = [prefix for prefix, bound in scope.items() if bound == ns and (prefix or not attribute)]
        if known and self.source.random() < 0.8:
            return self.source.choice(known)
        self.numbers += 1
        fresh = self.source.choice((f"p{self.numbers}", "p", "q", "_é"))
        prefix = "" if not attribute and "" not in declared and self.source.random() < 0.4 else fresh
        if prefix in declared or prefix in ("xml", "xmlns"):
            prefix = f"p{self.numbers}"
        declared[prefix] = ns
        scope[prefix] = ns
        return prefix

    def element(self, node: Node, scope: dict[str, str]) -> str:
        inside, declared = dict(scope), dict[str, str]()
        if self.source.random() < 0.1:
            # a declaration that nobody uses, which may hide a prefix in force
            unused = self.source.choice(("p", "u"))
            declared[unused] = inside[unused] = "urn:unused"
        ns, local = node.name
        # the prefix of the element is chosen first: nothing declared after it may change what it means
        prefix = self.prefix_for(ns, inside, declared, attribute=False)
        name = f"{prefix}:{local}" if prefix else local
        attributes = []
        for (attribute_ns, attribute_local), value in node.attributes.items():
            attribute_prefix = self.attribute_prefix(attribute_ns, inside, declared, prefix)
            spelled = f"{attribute_prefix}:{attribute_local}" if attribute_prefix else attribute_local
            attributes.append(self.attribute(spelled, value))
        attributes += [self.attribute(f"xmlns:{p}" if p else "xmlns", uri) for p, uri in declared.items()]
        self.source.shuffle(attributes)
        tag = name + "".join(self.space() + attribute for attribute in attributes) + self.chance(self.space())
        content = self.content(node, inside)
        if not content and self.source.random() < 0.5:
            return f"<{tag}/>"
        return f"<{tag}>{content}</{name}{self.chance(self.space())}>"

    def attribute_prefix(self, ns: str, inside: dict[str, str], declared: dict[str, str], taken: str) -> str:
        if not ns:
            return ""
        known = [p for p, bound in inside.items() if bound == ns and p]
        if known and self.source.random() < 0.8:
            return self.source.choice(known)
        self.numbers += 1
        prefix = f"n{self.numbers}"
        assert prefix != taken
        declared[prefix] = inside[prefix] = ns
        return prefix

    def content(self, node: Node, scope: dict[str, str]) -> str:
        if not node.children:
            return self.text(node.text)
        return self.between() + "".join(self.element(child, scope) + self.between() for child in node.children)

    def attribute(self, name: str, value: str) -> str:
        quote = self.source.choice("\"'")
        equals = self.source.choice(("=", " =", "= ", "\n=\t"))
        spelled = "".join(self.character(c, attribute=True, quote=quote) for c in value)
        return f"{name}{equals}{quote}{spelled}{quote}"

    def character(self, c: str, *, attribute: bool, quote: str = "") -> str:
        named = {"<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;", "'": "&apos;"}
        must = c in "<&\r" or c == quote or (attribute and c in "\t\n") or c == ">"
        if must or self.source.random() < 0.1:
            forms = [f"&#{ord(c)};", f"&#x{ord(c):X};", f"&#x{ord(c):x};"]
            return self.source.choice([*forms, named[c]] if c in named else forms)
        return c

    def text(self, text: str) -> str:
        """Text as a mixture of characters, references and CDATA, with comments in between."""
        parts = []
        while text:
            length = self.source.randint(1, max(1, len(text)))
            piece, text = text[:length], text[length:]
            if self.source.random() < 0.2 and "]]>" not in piece and "\r" not in piece:
                parts.append(f"<![CDATA[{piece}]]>")
            else:
                parts.append("".join(self.character(c, attribute=False) for c in piece))
            parts.append(self.chance(self.source.choice(_COMMENTS), 0.2))
        return "".join(parts) or self.chance("<!-- empty -->", 0.2)
