"""How values of a Python class are taken apart and put together.

Slots of a class (dataclass(slots=True), attrs, msgspec.Struct) are read at their offset, and filled without running a
constructor where that constructor would do nothing else. Everything a class adds (``__post_init__``, validators,
converters, an own ``__init__``) is honoured: then the class is called.
"""

import dataclasses
import inspect

from cpython.dict cimport PyDict_SetItem
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_New, PyTuple_SET_ITEM

from wsx.declare.constructor_names import pydantic_keyword
from wsx.errors import InvalidFormat, WsError
from wsx.values import UNSET

cdef extern from "_cpython.h":
    Py_ssize_t wsx_slot_offset(object descriptor) noexcept
    PyObject** wsx_slot(object instance, Py_ssize_t offset) noexcept
    object wsx_allocate(object cls)

cdef extern from "Python.h":
    object PyObject_Vectorcall(object function, PyObject** arguments, size_t count, object names)


def slot_offset(cls, name):
    """Offset of the slot that holds attribute `name` of instances of cls; 0 when a descriptor or a dict does."""
    for base in cls.__mro__:
        if name in base.__dict__:
            return wsx_slot_offset(base.__dict__[name])
    return 0


def generated_constructor(cls):
    """Does making an instance do nothing but store its arguments, as dataclasses and attrs generate it?"""
    if type(cls).__call__ is not type.__call__ or cls.__new__ is not object.__new__:
        return False
    if any(hasattr(cls, hook) for hook in ("__post_init__", "__attrs_pre_init__", "__attrs_post_init__")):
        return False
    parameters = getattr(cls, "__dataclass_params__", None)
    if cls.__setattr__ is not object.__setattr__ and not (parameters and parameters.frozen):
        return False
    if cls.__init__ is object.__init__:
        return True
    code = getattr(cls.__init__, "__code__", None)
    if code is None:
        return False
    attributes = getattr(cls, "__attrs_attrs__", None)
    if attributes is not None:
        plain = all(a.validator is None and a.converter is None and a.on_setattr is None for a in attributes)
        return plain and code.co_filename.startswith("<attrs generated")
    return parameters is not None and generated_by_dataclasses(code)


def generated_by_dataclasses(code):
    """A method that dataclasses made: an __init__ in the class body is kept by them, and looks much the same."""
    if hasattr(code, "co_qualname"):  # Python 3.11
        return code.co_qualname.startswith("__create_fn__.<locals>.")
    return code.co_filename == "<string>" and code.co_firstlineno == 2


def all_fields(cls):
    """Names of all fields that a dataclass or attrs class sets, in its constructor or by default."""
    if dataclasses.is_dataclass(cls):
        return {field.name for field in dataclasses.fields(cls)}
    return {a.name for a in getattr(cls, "__attrs_attrs__", ())}


def constructor_fields(cls):
    """{field name: keyword of the constructor} of a dataclass, attrs, msgspec or pydantic class; None for another."""
    models = getattr(cls, "__pydantic_fields__", None)
    if models is not None:
        keywords = {
            name: pydantic_keyword(cls, name, info) for name, info in models.items()
            if getattr(info, "init", None) is not False
        }
        return {name: keywords[name] for name in keywords if keywords[name] is not None}
    if dataclasses.is_dataclass(cls):
        return {field.name: field.name for field in dataclasses.fields(cls) if field.init}
    if hasattr(cls, "__attrs_attrs__"):
        return {a.name: getattr(a, "alias", None) or a.name.lstrip("_") for a in cls.__attrs_attrs__ if a.init}
    if hasattr(cls, "__struct_fields__"):
        return {name: name for name in cls.__struct_fields__}
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return {name: name for name in cls._fields}
    return None


def accepts_keywords(cls, names):
    """Can cls be called with just these keywords?"""
    if cls.__init__ is object.__init__ and cls.__new__ is object.__new__:
        return False
    try:
        inspect.signature(cls).bind(**dict.fromkeys(names))
    except (TypeError, ValueError):
        return False
    return True


def way_to_make(cls, names, slots):
    """(Make, keywords): how an instance with these fields comes to be."""
    fields = constructor_fields(cls)
    if all(slots) and generated_constructor(cls) and all_fields(cls) <= set(names):
        return MAKE_SLOTS, names
    if fields is not None and set(names) <= set(fields):
        return MAKE_CALL, tuple(fields[name] for name in names)
    if accepts_keywords(cls, names):
        return MAKE_CALL, names
    return MAKE_SETATTR, names


cdef class Access:
    """Taking apart and putting together values of `python_type` that have the fields `names`."""

    def __cinit__(self, object python_type, tuple names not None):
        cdef Py_ssize_t i
        self.python_type = python_type
        self.names = self.keywords = names
        self.count = len(names)
        self.slots = <Py_ssize_t*>PyMem_Calloc(self.count + 1, sizeof(Py_ssize_t))
        if self.slots is NULL:
            raise MemoryError
        if python_type is dict:
            self.fetch, self.make = FROM_DICT, MAKE_DICT
        elif python_type is tuple:
            self.fetch, self.make = FROM_TUPLE, MAKE_TUPLE
        else:
            self.fetch = FROM_OBJECT
            offsets = [slot_offset(python_type, name) for name in names]
            for i in range(self.count):
                self.slots[i] = offsets[i]
            self.make, self.keywords = way_to_make(python_type, names, offsets)

    def __dealloc__(self):
        PyMem_Free(self.slots)

    cdef object build(self, PyObject** values):
        """A new value from one reference per field; a reference that moves into the value leaves NULL behind."""
        cdef Py_ssize_t i
        cdef object made
        if self.make == MAKE_SLOTS:
            made = wsx_allocate(self.python_type)
            for i in range(self.count):
                wsx_slot(made, self.slots[i])[0] = values[i]
                values[i] = NULL
        elif self.make == MAKE_CALL:
            made = self.call(values)
        elif self.make == MAKE_TUPLE:
            made = PyTuple_New(self.count)
            for i in range(self.count):
                Py_INCREF(<object>values[i])
                PyTuple_SET_ITEM(made, i, <object>values[i])
        elif self.make == MAKE_DICT:
            made = {}
            for i in range(self.count):
                if <object>values[i] is not UNSET:
                    PyDict_SetItem(made, self.names[i], <object>values[i])
        else:
            made = self.assign(values)
        return made

    cdef object assign(self, PyObject** values):
        """A new instance without constructor, its attributes set; what a setter raises is a value that does not fit."""
        cdef Py_ssize_t i
        cdef object made
        try:
            made = self.python_type.__new__(self.python_type)
            for i in range(self.count):
                setattr(made, self.names[i], <object>values[i])
        except (WsError, MemoryError):
            raise
        except Exception as error:
            raise InvalidFormat(f"{self.python_type.__name__} refuses the values: {error}") from error
        return made

    cdef object call(self, PyObject** values):
        """The class called with the fields as keywords; what its checks raise is a value that does not fit."""
        try:
            return PyObject_Vectorcall(self.python_type, values, 0, self.keywords)
        except (WsError, MemoryError):
            raise
        except Exception as error:
            raise InvalidFormat(f"{self.python_type.__name__} refuses the values: {error}") from error
