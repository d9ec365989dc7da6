"""Tables declared by annotating classes.

``@wsx.struct`` makes the :class:`~wsx.descriptions.StructDescription` of a class from its annotations, and
:func:`field` says what an annotation cannot. What the annotations mean:

===================================  ========================================================================
``int float bool str bytes``         INT64, DOUBLE, BOOL, STRING, BYTES
``Int8`` … ``UInt64``, ``Float`` …   the type named; for type checkers they are int, float, …
``Annotated[X, Type.…]``             the type named, where X is the class of its values
``decimal.Decimal``, ``uuid.UUID``   DECIMAL, GUID
``datetime.datetime``                DATETIME (``wsx.DateTime`` too: it is read where it is needed)
``Duration``, ``TimeSpan``           DURATION, TIMESPAN; ``Annotated[timedelta, Type.TIMESPAN]``
``XmlQName``, ``UniqueId``           XML_QNAME, UNIQUE_ID
a subclass of ``enum.Enum``          ENUM
a class made by ``@wsx.struct``      STRUCT
``Annotated[int, Int8Description(…)]``  the type of the description, and its limits
``list[X]``                          REPEATING_ELEMENT, with a wrapper by ``field(wrapper=…)``
``X | None``                         OPTIONAL: None is an absent field, and an absent field reads as None
``X | Unset``                        OPTIONAL: ``UNSET`` is an absent field, and an absent field reads as it
``Nillable[X]``                      NILLABLE: None is an element with xsi:nil
``list[Nillable[X]]``                NILLABLE_ITEM: None is an item with xsi:nil
``Nillable[X] | Unset``              both: None is nil, UNSET is absent
``A | B``                            ELEMENT_CHOICE: the class of the value selects the element
``list[A | B]``                      REPEATING_ELEMENT_CHOICE
``Annotated[Choice, choice_of({…})]``  a choice by selector: the name of the element
``XmlBuffer``                        XML_BUFFER: an element kept as XML, whatever is in it
``XmlBuffer``, ``field(any=True)``   ANY_ELEMENT; a list of them is REPEATING_ANY_ELEMENT
the same, ``field(any_content=…)``   ANY_CONTENT
``dict[XmlQName, str]``              ANY_ATTRIBUTES
===================================  ========================================================================

An element of a choice is called as the class is (``local_name`` of ``@wsx.struct``), or as ``field(local_name=…)`` in
its own annotation says, which a scalar must have: ``Annotated[int, field(local_name="count")] | Text``.

A value given to a field in the class body is the default of the constructor, and nothing else; for the default of a
schema, which an absent field reads as, say ``field(optional=True, default=…)``.

Annotations are evaluated when the class is decorated. Where they name something that does not exist yet (recursion,
classes that refer to each other) the table is made when it is first asked for.
"""

from wsx.declare.aliases import (
    Bool,
    Bytes,
    Decimal,
    Double,
    Float,
    Guid,
    Int8,
    Int16,
    Int32,
    Int64,
    Nillable,
    String,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    UniqueId,
)
from wsx.declare.fields import field
from wsx.declare.mapping import choice_of
from wsx.declare.tables import describe, element_of, struct, struct_of

__all__ = [
    "Bool",
    "Bytes",
    "Decimal",
    "Double",
    "Float",
    "Guid",
    "Int8",
    "Int16",
    "Int32",
    "Int64",
    "Nillable",
    "String",
    "UInt8",
    "UInt16",
    "UInt32",
    "UInt64",
    "UniqueId",
    "choice_of",
    "describe",
    "element_of",
    "field",
    "struct",
    "struct_of",
]
