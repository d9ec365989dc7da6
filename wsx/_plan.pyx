"""Plans: what a description table compiles to, one array of steps per structure, for writing and for reading.

All that can be decided from the table is decided here: how a tag looks in its namespace scope, which codec a value
takes, where it stands in the Python object, what absent and nil mean. A plan is built when it is first needed, kept
with its description and never changed. A plan for writing belongs to one namespace scope, because the scope decides
the prefixes; a plan for reading compares names and serves every scope.

Scope: what the elements around bind, as a tuple of (prefix, namespace) pairs sorted by prefix, and the prefix of the
element around, whose namespace its children share without a declaration.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Calloc, PyMem_Free

from wsx._lexical cimport choose_codec
from wsx._lexical_texts cimport escape

from wsx.descriptions import (
    XML_NAMESPACE,
    XSI_NAMESPACE,
    FieldDescription,
    FieldMapping,
    FieldOption,
    StructDescription,
    StructOption,
    Type,
)
from wsx.builtin_types import choice_content, endpoint_address, fault
from wsx.errors import InvalidArgument, QuotaExceeded
from wsx.fragment import XmlBuffer
from wsx.legality import PYTHON_TYPES, REPEATING
from wsx.values import UNSET, Choice, EndpointAddress, Fault

cdef extern from "Python.h":
    Py_ssize_t PY_SSIZE_T_MAX

# Bytes behind each rendered tag that out_put may read.
cdef bytes PADDING = bytes(64)
# Plans that one description keeps: a program uses few scopes; one that makes up scopes does not fill the memory.
cdef enum:
    MOST_SCOPES = 64
    MOST_ATTRIBUTES = 63    # of one structure: their declarations are the bits of a word
    MOST_STEPS = 1 << 20


cdef object ATTRIBUTES = (
    FieldMapping.TYPE_ATTRIBUTE, FieldMapping.ATTRIBUTE, FieldMapping.XML_ATTRIBUTE, FieldMapping.ANY_ATTRIBUTES
)


cdef Text render(bytes text, list keep):
    """A Text whose bytes `keep` owns."""
    cdef Text made
    padded = text + PADDING
    keep.append(padded)
    made.data = PyBytes_AS_STRING(padded)
    made.length = PyBytes_GET_SIZE(text)
    return made


class Scope:
    """The namespace bindings that hold at one place of the output, and how names are to be spelled."""

    __slots__ = ("bindings", "parent", "spelling", "root")

    def __init__(self, bindings, parent="", spelling=None, root=False):
        self.bindings = bindings
        self.parent = parent
        self.spelling = spelling
        self.root = root

    @property
    def key(self):
        return (tuple(sorted(self.bindings.items())), self.parent, self.spelling)

    def bind(self, declared, parent=None):
        """The scope with more bindings."""
        return Scope({**self.bindings, **declared}, self.parent if parent is None else parent, self.spelling)

    def element(self, ns, local, wished=""):
        """(qualified name, declarations as {prefix: namespace}, scope inside) of an element.

        Without a wished prefix that of the parent serves its children; another namespace becomes the default one
        (serialization.md §10). A wished prefix is taken where no prefix is bound to the namespace.
        """
        spelled = None if self.spelling is None else self.spelling.prefix_of(ns)
        if spelled is not None:
            prefix = spelled
        elif wished and not any(prefix and bound == ns for prefix, bound in self.bindings.items()):
            prefix = wished
        elif self.bindings.get(self.parent, "") == ns:
            prefix = self.parent
        elif self.bindings.get("", "") == ns:
            prefix = ""
        else:
            prefix = next((p for p, bound in self.bindings.items() if bound == ns and p and ns), "")
        declared = {} if self.bindings.get(prefix, "") == ns else {prefix: ns}
        if self.root and self.spelling is not None and self.spelling.declare_on_root:
            declared = {**self.spelling.prefixes, **declared}
        name = f"{prefix}:{local}" if prefix else local
        return name, declared, self.bind(declared, prefix)

    def prefixes(self):
        """{namespace: prefix} for QNames in content: the element's own prefix first, "" for no namespace."""
        found = {XML_NAMESPACE: "xml"}  # always bound (Namespaces in XML 1.0 §3)
        if not self.bindings.get(""):
            found[""] = ""
        for prefix in (*self.bindings, self.parent):
            if prefix in self.bindings:
                found[self.bindings[prefix]] = prefix
        return found

    def attribute_prefix(self, ns):
        """The prefix that binds ns for attributes (the default namespace does not), None when there is none."""
        if not ns:
            return ""
        if ns == XML_NAMESPACE:
            return "xml"
        return next((p for p in (self.parent, *self.bindings) if p and self.bindings.get(p) == ns), None)

    def new_prefix(self, ns, taken):
        """A prefix to declare for an attribute: the one wished for its namespace, else one that is not taken."""
        wished = None if self.spelling is None else self.spelling.prefix_of(ns)
        return wished if wished and wished not in taken else free_prefix(taken)

    @property
    def expand(self):
        """Are empty elements written as `<a></a>`?"""
        return self.spelling is not None and self.spelling.emit_uncompressed_empty_elements


