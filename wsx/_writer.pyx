"""Plan + value → bytes: one walk over the value, straight into the output buffer.

Nothing is written twice or half: a value that does not fit raises, and the output is cut back to where the element
began. Where the walk stands is kept as one frame per open element, so that an error can name the path without any
handler inside the walk.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_CheckExact, PyDict_GetItemWithError
from cpython.exc cimport PyErr_Clear, PyErr_ExceptionMatches
from cpython.list cimport PyList_CheckExact
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF, Py_XDECREF, Py_XINCREF
from cpython.tuple cimport PyTuple_CheckExact
from libc.stdint cimport uint64_t
from libc.string cimport memset

from wsx._access cimport FROM_DICT, FROM_OBJECT, FROM_TUPLE
from wsx._buffer cimport (
    out_append,
    out_close,
    out_hand_over,
    out_length,
    out_open,
    out_position,
    out_put,
    out_take,
)
from wsx._codec cimport Codec
from wsx._columns cimport Columns, Place
from wsx._late cimport (
    any_attributes,
    custom_element,
    fragment_of,
    insert,
    left_out,
    write_late,
    write_name,
    write_qname,
)
from wsx._lexical_texts cimport write_string
from wsx._plan cimport (
    ANY_ATTRIBUTES,
    ANY_FRAGMENT,
    CHOICE,
    CUSTOM,
    NAMED_FRAGMENT,
    QNAME,
    REQUIRED_VALUE,
    SCALAR,
    STRUCTURE,
    TYPE_ATTRIBUTE,
    VOID,
    WRITE_NILLABLE_POINTER,
    WRITE_NILLABLE_VALUE,
    Derived,
    WriteChoice,
    WritePlan,
    WriteRoot,
    WriteStep,
    declarations,
    write_root,
)

from collections.abc import Iterable, Iterator, Mapping

from wsx._fragment import adapt, rename
from wsx.descriptions import WriteOption
from wsx.errors import InvalidArgument, InvalidFormat, InvalidOperation, ObjectFaulted, QuotaExceeded, WsError
from wsx.values import UNSET, Choice

cdef extern from "_cpython.h":
    PyObject** wsx_slot(object instance, Py_ssize_t offset) noexcept
    PyObject* wsx_type(PyObject* instance) noexcept

cdef extern from "Python.h":
    PyObject* Py_None
    PyObject* PyErr_PyObject_GetAttr "PyObject_GetAttr"(PyObject*, PyObject*) noexcept
    PyObject* PyErr_PyObject_GetItem "PyObject_GetItem"(PyObject*, PyObject*) noexcept
    PyObject* PyTuple_GET_ITEM(PyObject*, Py_ssize_t) noexcept
    PyObject* PyList_GET_ITEM(PyObject*, Py_ssize_t) noexcept
    Py_ssize_t PyList_GET_SIZE(PyObject*) noexcept
    Py_ssize_t PyTuple_GET_SIZE(PyObject*) noexcept
    Py_ssize_t PY_SSIZE_T_MAX

# Python-level constants as C pointers: the walk compares them with every value.
cdef PyObject* ABSENT = <PyObject*>UNSET

cdef enum:
    INLINE_FRAMES = 34          # a frame for the root, one for each element of the default depth, one for bare fields
    LARGEST_HINT = 1 << 24

cdef struct Frame:
    # One open element: the field being written and the references that the walk owns meanwhile.
    const WriteStep* step
    Py_ssize_t index            # item of a repeating field, -1 outside
    PyObject* value
    PyObject* item

cdef struct Walk:
    Frame* frame
    Frame* first
    Py_ssize_t depth            # elements open now, and how many may be
    Py_ssize_t most


cdef PyObject* fetch(WritePlan plan, const WriteStep* step, PyObject* value, bint direct) except? NULL:
    """A new reference to the field's value; NULL without an error when there is none."""
    cdef PyObject* found
    if direct and step.slot:
        found = wsx_slot(<object>value, step.slot)[0]
        if found is not NULL:
            Py_INCREF(<object>found)
        return found
    if plan.access.fetch == FROM_OBJECT:
        found = PyErr_PyObject_GetAttr(value, step.name)
        if found is NULL and PyErr_ExceptionMatches(AttributeError):
            PyErr_Clear()
        return found
    if plan.access.fetch == FROM_TUPLE:
        found = PyTuple_GET_ITEM(value, step.index)
    elif PyDict_CheckExact(<object>value):
        found = PyDict_GetItemWithError(<object>value, <object>step.name)
        if found is NULL:
            return NULL
    else:
        found = PyErr_PyObject_GetItem(value, step.name)
        if found is NULL and PyErr_ExceptionMatches(KeyError):
            PyErr_Clear()
        return found
    Py_INCREF(<object>found)
    return found


