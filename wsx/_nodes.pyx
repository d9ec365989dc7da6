"""The nodes of a document, as a cursor shows them: small immutable objects without a tree behind them."""

cimport cython

from wsx.cursors import NodeType
from wsx.errors import InvalidArgument


cdef int wrong_type(object text, str what) except -1:
    raise InvalidArgument(f"{what} must be a str, not {type(text).__name__}")


@cython.final
@cython.freelist(16)
cdef class XmlAttribute:
    """An attribute of an element node (WS_XML_ATTRIBUTE), or with ``is_xmlns`` a declaration: ``prefix`` stands for
    ``ns`` then, "" being the default namespace, ``local_name`` repeats the prefix (or is ``xmlns``) and ``value`` is
    empty. ``single_quote`` asks a writer for ``'`` around the value.
    """

    def __init__(self, local_name, value="", *, ns="", prefix=None, bint single_quote=False, bint is_xmlns=False):
        wanted(local_name, "local_name")
        wanted(value, "value")
        wanted(ns, "ns")
        if prefix is not None:
            wanted(prefix, "prefix")
        self.local_name = local_name
        self.ns = ns
        self.prefix = prefix
        self.value = value
        self.single_quote = single_quote
        self.is_xmlns = is_xmlns

    def __eq__(self, other):
        if type(other) is not XmlAttribute:
            return NotImplemented
        return state_of_attribute(self) == state_of_attribute(<XmlAttribute>other)

    def __hash__(self):
        return hash(state_of_attribute(self))

    def __repr__(self):
        return f"XmlAttribute({self.local_name!r}, {self.value!r}, ns={self.ns!r}, prefix={self.prefix!r}, " \
               f"single_quote={self.single_quote}, is_xmlns={self.is_xmlns})"

    def __reduce__(self):
        return restore_attribute, state_of_attribute(self)


cdef tuple state_of_attribute(XmlAttribute attribute):
    return (attribute.local_name, attribute.value, attribute.ns, attribute.prefix, attribute.single_quote,
            attribute.is_xmlns)


def restore_attribute(local_name, value, ns, prefix, single_quote, is_xmlns):
    return XmlAttribute(local_name, value, ns=ns, prefix=prefix, single_quote=single_quote, is_xmlns=is_xmlns)


@cython.final
@cython.freelist(16)
cdef class XmlNode:
    """A node of a document (WS_XML_NODE).

    ``type`` is its NodeType. An ELEMENT has ``local_name``, ``ns``, ``prefix`` ("" for none; None lets a writer
    choose) and ``attributes``, ordinary ones first, then declarations, and ``is_empty`` when it was ``<a/>``. TEXT and
    COMMENT have ``value``. What a kind does not have is empty.
    """

    def __init__(self, type, local_name="", ns="", prefix=None, attributes=(), *, value="", bint is_empty=False):
        wanted(local_name, "local_name")
        wanted(ns, "ns")
        wanted(value, "value")
        if prefix is not None:
            wanted(prefix, "prefix")
        if not isinstance(type, NodeType):
            raise InvalidArgument(f"type must be a wsx.NodeType, not {type!r}")
        self.type = type
        self.local_name = local_name
        self.ns = ns
        self.prefix = "" if prefix is None and type is not NodeType.ELEMENT else prefix
        self.attributes = tuple(attributes)
        self.value = value
        self.is_empty = is_empty
        for attribute in self.attributes:
            if not isinstance(attribute, XmlAttribute):
                raise InvalidArgument(f"attributes must be XmlAttribute objects, not {attribute!r}")

    @staticmethod
    def text(value):
        """A TEXT node."""
        return XmlNode(NodeType.TEXT, value=value)

    @staticmethod
    def comment(value):
        """A COMMENT node."""
        return XmlNode(NodeType.COMMENT, value=value)

    def attribute(self, local_name, ns=""):
        """The value of the attribute of that name, None when there is none."""
        cdef XmlAttribute attribute
        for attribute in self.attributes:
            if not attribute.is_xmlns and attribute.local_name == local_name and attribute.ns == ns:
                return attribute.value
        return None

    def __eq__(self, other):
        if type(other) is not XmlNode:
            return NotImplemented
        return state_of_node(self) == state_of_node(<XmlNode>other)

    def __hash__(self):
        return hash(state_of_node(self))

    def __repr__(self):
        if self.type is NodeType.ELEMENT:
            return f"XmlNode(ELEMENT, {self.local_name!r}, {self.ns!r}, {self.prefix!r}, {self.attributes!r}, " \
                   f"is_empty={self.is_empty})"
        shown = f", value={self.value!r}" if self.value else ""
        return f"XmlNode({self.type.name}{shown})"

    def __reduce__(self):
        return restore_node, state_of_node(self)


cdef tuple state_of_node(XmlNode node):
    return node.type, node.local_name, node.ns, node.prefix, node.attributes, node.value, node.is_empty


def restore_node(type_, local_name, ns, prefix, attributes, value, is_empty):
    return XmlNode(type_, local_name, ns, prefix, attributes, value=value, is_empty=is_empty)


cdef XmlNode bare_node(object type_):
    """A node with nothing but its kind, to be filled in by a reader."""
    cdef XmlNode node = XmlNode.__new__(XmlNode)
    node.type = type_
    node.local_name = node.ns = node.prefix = node.value = ""
    node.attributes = ()
    return node