def free_prefix(taken):
    """The first of a, b, …, z, a1, … that is not taken: prefixes are made up as for xsi:nil."""
    number = 0
    while True:
        for letter in "abcdefghijklmnopqrstuvwxyz":
            prefix = f"{letter}{number or ''}"
            if prefix not in taken:
                return prefix
        number += 1


cdef bytes declarations(dict declared):
    """Rendered declarations: prefixes first, the default namespace last (serialization.md §10)."""
    return b"".join(
        (f' xmlns:{prefix}="' if prefix else ' xmlns="').encode() + escape(declared[prefix], True) + b'"'
        for prefix in sorted(declared, key=lambda prefix: not prefix)
    )


cdef bytes nil_tag(str name, dict declared, object inside):
    """`<name a:nil="true" xmlns:a="…"/>`; another prefix where the element itself is called a:…"""
    own = name.partition(":")[0] if ":" in name else ""
    known = [p for p, ns in inside.bindings.items() if ns == XSI_NAMESPACE and p]
    prefix = known[0] if known else free_prefix({own})
    extra = {} if known else {prefix: XSI_NAMESPACE}
    end = f"></{name}>" if inside.expand else "/>"
    return f'<{name} {prefix}:nil="true"'.encode() + declarations({**extra, **declared}) + end.encode()


cdef dict plans_of(object description):
    """The plans kept with a description."""
    return description.__dict__.setdefault("_plans", {})


cdef object keep_plan(object description, object key, object plan):
    plans = plans_of(description)
    if len(plans) < MOST_SCOPES:
        return plans.setdefault(key, plan)
    return plan


# --- writing ---------------------------------------------------------------------------------------------------------


cdef int element_step(WriteStep* step, object described, object scope, str local, str ns, dict building,
                      list keep) except -1:
    """The tags and the codec or plan of an element with a value."""
    cdef WritePlan plan
    converted = converted_type(described)
    name, declared, inside = scope.element(ns, local, converted.prefix if converted is not None and ns else "")
    step.declares = -1
    step.expand = scope.expand
    step.declarations = render(declarations(declared), keep)
    step.close = render(f"</{name}>".encode(), keep)
    step.nil = render(nil_tag(name, declared, inside), keep)
    if described.type == Type.STRUCT or converted is not None:
        step.kind = STRUCTURE
        plan = struct_plan(described.resolve_description() if converted is None else converted.table, inside, building)
        if converted is not None:
            keep.append(converted)
            step.convert = <PyObject*>converted.to_record
        keep.append(plan)
        step.plan = <PyObject*>plan
        if plan.split:
            step.open = render(f"<{name}".encode(), keep)
            return 0
    elif described.type == Type.XML_BUFFER:
        step.kind = NAMED_FRAGMENT
        fragment_step(step, scope, keep)
        name_step(step, name, local, ns, keep)
    elif described.type == Type.CUSTOM:
        custom_step(step, described, scope, keep)
        name_step(step, name, local, ns, keep)
    elif described.type == Type.VOID:
        step.kind = VOID
    else:
        if described.type == Type.XML_QNAME:
            names_step(step, inside, keep)
        choose_codec(&step.codec, described.type, described.resolve_description(), False, inside, keep)
    step.open = render(f"<{name}".encode() + declarations(declared) + b">", keep)
    return 0


cdef int name_step(WriteStep* step, str name, str local, str ns, list keep) except -1:
    """The name that a fragment gets, or that a callback finds open."""
    prefix, _, _ = name.rpartition(":")
    naming = (prefix, local, ns)
    keep.append(naming)
    step.naming = <PyObject*>naming
    return 0


cdef int names_step(WriteStep* step, object scope, list keep) except -1:
    """A QName: what is in force where it stands, and how prefixes are wished for."""
    step.kind = QNAME
    fragment_step(step, scope, keep)
    if scope.spelling is not None:
        keep.append(scope.spelling)
        step.convert = <PyObject*>scope.spelling
    return 0


