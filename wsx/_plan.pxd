"""Plans: what a description table compiles to, one array of steps per structure, for writing and for reading."""

from cpython.object cimport PyObject

from wsx._access cimport Access
from wsx._codec cimport Codec

cdef struct Text:
    const char* data   # padded, so that out_put may copy whole blocks
    Py_ssize_t length

cdef enum Kind:
    SCALAR
    STRUCTURE
    CHOICE            # one arm of several
    NAMED_FRAGMENT    # XML_BUFFER under a name of the table
    ANY_FRAGMENT      # XML_BUFFER under its own name
    CONTENT_FRAGMENT  # XML_BUFFER of any nodes
    VOID              # nothing, or what is skipped
    ANY_ATTRIBUTES    # the attributes that no field maps
    TYPE_ATTRIBUTE    # xsi:type
    CUSTOM            # callbacks
    QNAME             # a scalar whose namespace may need a declaration in the start tag

# One field, as it is written in one namespace scope.
cdef struct WriteStep:
    Codec codec
    Kind kind
    PyObject* plan         # WritePlan of a STRUCT, WriteChoice of a UNION, else NULL; borrowed
    PyObject* bindings     # dict, prefix -> namespace in force around it; of what brings its own names; borrowed
    PyObject* naming       # tuple (prefix, local name, namespace) of a NAMED_FRAGMENT or CUSTOM; borrowed
    PyObject* convert      # of a STRUCTURE: from the public value to the record; of CUSTOM: the description; of QNAME:
    # the Spelling; else, or without, NULL
    PyObject* name         # Python name (str); borrowed
    Py_ssize_t slot        # offset in instances of the exact class, 0 = no slot
    Py_ssize_t index       # position in a tuple
    Text open              # `<p:name …>`; of a structure with attributes `<p:name`; of an attribute ` p:name="`
    Text declarations      # ` xmlns:p="…"`, after the attributes of a structure, or belonging to an attribute
    Text close             # `</p:name>`
    Text nil               # `<p:name a:nil="true" …/>`
    Text wrapper_open      # REPEATING_ELEMENT with a wrapper, else NULL
    Text wrapper_close
    Text wrapper_nil
    int declares           # of an attribute: number of its declaration in this structure, -1 for none
    bint repeating
    bint optional
    bint nillable
    bint nillable_item
    bint expand            # empty elements as `<a></a>`
    Py_ssize_t least       # items
    Py_ssize_t most

cdef class WritePlan:
    # Immutable once built; owns the steps and everything they point to.
    cdef Access access
    cdef PyObject* exact_type   # slots are read from instances of exactly this class
    cdef WriteStep* steps       # attributes first
    cdef Py_ssize_t attributes
    cdef Py_ssize_t count
    cdef bint text              # the only content is one TEXT field
    cdef bint split             # the start tag is more than its rendered bytes: attributes, xsi:type or a late one
    cdef bint late              # it may have declarations that only its values tell
    cdef dict taken             # prefix -> namespace of what is or may be bound in it, "" for what may be
    cdef bint abstract
    cdef dict derived           # of a polymorphic type: class or identity of the description -> Derived; else None
    cdef list keep

cdef class Derived:
    # A type derived from the declared one, as it is written in the same scope.
    cdef WritePlan plan
    cdef bytes type_attribute   # ` a:type="b:Name"`
    cdef bytes declarations

cdef class WriteChoice:
    cdef WriteStep* arms
    cdef Py_ssize_t count
    cdef dict selectors         # selector -> arm
    cdef dict types             # by_type: Python class -> arm; else None
    cdef list boxes             # arm -> name of the only field of the structure that its items stand in, or None
    cdef object none_value
    cdef list keep

cdef class WriteRoot:
    # One element in one scope, with the size that its last output had.
    cdef WriteStep step
    cdef bint own_nil           # STRING, XML_STRING, BYTES: nil by the value itself
    cdef bint pointer_only      # WSZ
    cdef bint fields_only       # no element around the fields
    cdef Py_ssize_t size_hint
    cdef list keep
    cdef str name

cdef struct ReadStep:
    Codec codec
    Kind kind
    PyObject* plan         # ReadPlan of a STRUCT, ReadChoice of a UNION, else NULL; borrowed
    PyObject* convert      # of a STRUCTURE: from the record to the public value, or NULL; of CUSTOM: the description
    bint any               # any name; ns filters: NULL = all, else only that one, or all but that one (other_ns)
    bint other_ns
    const char* ns
    Py_ssize_t ns_length
    const char* local
    Py_ssize_t local_length
    const char* wrapper_ns
    Py_ssize_t wrapper_ns_length
    const char* wrapper    # NULL = no wrapper
    Py_ssize_t wrapper_length
    PyObject* absent       # what an absent field reads as; borrowed; NULL = it must not be absent
    bint own_ns            # the namespace is the plan's own
    bint predictable       # and the element is neither in a wrapper nor one of a choice
    bint repeating
    bint nillable
    bint nillable_item
    Py_ssize_t least
    Py_ssize_t most

cdef class ReadPlan:
    cdef Access access
    cdef ReadStep* steps
    cdef Py_ssize_t attributes
    cdef Py_ssize_t count       # attributes and content
    cdef Py_ssize_t fields      # those, and the fields that have no XML
    cdef bint text
    cdef Py_ssize_t valued      # fields that have a Python value, when these are fewer; else -1
    cdef Py_ssize_t* order      # their positions
    cdef Py_ssize_t any_attributes  # position of the ANY_ATTRIBUTES field, -1 for none
    cdef Py_ssize_t content         # position of the ANY_CONTENT field, -1 for none
    cdef bint abstract
    cdef bint open_ended        # ends with any elements or content
    cdef dict derived           # of a polymorphic type: (namespace, name) -> ReadPlan, itself included; else None
    cdef object description
    cdef bint ignore_trailing
    cdef bint counted           # some field wants a number of items
    cdef bint ignore_attributes
    cdef const char* ns         # of most child elements
    cdef Py_ssize_t ns_length
    cdef list keep
    cdef str name

cdef class ReadChoice:
    cdef ReadStep* arms
    cdef Py_ssize_t count
    cdef list selectors
    cdef list boxes
    cdef bint by_type
    cdef list keep

    cdef object wrap(self, Py_ssize_t arm, object value)

cdef class ReadRoot:
    cdef ReadStep step
    cdef bint pointer_only      # WSZ
    cdef bint fields_only
    cdef list keep

# WS_WRITE_OPTION and WS_READ_OPTION
cdef enum:
    REQUIRED_VALUE = 1
    REQUIRED_POINTER = 2
    WRITE_NILLABLE_VALUE = 3
    WRITE_NILLABLE_POINTER = 4
    READ_OPTIONAL_POINTER = 3
    READ_NILLABLE_POINTER = 4
    READ_NILLABLE_VALUE = 5

cdef bytes declarations(dict declared)
cdef WriteRoot write_root(object element, tuple scope, object spelling)
cdef ReadRoot read_root(object element)