cdef int check_structure(WritePlan plan, PyObject* value) except -1:
    """A value that is not exactly of the table's class: can its fields be fetched?"""
    cdef object item = <object>value
    cdef Py_ssize_t i
    if plan.access.fetch == FROM_TUPLE:
        if not isinstance(item, tuple) or len(item) != plan.count:
            raise InvalidArgument(f"expected a tuple of {plan.count} items, not {type(item).__name__}")
    elif plan.access.fetch == FROM_DICT:
        if not isinstance(item, Mapping):
            raise InvalidArgument(f"expected a dict, not {type(item).__name__}")
    elif item is None or item is UNSET or isinstance(item, (str, bytes, int, float, dict, list)):
        raise InvalidArgument(f"expected {plan.access.python_type.__name__}, not {type(item).__name__}")
    elif not isinstance(item, plan.access.python_type):
        # What has none of the fields would be written as if all were absent.
        for i in range(plan.count):
            if plan.steps[i].kind != VOID and hasattr(item, <str>plan.steps[i].name):
                return 0
        raise InvalidArgument(f"expected {plan.access.python_type.__name__}, not {type(item).__name__}")
    return 0


cdef int required(const WriteStep* step, PyObject* value) except -1:
    """The field's value is None or absent, and the table does not allow that."""
    if value is Py_None:
        raise InvalidArgument("the value is None, but the field is neither OPTIONAL nor NILLABLE")
    raise InvalidArgument("the value is missing, but the field is not OPTIONAL")


cdef inline int close_empty(Out* out) noexcept:
    """Turns the start tag just written into `<name/>`; the SLACK has room for the byte."""
    out.cursor[-1] = c"/"
    out.cursor[0] = c">"
    out.cursor += 1
    return 0


cdef inline int write_scalar(Out* out, const WriteStep* step, PyObject* value) except -1:
    """The element of a scalar."""
    cdef Py_ssize_t mark
    out_put(out, step.open.data, step.open.length)
    if step.codec.own_text:
        mark = out_length(out)
        step.codec.write(out, value, &step.codec)
        if out_length(out) == mark and not step.expand:
            return close_empty(out)
    else:
        step.codec.write(out, value, &step.codec)
    return out_put(out, step.close.data, step.close.length)


cdef int write_structure(Out* out, const WriteStep* step, PyObject* value, Walk* walk) except -1:
    """The element of a structure."""
    cdef WritePlan plan = <WritePlan>step.plan
    cdef bint direct = wsx_type(value) is plan.exact_type
    cdef Derived derived = None
    cdef Py_ssize_t mark
    if plan.derived is not None and not (direct and plan.access.fetch == FROM_OBJECT):
        derived = derived_of(plan, <object>value)
        if derived is not None:
            plan = derived.plan
            direct = wsx_type(value) is plan.exact_type
    if plan.abstract:
        raise InvalidFormat(f"{plan.access.python_type.__name__} is an abstract type: only derived ones can be written")
    if walk.depth >= walk.most:
        return too_deep(walk)
    walk.depth += 1
    walk.frame += 1
    walk.frame.step = NULL
    walk.frame.value = walk.frame.item = NULL
    walk.frame.index = -1
    if not direct or plan.access.fetch == FROM_TUPLE:
        check_structure(plan, value)
    out_put(out, step.open.data, step.open.length)
    if plan.late:
        mark = write_late_tag(out, step, plan, value, direct, walk, derived)
    else:
        if plan.split:
            write_attributes(out, plan, value, direct, walk.frame, derived, None)
            out_put(out, step.declarations.data, step.declarations.length)
            out_append(out, b">", 1)
        mark = out_position(out)
        if plan.text:
            write_text_field(out, plan, value, direct, walk, None, None)
    if not plan.text:
        write_fields(out, plan, value, direct, walk)
    walk.frame -= 1
    walk.depth -= 1
    if out_position(out) == mark and not step.expand:
        return close_empty(out)
    return out_put(out, step.close.data, step.close.length)