cdef int custom_step(WriteStep* step, object described, object scope, list keep) except -1:
    """What callbacks write, in an element of which they know the prefix and the namespace."""
    step.kind = CUSTOM
    fragment_step(step, scope, keep)
    naming = (scope.parent, "", scope.bindings.get(scope.parent, ""))
    description = described.resolve_description()
    keep.append(naming)
    keep.append(description)
    step.naming = <PyObject*>naming
    step.convert = <PyObject*>description
    return 0


cdef object converted_type(object described):
    """The table behind a built-in structured type or an element that holds a choice, None for other types."""
    if described.type == Type.UNION:
        return choice_content(described.resolve_description(), described.ns)
    if described.type == Type.ENDPOINT_ADDRESS:
        return endpoint_address(described.resolve_description().addressing_version)
    if described.type == Type.FAULT:
        return fault(described.resolve_description().envelope_version)
    return None


cdef int fragment_step(WriteStep* step, object scope, list keep) except -1:
    """What is in force where a fragment or other attributes will stand."""
    bindings = dict(scope.bindings)
    keep.append(bindings)
    step.bindings = <PyObject*>bindings
    return 0


cdef int content_step(WriteStep* step, object field, object scope, str struct_ns, dict building, list keep) except -1:
    """A field that is, or one of whose items is, a child element, a choice of some, or any content."""
    if field.type == Type.VOID:
        step.kind = VOID
    elif field.type == Type.UNION:
        choice = write_choice(field.resolve_description(), scope, struct_ns, building)
        keep.append(choice)
        step.kind = CHOICE
        step.plan = <PyObject*>choice
    elif field.mapping in (FieldMapping.ANY_ELEMENT, FieldMapping.REPEATING_ANY_ELEMENT, FieldMapping.ANY_CONTENT):
        step.kind = CONTENT_FRAGMENT if field.mapping == FieldMapping.ANY_CONTENT else ANY_FRAGMENT
        fragment_step(step, scope, keep)
        if field.type == Type.CUSTOM:
            custom_step(step, field, scope, keep)
            step.naming = NULL  # the callbacks give the name
    else:
        element_step(step, field, scope, field.own_local_name, field.own_ns(struct_ns), building, keep)
    return 0


cdef WriteChoice write_choice(object union, object scope, str struct_ns, dict building):
    cdef WriteChoice choice = WriteChoice.__new__(WriteChoice)
    cdef WriteStep* arm
    choice.arms = <WriteStep*>PyMem_Calloc(len(union.fields), sizeof(WriteStep))
    if choice.arms is NULL:
        raise MemoryError
    choice.none_value = union.none_value
    choice.types = {} if union.by_type else None
    for i, described in enumerate(union.fields):
        field, box = boxed(described.field, struct_ns)
        arm = &choice.arms[i]
        choice.keep.append(field)
        arm.name = <PyObject*>field.name
        arm.nillable = bool(field.options & FieldOption.NILLABLE)
        content_step(arm, field, scope, struct_ns, building, choice.keep)
        choice.selectors[described.value] = i
        choice.boxes.append(box)
        if choice.types is not None:
            for cls in python_types(described.field):
                if cls in choice.types:
                    raise InvalidArgument(f"{union}: two arms have values of class {cls.__name__}: they need selectors")
                choice.types[cls] = i
        choice.count += 1
    return choice


def python_types(field):
    """The classes of a field's values, for choices by type."""
    if field.mapping == FieldMapping.REPEATING_ELEMENT:
        return (list,)
    description = field.resolve_description()
    if field.type == Type.STRUCT:
        return (description.python_type, *(derived.python_type for derived in description.all_sub_types()))
    if field.type == Type.ENUM:
        return tuple({type(value) for _, value in description.pairs})
    if field.type == Type.XML_BUFFER:
        return (XmlBuffer,)
    if field.type == Type.CUSTOM:
        raise InvalidArgument(f"{field}: a CUSTOM arm has no class of its own: the choice needs selectors")
    if field.type in (Type.ENDPOINT_ADDRESS, Type.FAULT):
        return (EndpointAddress if field.type == Type.ENDPOINT_ADDRESS else Fault,)
    found = PYTHON_TYPES[field.type]
    return found if isinstance(found, tuple) else (found,)


