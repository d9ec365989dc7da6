"""What the callbacks of CUSTOM types write and read, by the mapping of the field (WS_WRITE_TYPE_CALLBACK, types.md §5).

The callbacks get a writer of their own, whose result is checked to be what the mapping wants before it goes into the
output, and a reader over nothing but their part.
"""

from cpython.dict cimport PyDict_Items

from wsx._cursor_reader import XmlReader
from wsx._cursor_writer import fragment_writer
from wsx.cursors import NodeType
from wsx.errors import InvalidFormat, WsError
from wsx.fragment import XmlBuffer

cdef str NAME = "e"  # of elements and attributes whose own name does not matter


cdef object call(object callback, tuple arguments):
    try:
        return callback(*arguments)
    except (WsError, MemoryError):
        raise
    except Exception as error:
        raise InvalidFormat(f"the callback of a custom type failed: {error}") from error


cdef int written(object writer, Py_ssize_t depth, bint in_attribute, str what) except -1:
    if writer.depth != depth or writer.in_attribute != in_attribute:
        raise InvalidFormat(f"the callback of a custom type left an element open, or closed {what}")
    return 0


def write_element(description, value, dict bindings, prefix, local_name, ns):
    """The element of that name with what the callback adds to it."""
    writer = fragment_writer(tuple(PyDict_Items(bindings)))
    writer.start_element(local_name, ns, prefix)
    call(description.write, (writer, value))
    written(writer, 1, False, "the one of the table")
    writer.end_element()
    return writer.to_bytes()


def write_any_element(description, value, dict bindings):
    """The one element that the callback writes."""
    writer = fragment_writer(tuple(PyDict_Items(bindings)))
    call(description.write, (writer, value))
    data = writer.to_bytes()
    written(writer, 0, False, "nothing")
    if not XmlReader(XmlBuffer(data, tuple(PyDict_Items(bindings)))).read_to_start_element(required=False):
        raise InvalidFormat("the callback of a custom type wrote no element")
    return data


def write_text(description, value, dict bindings, prefix, ns):
    """The text of an element that is called anything."""
    writer = fragment_writer(tuple(PyDict_Items(bindings)))
    writer.start_element(NAME, ns, prefix)
    writer.end_start_element()
    start = len(writer.to_bytes())
    call(description.write, (writer, value))
    written(writer, 1, False, "the one of the table")
    writer.end_element()
    data = writer.to_bytes()
    nodes = XmlReader(XmlBuffer(data, tuple(PyDict_Items(bindings))))
    if sum(node.type is NodeType.ELEMENT for node in nodes) != 1:
        raise InvalidFormat("the callback of a custom type wrote elements where only text can stand")
    return data[start : data.rindex(b"</")]


def write_attribute(description, value, dict bindings, prefix, ns):
    """The text of an attribute, and the prefixes that it needs besides those in force, with their namespaces."""
    writer = fragment_writer(tuple(PyDict_Items(bindings)))
    writer.start_element(NAME, ns, prefix)
    writer.start_attribute(NAME)
    call(description.write, (writer, value))
    written(writer, 1, True, "the attribute")
    writer.end_attribute()
    writer.end_element()
    data = writer.to_bytes()
    start = data.index(b'="') + 2
    end = data.index(b'"', start)
    # a prefix without namespace is only taken, by an attribute that may stand beside this one
    scope = tuple([pair for pair in PyDict_Items(bindings) if pair[1] or not pair[0]])
    node = XmlReader(XmlBuffer(data, scope)).read()
    if sum(not attribute.is_xmlns for attribute in node.attributes) != 1:
        raise InvalidFormat("the callback of a custom type wrote other attributes than its own")
    return data[start:end], {each.prefix: each.ns for each in node.attributes if each.is_xmlns}


def read_element(description, element):
    """The value of an element, with its own name or that of a table."""
    reader = XmlReader(element)
    reader.read_to_start_element()
    return call(description.read, (reader,))


def read_text(description, element):
    """The value of the text of an element; InvalidFormat when some of it is left."""
    reader = XmlReader(element)
    reader.read_to_start_element()
    reader.read_start_element()
    value = call(description.read, (reader,))
    reader.read_end_element()
    return value


def read_attribute(description, text, scope):
    """The value of the text of an attribute, given escaped; ``scope`` are the bindings in force."""
    reader = XmlReader(XmlBuffer(b'<e e="' + text + b'"/>', scope))
    reader.read_to_start_element()
    reader.read_start_attribute(0)
    return call(description.read, (reader,))