cdef Py_ssize_t write_late_tag(Out* out, const WriteStep* step, WritePlan plan, PyObject* value, bint direct,
                               Walk* walk, Derived derived) except -1:
    """A start tag whose declarations the values tell, those of a text included, which is written as well; returns the
    position behind the tag."""
    cdef dict fresh = {}
    cdef Py_ssize_t mark, place
    write_attributes(out, plan, value, direct, walk.frame, derived, fresh)
    place = out_length(out)
    out_put(out, step.declarations.data, step.declarations.length)
    out_append(out, b">", 1)
    mark = out_position(out)
    if plan.text:
        write_text_field(out, plan, value, direct, walk, plan.taken, fresh)
    return mark + insert(out, place, declarations(fresh))


cdef Derived derived_of(WritePlan plan, object value):
    """The derived type of a polymorphic one that the value is of; None for the declared type itself."""
    cdef Derived found
    if plan.access.fetch == FROM_DICT:
        description = value.get(<object>plan.steps[0].name) if isinstance(value, Mapping) else None
        return plan.derived.get(id(description))
    for cls in type(value).__mro__:
        if cls is plan.access.python_type:
            return None
        found = plan.derived.get(cls)
        if found is not None:
            return found
    return None


cdef int too_deep(Walk* walk) except -1:
    raise QuotaExceeded(f"the value is nested deeper than {walk.most} elements (max_depth)")


cdef int write_attributes(Out* out, WritePlan plan, PyObject* value, bint direct, Frame* frame,
                          Derived derived, dict fresh) except -1:
    """xsi:type and the attributes in table order, then the declarations of those that were written; `fresh` gets those
    that the values need beside them."""
    cdef uint64_t written = 0, declared = 0
    cdef const WriteStep* step
    cdef bytes given
    cdef Py_ssize_t i
    if derived is not None:
        out_append(out, PyBytes_AS_STRING(derived.type_attribute), PyBytes_GET_SIZE(derived.type_attribute))
    for i in range(plan.attributes):
        step = &plan.steps[i]
        if step.kind == TYPE_ATTRIBUTE or step.kind == VOID:
            continue
        frame.step = step
        frame.value = fetch(plan, step, value, direct)
        if frame.value is NULL or frame.value is ABSENT or frame.value is Py_None:
            if not step.optional and step.kind != ANY_ATTRIBUTES:
                required(step, frame.value)
        elif step.kind == ANY_ATTRIBUTES:
            given = any_attributes(<object>frame.value, plan.taken, <tuple>step.naming, fresh)
            out_append(out, PyBytes_AS_STRING(given), PyBytes_GET_SIZE(given))
        elif step.kind != CUSTOM or not left_out(step, <object>frame.value):
            out_put(out, step.open.data, step.open.length)
            if step.kind == SCALAR:
                step.codec.write(out, frame.value, &step.codec)
            else:
                write_late(out, step, frame.value, plan.taken, fresh)
            out_append(out, b'"', 1)
            written |= <uint64_t>1 << i
        Py_XDECREF(frame.value)
        frame.value = NULL
    for i in range(plan.attributes):
        step = &plan.steps[i]
        if step.declares >= 0 and written >> i & 1 and not declared >> step.declares & 1:
            declared |= <uint64_t>1 << step.declares
            out_put(out, step.declarations.data, step.declarations.length)
    if derived is not None:
        out_append(out, PyBytes_AS_STRING(derived.declarations), PyBytes_GET_SIZE(derived.declarations))
    return 0