def boxed(field, struct_ns):
    """(field, box): a REPEATING_ELEMENT arm as the element that its wrapper is, holding the items as its only field."""
    if field.mapping != FieldMapping.REPEATING_ELEMENT:
        return field, None
    ns, local_name = field.wrapper(struct_ns)
    items = FieldDescription(
        field.name, field.type, field.description, mapping=field.mapping,
        options=field.options & ~FieldOption.NILLABLE, item_range=field.item_range,
        item_local_name=field.own_local_name, item_ns=field.own_ns(struct_ns),
    )
    nillable = field.options & FieldOption.NILLABLE
    return FieldDescription(
        field.name, Type.STRUCT, StructDescription(dict, [items], ns=ns), local_name=local_name, ns=ns,
        options=nillable | FieldOption.POINTER if nillable else FieldOption.NONE,
    ), field.name


cdef int repeating_step(WriteStep* step, object field, object scope, str struct_ns, dict building,
                        list keep) except -1:
    """The wrapper and the items of a repeating field."""
    cdef object inside = scope
    step.repeating = True
    step.nillable_item = bool(field.options & FieldOption.NILLABLE_ITEM)
    step.most = PY_SSIZE_T_MAX
    if field.item_range is not None:
        step.least = field.item_range[0]
        if field.item_range[1] is not None:
            step.most = field.item_range[1]
    wrapper = field.wrapper(struct_ns)
    if wrapper is not None:
        name, declared, inside = scope.element(*wrapper)
        step.wrapper_open = render(f"<{name}".encode() + declarations(declared) + b">", keep)
        step.wrapper_close = render(f"</{name}>".encode(), keep)
        step.wrapper_nil = render(nil_tag(name, declared, inside), keep)
    return content_step(step, field, inside, struct_ns, building, keep)


cdef object attribute_step(WriteStep* step, object field, object scope, str struct_ns, dict declared, list keep):
    """An attribute; returns the scope, which has the attribute's prefix when its declaration is always written.

    `declared` are the declarations that attributes of this start tag may bring with them.
    """
    step.declares = -1
    if field.mapping == FieldMapping.TYPE_ATTRIBUTE or field.type == Type.VOID:
        step.kind = TYPE_ATTRIBUTE if field.type == Type.DESCRIPTION else VOID
        return scope
    if field.mapping == FieldMapping.ANY_ATTRIBUTES:
        step.kind = ANY_ATTRIBUTES
        return scope
    ns = field.own_ns(struct_ns)
    prefix = scope.attribute_prefix(ns)
    if prefix is None:
        prefix = next((p for p, bound in declared.items() if bound == ns), None)
        if prefix is None:
            prefix = scope.new_prefix(ns, {**scope.bindings, **declared})
            declared[prefix] = ns
        step.declares = list(declared).index(prefix)
        step.declarations = render(declarations({prefix: ns}), keep)
        if not step.optional:
            scope = scope.bind({prefix: ns})
    name = f"{prefix}:{field.own_local_name}" if prefix else field.own_local_name
    step.open = render(f' {name}="'.encode(), keep)
    if field.type == Type.CUSTOM:
        custom_step(step, field, scope, keep)
        return scope
    if field.type == Type.XML_QNAME:
        names_step(step, scope, keep)
    choose_codec(&step.codec, field.type, field.resolve_description(), True, scope, keep)
    return scope


cdef int text_step(WriteStep* step, object field, object scope, dict building, list keep) except -1:
    """The text that is all of an element's content."""
    if field.type == Type.CUSTOM:
        return custom_step(step, field, scope, keep)
    if field.type == Type.STRUCT:
        plan = struct_plan(field.resolve_description(), scope, building)
        keep.append(plan)
        step.kind = STRUCTURE
        step.plan = <PyObject*>plan
        return 0
    if field.type == Type.XML_QNAME:
        names_step(step, scope, keep)
    return choose_codec(&step.codec, field.type, field.resolve_description(), False, scope, keep)


cdef object text_type(object struct):
    """The type of the text of a structure with a TEXT field, that of the innermost one; else None."""
    for field in struct.fields:
        if field.mapping == FieldMapping.TEXT:
            return text_type(field.resolve_description()) if field.type == Type.STRUCT else field.type
    return None


cdef bint is_late(object struct) except -1:
    """May the start tag need declarations that the table does not tell: those of QNames, callbacks, any attributes?"""
    return text_type(struct) == Type.XML_QNAME or any(
        field.mapping in ATTRIBUTES and field.type in (Type.XML_QNAME, Type.CUSTOM, Type.ANY_ATTRIBUTES)
        for field in struct.fields
    )


