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

from wsx.descriptions import XML_NAMESPACE, XSI_NAMESPACE, ElementDescription, FieldMapping, FieldOption, StructOption, Type
from wsx.errors import InvalidArgument, QuotaExceeded
from wsx.values import UNSET

cdef extern from "Python.h":
    Py_ssize_t PY_SSIZE_T_MAX

# Bytes behind each rendered tag that out_put may read.
cdef bytes PADDING = bytes(64)
# Plans that one description keeps: a program uses few scopes; one that makes up scopes does not fill the memory.
cdef enum:
    MOST_SCOPES = 64
    MOST_ATTRIBUTES = 63    # of one structure: their declarations are the bits of a word
    MOST_STEPS = 1 << 20


cdef object ATTRIBUTES = (FieldMapping.ATTRIBUTE, FieldMapping.XML_ATTRIBUTE)


cdef Text render(bytes text, list keep):
    """A Text whose bytes `keep` owns."""
    cdef Text made
    padded = text + PADDING
    keep.append(padded)
    made.data = PyBytes_AS_STRING(padded)
    made.length = PyBytes_GET_SIZE(text)
    return made


class Scope:
    """The namespace bindings that hold at one place of the output."""

    __slots__ = ("bindings", "parent")

    def __init__(self, bindings, parent=""):
        self.bindings = bindings
        self.parent = parent

    @property
    def key(self):
        return (tuple(sorted(self.bindings.items())), self.parent)

    def element(self, ns, local):
        """(qualified name, declarations as {prefix: namespace}, scope inside) of an element without a wished prefix.

        The prefix of the parent serves its children; another namespace becomes the default one (serialization.md §10).
        """
        default = self.bindings.get("", "")
        if self.bindings.get(self.parent, "") == ns:
            prefix = self.parent
        elif default == ns:
            prefix = ""
        else:
            prefix = next((p for p, bound in self.bindings.items() if bound == ns and p and ns), "")
        declared = {} if self.bindings.get(prefix, "") == ns else {prefix: ns}
        name = f"{prefix}:{local}" if prefix else local
        return name, declared, Scope({**self.bindings, **declared}, prefix)

    def prefixes(self):
        """{namespace: prefix} for QNames in content: the element's own prefix first, "" for no namespace."""
        found = {} if self.bindings.get("") else {"": ""}
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
    return f'<{name} {prefix}:nil="true"'.encode() + declarations({**extra, **declared}) + b"/>"


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
    name, declared, inside = scope.element(ns, local)
    step.declares = -1
    step.declarations = render(declarations(declared), keep)
    step.close = render(f"</{name}>".encode(), keep)
    step.nil = render(nil_tag(name, declared, inside), keep)
    if described.type == Type.STRUCT:
        plan = struct_plan(described.resolve_description(), inside, building)
        keep.append(plan)
        step.plan = <PyObject*>plan
        if plan.attributes:
            step.open = render(f"<{name}".encode(), keep)
            return 0
    else:
        choose_codec(&step.codec, described.type, described.resolve_description(), False, inside, keep)
    step.open = render(f"<{name}".encode() + declarations(declared) + b">", keep)
    return 0


cdef int repeating_step(WriteStep* step, object field, object scope, str struct_ns, dict building,
                        list keep) except -1:
    """The wrapper and the item element of a REPEATING_ELEMENT field."""
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
    return element_step(step, field, inside, field.own_local_name, field.own_ns(struct_ns), building, keep)


cdef object attribute_step(WriteStep* step, object field, object scope, str struct_ns, dict declared, list keep):
    """An attribute; returns the scope, which has the attribute's prefix when its declaration is always written.

    `declared` are the declarations that attributes of this start tag may bring with them.
    """
    ns = field.own_ns(struct_ns)
    prefix = scope.attribute_prefix(ns)
    step.declares = -1
    if prefix is None:
        prefix = next((p for p, bound in declared.items() if bound == ns), None)
        if prefix is None:
            prefix = free_prefix({**scope.bindings, **declared})
            declared[prefix] = ns
        step.declares = list(declared).index(prefix)
        step.declarations = render(declarations({prefix: ns}), keep)
        if not step.optional:
            scope = Scope({**scope.bindings, prefix: ns}, scope.parent)
    name = f"{prefix}:{field.own_local_name}" if prefix else field.own_local_name
    step.open = render(f' {name}="'.encode(), keep)
    choose_codec(&step.codec, field.type, field.resolve_description(), True, scope, keep)
    return scope


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
        return building[id(struct), key]
    found = plans_of(struct).get(key)
    if found is not None:
        return found
    fields = struct.fields
    if len(fields) > MOST_STEPS:
        raise QuotaExceeded(f"{struct}: more than {MOST_STEPS} fields")
    plan = WritePlan.__new__(WritePlan)
    building[id(struct), key] = plan
    plan.access = Access(struct.python_type, tuple(field.name for field in fields))
    plan.exact_type = <PyObject*>plan.access.python_type
    plan.steps = <WriteStep*>PyMem_Calloc(len(fields) + 1, sizeof(WriteStep))
    if plan.steps is NULL:
        raise MemoryError
    plan.attributes = sum(field.mapping in ATTRIBUTES for field in fields)
    if plan.attributes > MOST_ATTRIBUTES:
        raise QuotaExceeded(f"{struct}: more than {MOST_ATTRIBUTES} attributes")
    for i, field in enumerate(fields):
        step = &plan.steps[i]
        plan.keep.append(field)
        step.name = <PyObject*>plan.access.names[i]
        step.slot = plan.access.slots[i]
        step.index = i
        step.optional = bool(field.options & FieldOption.OPTIONAL)
        step.nillable = bool(field.options & FieldOption.NILLABLE)
        if field.mapping == FieldMapping.NO:
            continue
        plan.count += 1
        if field.mapping in ATTRIBUTES:
            scope = attribute_step(step, field, scope, struct.ns, declared, plan.keep)
        elif field.mapping == FieldMapping.TEXT:
            plan.text = True
            choose_codec(&step.codec, field.type, field.resolve_description(), False, scope, plan.keep)
        elif field.mapping == FieldMapping.REPEATING_ELEMENT:
            repeating_step(step, field, scope, struct.ns, building, plan.keep)
        else:
            element_step(step, field, scope, field.own_local_name, field.own_ns(struct.ns), building, plan.keep)
    return plan