cdef int write_text_field(Out* out, WritePlan plan, PyObject* value, bint direct, Walk* walk, dict taken,
                          dict fresh) except -1:
    """The text of a structure, which may be that of another one in it."""
    cdef Frame* frame = walk.frame
    cdef const WriteStep* step = &plan.steps[plan.attributes]
    cdef bytes text
    frame.step = step
    frame.value = fetch(plan, step, value, direct)
    if frame.value is NULL or frame.value is ABSENT or frame.value is Py_None:
        required(step, frame.value)
    if step.kind == SCALAR:
        step.codec.write(out, frame.value, &step.codec)
    elif step.kind == STRUCTURE:
        write_text_structure(out, <WritePlan>step.plan, frame.value, walk, taken, fresh)
    elif step.kind == QNAME:
        write_name(out, step, frame.value, taken, fresh)
    else:
        from wsx._custom_types import write_text

        prefix, _, ns = <tuple>step.naming
        text = write_text(<object>step.convert, <object>frame.value, <dict>step.bindings, prefix, ns)
        out_append(out, PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text))
    Py_XDECREF(frame.value)
    frame.value = NULL
    return 0


cdef int write_text_structure(Out* out, WritePlan plan, PyObject* value, Walk* walk, dict taken, dict fresh) except -1:
    """The text of a structure in a TEXT field, which counts as a level like an element."""
    cdef bint direct = wsx_type(value) is plan.exact_type
    if walk.depth >= walk.most:
        return too_deep(walk)
    walk.depth += 1
    walk.frame += 1
    walk.frame.step = NULL
    walk.frame.value = walk.frame.item = NULL
    walk.frame.index = -1
    if not direct or plan.access.fetch == FROM_TUPLE:
        check_structure(plan, value)
    write_text_field(out, plan, value, direct, walk, taken, fresh)
    walk.frame -= 1
    walk.depth -= 1
    return 0


cdef int write_fields(Out* out, WritePlan plan, PyObject* value, bint direct, Walk* walk) except -1:
    """The child elements of a structure."""
    cdef Frame* frame = walk.frame
    cdef const WriteStep* step
    cdef PyObject* item
    cdef Py_ssize_t i
    for i in range(plan.attributes, plan.count):
        step = &plan.steps[i]
        if step.kind == VOID:
            continue
        frame.step = step
        if direct and step.slot:
            item = wsx_slot(<object>value, step.slot)[0]
            Py_XINCREF(item)
        else:
            item = fetch(plan, step, value, direct)
        frame.value = item
        if item is NULL or item is ABSENT or item is Py_None:
            write_nothing(out, step, item, walk)
        elif step.kind == SCALAR and not step.repeating:
            if walk.depth >= walk.most:
                too_deep(walk)
            write_scalar(out, step, item)
        elif step.repeating:
            write_repeating(out, step, item, walk)
        else:
            write_value(out, step, item, walk)
        frame.value = NULL
        Py_XDECREF(item)
    return 0


cdef int write_value(Out* out, const WriteStep* step, PyObject* value, Walk* walk) except -1:
    """A field's value or an item: by the kind of its step."""
    cdef object buffer
    cdef bytes data
    if step.kind == SCALAR:
        return write_scalar(out, step, value)
    if step.kind == STRUCTURE:
        if step.convert is NULL:
            return write_structure(out, step, value, walk)
        buffer = (<object>step.convert)(<object>value)
        return write_structure(out, step, <PyObject*>buffer, walk)
    if step.kind == QNAME:
        return write_qname(out, step, value)
    if step.kind == CUSTOM:
        if left_out(step, <object>value):
            return 0
        data = custom_element(step, <object>value)
        return out_append(out, PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data))
    if step.kind == CHOICE:
        return write_arm(out, step, <object>value, walk)
    if step.kind == VOID:
        return 0
    buffer = fragment_of(<object>value)
    if step.kind == NAMED_FRAGMENT:
        prefix, local, ns = <tuple>step.naming
        data = rename(buffer.data, buffer.scope, <dict>step.bindings, prefix, local, ns)
    else:
        data = adapt(buffer.data, buffer.scope, <dict>step.bindings, step.kind == ANY_FRAGMENT)
    return out_append(out, PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data))