cdef class WriteChoice:
    """Writing one of several elements."""

    def __cinit__(self):
        self.selectors = {}
        self.boxes = []
        self.keep = []

    def __dealloc__(self):
        PyMem_Free(self.arms)


cdef class Derived:
    """Writing a type derived from the declared one."""


cdef int derive(WritePlan plan, object struct, object inside, dict building) except -1:
    """The types that may stand for a polymorphic one, each with its xsi:type (serialization.md §6)."""
    cdef Derived derived
    plan.derived = {}
    for description in struct.all_sub_types():
        declared = {}
        scope = inside
        xsi = scope.attribute_prefix(XSI_NAMESPACE)
        if xsi is None:
            xsi = free_prefix({inside.parent: ""} if inside.parent else {})
            declared[xsi] = XSI_NAMESPACE
            scope = scope.bind(declared)
        type_ns = description.type_ns or ""
        prefix = scope.prefixes().get(type_ns)
        if prefix is None:
            if not type_ns:
                default = inside.bindings[""]
                raise InvalidArgument(f"{description}: a type without namespace has no name where {default!r} is the "
                                      "default namespace")
            prefix = free_prefix({**scope.bindings, inside.parent: ""})
            declared[prefix] = type_ns
            scope = scope.bind({prefix: type_ns})
        name = f"{prefix}:{description.type_local_name}" if prefix else description.type_local_name
        derived = Derived.__new__(Derived)
        derived.plan = struct_plan(description, scope, building)
        derived.type_attribute = f' {xsi}:type="{name}"'.encode()
        derived.declarations = declarations(declared)
        plan.derived[id(description)] = derived
        if description.python_type not in (dict, tuple):
            if description.python_type in plan.derived or description.python_type is struct.python_type:
                raise InvalidArgument(f"{struct}: two derived types have the class {description.python_type.__name__}")
            plan.derived[description.python_type] = derived
    return 0


cdef object members(object struct):
    """The fields with a Python value: xsi:type is the value's class (for dict tables a member), VOID is nothing."""
    return [
        field for field in struct.fields
        if not (field.type == Type.DESCRIPTION and struct.python_type is not dict)
        and not (field.type == Type.VOID and field.mapping != FieldMapping.NO)
    ]


cdef class WritePlan:
    """Writing a structure in one namespace scope."""

    def __cinit__(self):
        self.keep = []

    def __dealloc__(self):
        PyMem_Free(self.steps)


cdef WritePlan struct_plan(object struct, object inside, dict building):
    """The plan of a structure whose element's inside is the scope `inside`; `building` ends recursion."""
    cdef WritePlan plan
    cdef WriteStep* step
    cdef Py_ssize_t i
    cdef object declared = {}, scope = inside
    key = ("write", inside.key)
    if (id(struct), key) in building:
        return building[id(struct), key][0]
    found = plans_of(struct).get(key)
    if found is not None:
        return found
    fields = struct.fields
    if len(fields) > MOST_STEPS:
        raise QuotaExceeded(f"{struct}: more than {MOST_STEPS} fields")
    plan = WritePlan.__new__(WritePlan)
    building[id(struct), key] = (plan, struct, key)
    valued = members(struct)
    plan.access = Access(struct.python_type, tuple(field.name for field in valued))
    places = {name: i for i, name in enumerate(plan.access.names)}
    plan.exact_type = <PyObject*>plan.access.python_type
    plan.abstract = bool(struct.options & StructOption.ABSTRACT)
    plan.steps = <WriteStep*>PyMem_Calloc(len(fields) + 1, sizeof(WriteStep))
    if plan.steps is NULL:
        raise MemoryError
    plan.attributes = sum(field.mapping in ATTRIBUTES for field in fields)
    plan.late = is_late(struct)
    plan.split = plan.attributes > 0 or plan.late
    if plan.attributes > MOST_ATTRIBUTES:
        raise QuotaExceeded(f"{struct}: more than {MOST_ATTRIBUTES} attributes")
    for i, field in enumerate(fields):
        step = &plan.steps[i]
        plan.keep.append(field)
        step.name = <PyObject*>field.name
        if field.name in places:
            step.index = places[field.name]
            step.slot = plan.access.slots[step.index]
        step.optional = bool(field.options & FieldOption.OPTIONAL)
        step.nillable = bool(field.options & FieldOption.NILLABLE)
        if field.mapping == FieldMapping.NO:
            continue
        plan.count += 1
        if field.mapping in ATTRIBUTES:
            scope = attribute_step(step, field, scope, struct.ns, declared, plan.keep)
        elif field.mapping == FieldMapping.TEXT:
            plan.text = True
            text_step(step, field, scope, building, plan.keep)
        elif field.mapping in REPEATING:
            repeating_step(step, field, scope, struct.ns, building, plan.keep)
        else:
            content_step(step, field, scope, struct.ns, building, plan.keep)
    plan.taken = {**dict.fromkeys(declared, ""), **inside.bindings}  # "": taken, but perhaps not in force
    name_attributes(plan, struct)
    if struct.polymorphic:
        derive(plan, struct, inside, building)
    return plan