cdef class WriteRoot:
    """Writing one element in one namespace scope."""

    def __cinit__(self):
        self.keep = []
        self.size_hint = 256


cdef int publish(dict building, object descriptions) except -1:
    """Keeps the plans that one build made, now that all of it succeeded."""
    for (identity, key), plan in building.items():
        keep_plan(descriptions[identity], key, plan)
    return 0


cdef object reachable(object struct, dict found):
    """All structures that a structure refers to, by identity."""
    if id(struct) not in found:
        found[id(struct)] = struct
        for field in struct.fields:
            if field.type == Type.STRUCT:
                reachable(field.resolve_description(), found)
    return found


cdef WriteRoot write_root(object element, tuple scope):
    """The plan of an element in a scope given as (prefix, namespace) pairs, innermost last."""
    cdef WriteRoot root
    cdef dict building
    key = scope or "write"
    found = getattr(element, "_plans", None)
    if found is not None:
        found = (<dict>found).get(key)
        if found is not None:
            return found
    building = {}
    around = Scope(dict(scope), scope[-1][0] if scope else "")
    root = WriteRoot.__new__(WriteRoot)
    root.own_nil = element.type in (Type.STRING, Type.BYTES, Type.XML_STRING)
    root.pointer_only = element.type == Type.WSZ
    root.name = element.local_name or ""
    if element.local_name is None:
        root.fields_only = True
        plan = struct_plan(element.resolve_description(), around, building)
        root.keep.append(plan)
        root.step.plan = <PyObject*>plan
        if (<WritePlan>plan).attributes or (<WritePlan>plan).text:
            raise InvalidArgument(f"{element}: without a name there can be no attributes and no text")
    else:
        element_step(&root.step, element, around, element.local_name, element.ns, building, root.keep)
    if building:
        publish(building, reachable(element.resolve_description(), {}))
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
    if field.options & FieldOption.OPTIONAL or field.mapping == FieldMapping.NO:
        return field.default
    if field.mapping == FieldMapping.REPEATING_ELEMENT:
        return [] if not field.item_range or field.item_range[0] == 0 else NotImplemented
    return None if field.options & FieldOption.NILLABLE else NotImplemented


cdef int read_step(ReadStep* step, object described, dict building, list keep) except -1:
    """The codec or plan of what is read, an element or an attribute."""
    cdef bint attribute = getattr(described, "mapping", None) in ATTRIBUTES
    if described.type == Type.STRUCT:
        plan = read_struct_plan(described.resolve_description(), building)
        keep.append(plan)
        step.plan = <PyObject*>plan
        return 0
    return choose_codec(&step.codec, described.type, described.resolve_description(), attribute, None, keep)


cdef int read_field(ReadStep* step, object field, str struct_ns, dict building, list keep) except -1:
    absent = absent_value(field)
    if absent is not NotImplemented:
        keep.append(absent)
        step.absent = <PyObject*>absent
    step.nillable = bool(field.options & FieldOption.NILLABLE)
    step.nillable_item = bool(field.options & FieldOption.NILLABLE_ITEM)
    step.repeating = field.mapping == FieldMapping.REPEATING_ELEMENT
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
    if field.mapping != FieldMapping.TEXT:
        step.ns = name_bytes(field.own_ns(struct_ns), &step.ns_length, keep)
        step.local = name_bytes(field.own_local_name, &step.local_length, keep)
        step.own_ns = field.own_ns(struct_ns) == struct_ns
    return read_step(step, field, building, keep)


cdef class ReadPlan:
    """Reading a structure."""

    def __cinit__(self):
        self.keep = []

    def __dealloc__(self):
        PyMem_Free(self.steps)


cdef ReadPlan read_struct_plan(object struct, dict building):
    cdef ReadPlan plan
    cdef Py_ssize_t i
    if id(struct) in building:
        return building[id(struct)]
    found = plans_of(struct).get("read")
    if found is not None:
        return found
    fields = struct.fields
    plan = ReadPlan.__new__(ReadPlan)
    building[id(struct)] = plan
    plan.access = Access(struct.python_type, tuple(field.name for field in fields))
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
    plan.fields = len(fields)
    plan.count = plan.fields - sum(field.mapping == FieldMapping.NO for field in fields)
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
    root.pointer_only = element.type == Type.WSZ
    root.fields_only = element.local_name is None
    root.step.most = PY_SSIZE_T_MAX
    if not root.fields_only:
        root.step.ns = name_bytes(element.ns, &root.step.ns_length, root.keep)
        root.step.local = name_bytes(element.local_name, &root.step.local_length, root.keep)
    read_step(&root.step, element, building, root.keep)
    if building:
        structs = reachable(element.resolve_description(), {})
        for identity, plan in building.items():
            keep_plan(structs[identity], "read", plan)
    return keep_plan(element, "read", root)