cdef int write_arm(Out* out, const WriteStep* step, object value, Walk* walk) except -1:
    """The element of a choice that the value selects (serialization.md §5: ELEMENT_CHOICE)."""
    cdef WriteChoice choice = <WriteChoice>step.plan
    cdef const WriteStep* arm
    cdef object content = value, position
    if choice.types is None:
        if not isinstance(value, Choice):
            raise InvalidArgument(f"expected wsx.Choice, not {type(value).__name__}")
        if step.optional and not step.repeating and value.select == choice.none_value:
            return 0
        position = choice.selectors.get(value.select)
        if position is None:
            raise InvalidFormat(f"{value.select!r} selects no element of the choice")
        content = value.value
    else:
        position = choice.types.get(type(value))
        if position is None:
            position = next((choice.types[cls] for cls in type(value).__mro__ if cls in choice.types), None)
        if position is None:
            raise InvalidArgument(f"a {type(value).__name__} is no value of any element of the choice")
    if choice.boxes[position] is not None and content is not None:
        content = {choice.boxes[position]: content}
    arm = &choice.arms[<Py_ssize_t>position]
    if walk.depth >= walk.most:
        return too_deep(walk)
    if content is None or content is UNSET:
        return write_nothing(out, arm, <PyObject*>content, walk)
    return write_value(out, arm, <PyObject*>content, walk)


cdef int write_nothing(Out* out, const WriteStep* step, PyObject* value, Walk* walk) except -1:
    """A field that is None (nil where nillable, else absent) or absent (serialization.md §4, design: four states)."""
    if value is Py_None and step.nillable:
        if walk.depth >= walk.most:
            return too_deep(walk)
        if step.repeating:
            return out_put(out, step.wrapper_nil.data, step.wrapper_nil.length)
        return out_put(out, step.nil.data, step.nil.length)
    if step.optional:
        return 0
    return required(step, value)


cdef object items_of(object value):
    """The list or tuple to write the items of, or an iterator; texts and mappings are no sequences of items."""
    if isinstance(value, (str, bytes, bytearray, memoryview, Mapping)) or not isinstance(value, Iterable):
        raise InvalidArgument(f"expected a list, not {type(value).__name__}")
    return value if isinstance(value, Iterator) else list(value)


cdef int write_repeating(Out* out, const WriteStep* step, PyObject* value, Walk* walk) except -1:
    """Items, inside their wrapper where the table names one; an empty wrapper is `<name/>`."""
    cdef Py_ssize_t mark
    cdef object items = <object>value
    cdef bint counted
    if not PyList_CheckExact(items) and not PyTuple_CheckExact(items) and type(items) is not Columns:
        items = items_of(items)
    counted = PyList_CheckExact(items) or PyTuple_CheckExact(items)
    if counted and not step.least <= len(items) <= step.most:
        raise InvalidFormat(f"{len(items)} items, but the table wants {item_range(step)}")
    if step.wrapper_open.data is NULL:
        return write_items(out, step, items, counted, walk)
    if walk.depth >= walk.most:
        return too_deep(walk)
    walk.depth += 1
    out_put(out, step.wrapper_open.data, step.wrapper_open.length)
    mark = out_position(out)
    write_items(out, step, items, counted, walk)
    walk.depth -= 1
    if out_position(out) == mark and not step.expand:
        return close_empty(out)
    return out_put(out, step.wrapper_close.data, step.wrapper_close.length)


cdef str item_range(const WriteStep* step):
    return f"{step.least} to {step.most}" if step.most < (<Py_ssize_t>1 << 62) else f"at least {step.least}"


cdef inline int write_item(Out* out, const WriteStep* step, Frame* frame, Walk* walk) except -1:
    """The item that the frame owns; behind it, a sink gets what is finished."""
    cdef PyObject* item = frame.item
    if walk.depth >= walk.most:
        too_deep(walk)
    if item is Py_None or item is ABSENT:
        if item is ABSENT or not step.nillable_item:
            raise InvalidArgument("an item is None, but the field is not NILLABLE_ITEM")
        out_put(out, step.nil.data, step.nil.length)
    elif step.kind == SCALAR:
        write_scalar(out, step, item)
    elif step.kind == STRUCTURE and step.convert is NULL:
        write_structure(out, step, item, walk)
    else:
        write_value(out, step, item, walk)
    frame.item = NULL
    Py_XDECREF(item)
    if out_length(out) >= out.chunk:
        # the last byte stays: a start tag that nothing followed may still become `<name/>`
        out_hand_over(out, 1)
    return 0