cdef int name_attributes(WritePlan plan, object struct) except -1:
    """Tells the field for any attributes which ones the table has by name."""
    cdef Py_ssize_t i
    for i in range(plan.attributes):
        if plan.steps[i].kind == ANY_ATTRIBUTES:
            names = tuple(
                (field.own_ns(struct.ns), field.own_local_name) for field in struct.fields[:i]
                if field.mapping in (FieldMapping.ATTRIBUTE, FieldMapping.XML_ATTRIBUTE)
            )
            plan.keep.append(names)
            plan.steps[i].naming = <PyObject*>names
    return 0


cdef class WriteRoot:
    """Writing one element in one namespace scope."""

    def __cinit__(self):
        self.keep = []
        self.size_hint = 256


cdef int publish(dict building) except -1:
    """Keeps the plans that one build made, now that all of it succeeded; temporary tables keep none."""
    for plan, description, key in building.values():
        keep_plan(description, key, plan)
    return 0


cdef WriteRoot write_root(object element, tuple scope, object spelling):
    """The plan of an element in a scope given as (prefix, namespace) pairs, innermost last."""
    cdef WriteRoot root
    cdef dict building
    key = (scope, spelling) if spelling is not None else scope or "write"
    found = getattr(element, "_plans", None)
    if found is not None:
        found = (<dict>found).get(key)
        if found is not None:
            return found
    building = {}
    around = Scope(dict(scope), scope[-1][0] if scope else "", spelling, True)
    root = WriteRoot.__new__(WriteRoot)
    root.own_nil = element.type in (Type.STRING, Type.BYTES, Type.XML_STRING)
    root.pointer_only = element.type in (Type.WSZ, Type.XML_BUFFER)
    root.name = element.local_name or ""
    if element.local_name is None:
        root.fields_only = True
        plan = struct_plan(element.resolve_description(), around, building)
        root.keep.append(plan)
        root.step.kind = STRUCTURE
        root.step.plan = <PyObject*>plan
        if (<WritePlan>plan).attributes or (<WritePlan>plan).text:
            raise InvalidArgument(f"{element}: without a name there can be no attributes and no text")
    else:
        element_step(&root.step, element, around, element.local_name, element.ns, building, root.keep)
    publish(building)
    return keep_plan(element, key, root)


# --- reading ---------------------------------------------------------------------------------------------------------


cdef const char* name_bytes(str text, Py_ssize_t* length, list keep) except NULL:
    encoded = text.encode()
    keep.append(encoded)
    length[0] = PyBytes_GET_SIZE(encoded)
    return PyBytes_AS_STRING(encoded)


cdef object absent_value(object field):
    """What an absent field reads as: its default, which is UNSET unless the table says another; nil where the field is
    NILLABLE only; an empty list where no item is an absent one. NotImplemented where it must not be absent."""
    if field.mapping == FieldMapping.ELEMENT_CHOICE and field.options & FieldOption.OPTIONAL:
        union = field.resolve_description()
        if field.default is UNSET and union.none_value is not UNSET and not union.by_type:
            return Choice(union.none_value)
    if field.options & FieldOption.OPTIONAL or field.mapping == FieldMapping.NO:
        return field.default
    if field.mapping in REPEATING:
        return [] if not field.item_range or field.item_range[0] == 0 else NotImplemented
    if field.mapping == FieldMapping.ANY_ATTRIBUTES:
        return {}
    if field.mapping == FieldMapping.ANY_CONTENT:
        return XmlBuffer(b"")
    if field.type == Type.DESCRIPTION:
        return UNSET
    return None if field.options & FieldOption.NILLABLE else NotImplemented