cdef int write_items(Out* out, const WriteStep* step, object items, bint counted, Walk* walk) except -1:
    cdef Frame* frame = walk.frame
    cdef PyObject* item
    cdef bint is_list = PyList_CheckExact(items)
    if type(items) is Columns:
        return write_columns(out, step, <Columns>items, walk)
    if not counted:
        return write_iterator(out, step, items, walk)
    # the size is read anew for each item: a __float__ or property of a value may change the list
    while frame.index + 1 < (PyList_GET_SIZE(<PyObject*>items) if is_list else PyTuple_GET_SIZE(<PyObject*>items)):
        frame.index += 1
        item = (PyList_GET_ITEM(<PyObject*>items, frame.index) if is_list
                else PyTuple_GET_ITEM(<PyObject*>items, frame.index))
        Py_INCREF(<object>item)
        frame.item = item
        write_item(out, step, frame, walk)
    frame.index = -1
    return 0


cdef int write_columns(Out* out, const WriteStep* step, Columns columns, Walk* walk) except -1:
    """Rows in memory; an error has the path that the items' would have."""
    cdef Place place
    place.row = -1
    place.step = NULL
    try:
        return columns.write(out, step, walk.depth, walk.most, &place)
    except BaseException:
        walk.frame.index = place.row
        if place.step is not NULL:
            walk.frame += 1
            walk.frame.step = place.step
            walk.frame.value = walk.frame.item = NULL
            walk.frame.index = -1
        raise


cdef int write_iterator(Out* out, const WriteStep* step, object items, Walk* walk) except -1:
    """Items that come one by one: they need not be in memory together when a sink takes the output."""
    cdef Frame* frame = walk.frame
    for item in items:
        if frame.index + 1 == step.most:
            raise InvalidFormat(f"more than {step.most} items, but the table wants {item_range(step)}")
        frame.index += 1
        Py_INCREF(item)
        frame.item = <PyObject*>item
        write_item(out, step, frame, walk)
    if frame.index + 1 < step.least:
        raise InvalidFormat(f"{frame.index + 1} items, but the table wants {item_range(step)}")
    frame.index = -1
    return 0


# --- one element -----------------------------------------------------------------------------------------------------


cdef int write_by_option(Out* out, WriteRoot root, PyObject* value, int option, Walk* walk) except -1:
    """The matrix of write options (serialization.md §7)."""
    if root.pointer_only and (option == REQUIRED_VALUE or option == WRITE_NILLABLE_VALUE):
        raise InvalidArgument("WSZ and XML_BUFFER take REQUIRED_POINTER or NILLABLE_POINTER")
    if option == WRITE_NILLABLE_VALUE and not root.own_nil:
        raise InvalidArgument("NILLABLE_VALUE is for STRING, XML_STRING and BYTES; others take NILLABLE_POINTER")
    if value is ABSENT or value is Py_None:
        if value is Py_None and not root.fields_only and (
            option == WRITE_NILLABLE_POINTER or option == WRITE_NILLABLE_VALUE
        ):
            return out_put(out, root.step.nil.data, root.step.nil.length)
        if value is Py_None and root.own_nil and option == REQUIRED_VALUE:
            out_put(out, root.step.open.data, root.step.open.length)
            return out_put(out, root.step.close.data, root.step.close.length) if root.step.expand else close_empty(out)
        raise InvalidArgument(f"the value is {<object>value}, but {WriteOption(option).name} wants one")
    if root.fields_only:
        return write_bare_fields(out, root, value, walk)
    return write_value(out, &root.step, value, walk)


cdef int write_bare_fields(Out* out, WriteRoot root, PyObject* value, Walk* walk) except -1:
    """The fields of a structure without an element around them."""
    cdef WritePlan plan = <WritePlan>root.step.plan
    cdef bint direct = wsx_type(value) is plan.exact_type
    if not direct or plan.access.fetch == FROM_TUPLE:
        check_structure(plan, value)
    walk.frame += 1
    walk.frame.value = walk.frame.item = NULL
    walk.frame.index = -1
    return write_fields(out, plan, value, direct, walk)


cdef str path_of(Walk* walk, str root):
    """`Order/items[3]/price`: the root element and the fields on the way to where the walk stopped."""
    cdef Frame* frame = walk.first + 1
    path = root
    while frame <= walk.frame and frame.step is not NULL:
        path += ("/" if path else "") + <str>frame.step.name
        if frame.index >= 0:
            path += f"[{frame.index}]"
        frame += 1
    return path