cdef int read_step(ReadStep* step, object described, dict building, list keep) except -1:
    """The codec or plan of what is read, an element or an attribute."""
    cdef bint attribute = getattr(described, "mapping", None) in ATTRIBUTES
    converted = converted_type(described)
    if described.type == Type.STRUCT or converted is not None:
        plan = read_struct_plan(described.resolve_description() if converted is None else converted.table, building)
        keep.append(plan)
        if converted is not None:
            keep.append(converted)
            step.convert = <PyObject*>converted.from_record
        step.kind = STRUCTURE
        step.plan = <PyObject*>plan
        return 0
    if described.type == Type.XML_BUFFER:
        step.kind = NAMED_FRAGMENT
        return 0
    if described.type == Type.VOID:
        step.kind = VOID
        return 0
    if described.type == Type.CUSTOM:
        description = described.resolve_description()
        keep.append(description)
        step.convert = <PyObject*>description
        step.kind = CUSTOM
        return 0
    return choose_codec(&step.codec, described.type, described.resolve_description(), attribute, None, keep)


cdef int read_field(ReadStep* step, object field, str struct_ns, dict building, list keep) except -1:
    absent = absent_value(field)
    if absent is not NotImplemented:
        keep.append(absent)
        step.absent = <PyObject*>absent
    step.nillable = bool(field.options & FieldOption.NILLABLE)
    step.nillable_item = bool(field.options & FieldOption.NILLABLE_ITEM)
    step.repeating = field.mapping in REPEATING
    step.most = PY_SSIZE_T_MAX
    if field.item_range is not None:
        step.least = field.item_range[0]
        if field.item_range[1] is not None:
            step.most = field.item_range[1]
    wrapper = field.wrapper(struct_ns)
    if wrapper is not None:
        step.wrapper_ns = name_bytes(wrapper[0], &step.wrapper_ns_length, keep)
        step.wrapper = name_bytes(wrapper[1], &step.wrapper_length, keep)
    if field.mapping == FieldMapping.NO:
        return 0
    if field.mapping in (FieldMapping.TYPE_ATTRIBUTE, FieldMapping.ANY_ATTRIBUTES, FieldMapping.ANY_CONTENT):
        step.kind = {FieldMapping.TYPE_ATTRIBUTE: TYPE_ATTRIBUTE, FieldMapping.ANY_ATTRIBUTES: ANY_ATTRIBUTES}.get(
            field.mapping, CONTENT_FRAGMENT
        )
        if field.type == Type.VOID:
            step.kind = VOID
        return filter_namespace(step, field, keep)
    if field.mapping in (FieldMapping.ANY_ELEMENT, FieldMapping.REPEATING_ANY_ELEMENT):
        step.kind = ANY_FRAGMENT
        step.any = True
        filter_namespace(step, field, keep)
        return 0 if field.type == Type.XML_BUFFER else read_step(step, field, building, keep)
    if field.type == Type.UNION:
        choice = read_choice(field.resolve_description(), struct_ns, building)
        keep.append(choice)
        step.kind = CHOICE
        step.plan = <PyObject*>choice
        return 0
    if field.mapping != FieldMapping.TEXT:
        step.ns = name_bytes(field.own_ns(struct_ns), &step.ns_length, keep)
        step.local = name_bytes(field.own_local_name, &step.local_length, keep)
        step.own_ns = field.own_ns(struct_ns) == struct_ns
        step.predictable = step.own_ns and wrapper is None
    return read_step(step, field, building, keep)


cdef int filter_namespace(ReadStep* step, object field, list keep) except -1:
    """The namespace that any elements or attributes must have, or must not have with OTHER_NAMESPACE."""
    if field.ns is not None:
        step.ns = name_bytes(field.ns, &step.ns_length, keep)
        step.other_ns = bool(field.options & FieldOption.OTHER_NAMESPACE)
    return 0


cdef ReadChoice read_choice(object union, str struct_ns, dict building):
    cdef ReadChoice choice = ReadChoice.__new__(ReadChoice)
    choice.arms = <ReadStep*>PyMem_Calloc(len(union.fields), sizeof(ReadStep))
    if choice.arms is NULL:
        raise MemoryError
    choice.by_type = union.by_type
    for described in union.fields:
        field, box = boxed(described.field, struct_ns)
        choice.keep.append(field)
        read_field(&choice.arms[choice.count], field, struct_ns, building, choice.keep)
        choice.selectors.append(described.value)
        choice.boxes.append(box)
        choice.count += 1
    return choice


cdef class ReadChoice:
    """Reading one of several elements."""

    def __cinit__(self):
        self.selectors = []
        self.boxes = []
        self.keep = []

    def __dealloc__(self):
        PyMem_Free(self.arms)

    cdef object wrap(self, Py_ssize_t arm, object value):
        """The value of the choice when an arm was read."""
        box = self.boxes[arm]
        if box is not None and value is not None:
            value = value[box]
        return value if self.by_type else Choice(self.selectors[arm], value)


cdef class ReadPlan:
    """Reading a structure."""

    def __cinit__(self):
        self.keep = []
        self.valued = self.any_attributes = self.content = -1

    def __dealloc__(self):
        PyMem_Free(self.steps)
        PyMem_Free(self.order)


cdef int derive_reading(ReadPlan plan, object struct, dict building) except -1:
    """The types that xsi:type may name instead of a polymorphic one."""
    plan.derived = {(struct.type_ns or "", struct.type_local_name): plan}
    for description in struct.all_sub_types():
        name = (description.type_ns or "", description.type_local_name)
        plan.derived[name] = read_struct_plan(description, building)
    return 0


cdef int order_values(ReadPlan plan, object struct, object valued) except -1:
    """Where the values of the Python object stand among the fields, when some fields have none."""
    cdef Py_ssize_t place = 0
    if len(valued) == plan.fields:
        return 0
    plan.valued = len(valued)
    plan.order = <Py_ssize_t*>PyMem_Calloc(plan.valued + 1, sizeof(Py_ssize_t))
    if plan.order is NULL:
        raise MemoryError
    names = {field.name for field in valued}
    for i, field in enumerate(struct.fields):
        if field.name in names:
            plan.order[place] = i
            place += 1
    return 0


cdef ReadPlan read_struct_plan(object struct, dict building):
    cdef ReadPlan plan
    cdef Py_ssize_t i
    if id(struct) in building:
        return building[id(struct)][0]
    found = plans_of(struct).get("read")
    if found is not None:
        return found
    fields = struct.fields
    plan = ReadPlan.__new__(ReadPlan)
    building[id(struct)] = (plan, struct, "read")
    valued = members(struct)
    plan.access = Access(struct.python_type, tuple(field.name for field in valued))
    plan.description = struct
    plan.abstract = bool(struct.options & StructOption.ABSTRACT)
    plan.name = struct.python_type.__name__
    plan.ns = name_bytes(struct.ns, &plan.ns_length, plan.keep)
    plan.ignore_trailing = bool(struct.options & StructOption.IGNORE_TRAILING_ELEMENT_CONTENT)
    plan.ignore_attributes = bool(struct.options & StructOption.IGNORE_UNHANDLED_ATTRIBUTES)
    plan.attributes = sum(field.mapping in ATTRIBUTES for field in fields)
    plan.text = any(field.mapping == FieldMapping.TEXT for field in fields)
    plan.steps = <ReadStep*>PyMem_Calloc(len(fields) + 1, sizeof(ReadStep))
    if plan.steps is NULL:
        raise MemoryError
    for i, field in enumerate(fields):
        plan.keep.append(field)
        read_field(&plan.steps[i], field, struct.ns, building, plan.keep)
        plan.counted = plan.counted or plan.steps[i].least > 0
    plan.fields = len(fields)
    plan.count = plan.fields - sum(field.mapping == FieldMapping.NO for field in fields)
    order_values(plan, struct, valued)
    if plan.count and fields[plan.count - 1].type == Type.XML_BUFFER:
        plan.open_ended = fields[plan.count - 1].mapping in (
            FieldMapping.REPEATING_ANY_ELEMENT, FieldMapping.ANY_CONTENT
        )
    for i, field in enumerate(fields):
        if field.mapping == FieldMapping.ANY_ATTRIBUTES:
            plan.any_attributes = i
        elif field.mapping == FieldMapping.ANY_CONTENT:
            plan.content = i
    if struct.polymorphic:
        derive_reading(plan, struct, building)
    return plan


cdef class ReadRoot:
    """Reading one element."""

    def __cinit__(self):
        self.keep = []


cdef ReadRoot read_root(object element):
    """The plan for reading an element."""
    cdef ReadRoot root
    cdef dict building
    found = getattr(element, "_plans", None)
    if found is not None:
        found = (<dict>found).get("read")
        if found is not None:
            return found
    building = {}
    root = ReadRoot.__new__(ReadRoot)
    root.pointer_only = element.type in (Type.WSZ, Type.XML_BUFFER)
    root.fields_only = element.local_name is None
    root.step.most = PY_SSIZE_T_MAX
    if not root.fields_only:
        root.step.ns = name_bytes(element.ns, &root.step.ns_length, root.keep)
        root.step.local = name_bytes(element.local_name, &root.step.local_length, root.keep)
    read_step(&root.step, element, building, root.keep)
    publish(building)
    return keep_plan(element, "read", root)