cdef void release(Walk* walk) noexcept:
    """Gives back the references of a walk that stopped early."""
    cdef Frame* frame = walk.first + 1
    while frame <= walk.frame:
        Py_XDECREF(frame.item)
        Py_XDECREF(frame.value)
        frame += 1


cdef void cut_back(Out* out, Py_ssize_t mark) noexcept:
    """Forgets what was written from a position on, unless a sink has some of it."""
    if out.owner is not NULL:
        out.cursor = out.start + max(mark - out.handed, 0)


cdef int write_root_element(Out* out, WriteRoot root, object value, int option, Py_ssize_t max_depth) except -1:
    """Appends one element; on failure the output is as before."""
    cdef Frame[INLINE_FRAMES] inline_frames
    cdef Walk walk
    cdef Py_ssize_t mark = out_position(out)
    walk.first = inline_frames
    if max_depth + 2 > INLINE_FRAMES:
        walk.first = <Frame*>PyMem_Malloc((max_depth + 2) * sizeof(Frame))
        if walk.first is NULL:
            raise MemoryError
    walk.frame = walk.first
    walk.depth = 0
    walk.most = max_depth
    try:
        return write_by_option(out, root, <PyObject*>value, option, &walk)
    except WsError as error:
        if out.sink is NULL or out.chunk != PY_SSIZE_T_MAX:  # it is not the sink's
            error.path = path_of(&walk, root.name)
        release(&walk)
        cut_back(out, mark)
        raise
    except BaseException:
        release(&walk)
        cut_back(out, mark)
        raise
    finally:
        if walk.first is not inline_frames:
            PyMem_Free(walk.first)


cdef tuple NO_SCOPE = ()

cdef enum:
    # A level is some C calls, below 1 KiB of C stack together: threads of 512 KiB (macOS) must hold the deepest value.
    DEEPEST = 400


cdef int check_depth(Py_ssize_t max_depth) except -1:
    if not 1 <= max_depth <= DEEPEST:
        raise InvalidArgument(f"max_depth must be 1 to {DEEPEST}, not {max_depth}")
    return 0


def write_bytes(object element, object value, object option, Py_ssize_t max_depth=32, object spelling=None):
    """The bytes of one element without any scope around it."""
    cdef WriteRoot root = write_root(element, NO_SCOPE, spelling)
    cdef Out out
    cdef bytes result
    if type(option) is not WriteOption:
        raise InvalidArgument(f"option must be a wsx.WriteOption, not {option!r}")
    check_depth(max_depth)
    out_open(&out, root.size_hint)
    try:
        write_root_element(&out, root, value, option, max_depth)
        result = out_take(&out)
    finally:
        out_close(&out)
    root.size_hint = min(len(result) + len(result) // 8 + 64, LARGEST_HINT)
    return result


cdef class Output:
    """A growing buffer of UTF-8 that elements, texts and ready-made bytes are appended to.

    ``sink``, a callable that takes bytes, receives them in pieces of ``chunk_size`` bytes or a little more, also in the
    middle of an element between two items of a list, so that a value whose items come from an iterator needs no more
    memory than that. What could not be finished after the sink got some of it faults the output.
    """

    def __cinit__(self, Py_ssize_t size_hint=1024, *, object sink=None, Py_ssize_t chunk_size=1 << 16):
        self.chunk = PY_SSIZE_T_MAX
        out_open(&self.out, max(size_hint, 64))
        if sink is not None:
            self.stream(sink, chunk_size)

    def __dealloc__(self):
        out_close(&self.out)

    cdef int stream(self, object sink, Py_ssize_t chunk) except -1:
        """From now on, or no longer with None, bytes go to a sink."""
        if sink is not None and not callable(sink):
            raise InvalidArgument(f"sink must be a callable that takes bytes, not {type(sink).__name__}")
        if chunk < 1:
            raise InvalidArgument(f"chunk_size must be a number of bytes from 1 on, not {chunk}")
        self.sink = sink
        self.chunk = PY_SSIZE_T_MAX if sink is None else chunk
        return 0

    cdef int idle(self) except -1:
        """While a value is being written, its properties cannot use the output."""
        if self.writing:
            raise InvalidOperation("the output is in use: a value being written called it")
        if self.faulted:
            raise ObjectFaulted("the sink has a part of an element that could not be finished")
        return 0

    cdef int ready(self, Py_ssize_t size) except -1:
        """Opens the buffer again after `take`."""
        self.idle()
        if self.out.owner is NULL:
            out_open(&self.out, size)
        return 0

    cdef int hand_over(self) except -1:
        """Gives the sink what is there, all of it; a sink that fails faults the output."""
        self.out.sink = <PyObject*>self.sink
        self.writing = self.faulted = True
        try:
            out_hand_over(&self.out, 0)
            self.faulted = False
        finally:
            self.writing = False
            self.out.sink = NULL
        return 0

    def __len__(self):
        return out_length(&self.out)

    def write(self, bytes data not None):
        """Appends bytes as they are."""
        self.ready(1024)
        out_append(&self.out, PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data))
        if out_length(&self.out) >= self.chunk:
            self.hand_over()

    def write_text(self, str text not None):
        """Appends element text, escaped."""
        self.append_text(text, False)

    def write_attribute_text(self, str text not None):
        """Appends what stands between the double quotes of an attribute, escaped."""
        self.append_text(text, True)

    def append_text(self, str text, bint attribute):
        cdef Codec codec
        cdef Py_ssize_t mark
        self.ready(1024)
        mark = out_length(&self.out)
        memset(&codec, 0, sizeof(Codec))
        codec.attribute = attribute
        try:
            write_string(&self.out, <PyObject*>text, &codec)
        except BaseException:
            self.cut(mark)
            raise
        if out_length(&self.out) >= self.chunk:
            self.hand_over()

    def write_element(self, object element, object value, object option=WriteOption.REQUIRED_VALUE, *,
                      tuple scope=(), bytes attributes=b"", Py_ssize_t max_depth=32, object spelling=None):
        """Appends one element, written by its table; nothing is appended when that fails, unless the sink has it."""
        cdef WriteRoot root = write_root(element, scope, spelling)
        cdef Py_ssize_t mark, handed
        if type(option) is not WriteOption:
            raise InvalidArgument(f"option must be a wsx.WriteOption, not {option!r}")
        check_depth(max_depth)
        self.ready(root.size_hint)
        if attributes and root.fields_only:
            raise InvalidArgument("fields without an element around them have no start tag for attributes")
        mark = out_length(&self.out)
        handed = self.out.handed
        if self.sink is not None and not attributes:  # which are put into the start tag at the end
            self.out.sink = <PyObject*>self.sink
            self.out.chunk = self.chunk
        self.writing = True
        try:
            write_root_element(&self.out, root, value, option, max_depth)
        except BaseException:
            self.faulted = self.out.handed != handed
            raise
        finally:
            self.writing = False
            self.out.sink = NULL
            self.out.chunk = PY_SSIZE_T_MAX
        if attributes:
            self.insert_attributes(mark, attributes)
        if out_length(&self.out) >= self.chunk:
            self.hand_over()

    cdef int insert_attributes(self, Py_ssize_t mark, bytes attributes) except -1:
        """Puts attributes first into the start tag at mark: right behind the name, which ends at a blank, / or >."""
        cdef Py_ssize_t place = mark
        while self.out.start[place] != c" " and self.out.start[place] != c"/" and self.out.start[place] != c">":
            place += 1
        insert(&self.out, place, attributes)
        return 0

    def flush(self):
        """Hands over to the sink what it does not have yet; InvalidOperation without a sink (WsFlushWriter)."""
        self.idle()
        if self.sink is None:
            raise InvalidOperation("there is no sink: take() has what was written")
        if out_length(&self.out):
            self.hand_over()

    def truncate(self, Py_ssize_t length):
        """Forgets all but the first `length` bytes."""
        self.idle()
        if not 0 <= length <= out_length(&self.out):
            raise InvalidArgument(f"length must be 0 to {out_length(&self.out)}, not {length}")
        self.cut(length)

    cdef int cut(self, Py_ssize_t length) noexcept:
        if self.out.owner is not NULL:
            self.out.cursor = self.out.start + length
        return 0

    def take(self):
        """Hands over what was written and no sink has; the output is empty again."""
        self.idle()
        if self.out.owner is NULL:
            return b""
        return out_take(&self.out)
