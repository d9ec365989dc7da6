"""One step of a plan: is an element its own, and what value does its codec make of a text."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.object cimport PyObject
from cpython.ref cimport Py_XDECREF

from wsx._codec cimport owned
from wsx._pieces cimport PieceScanner
from wsx._plan cimport ReadChoice, ReadStep
from wsx._scanner cimport Slice, same, slice_of

from wsx.errors import InvalidFormat
from wsx.values import XmlQName


cdef str local_name(const ReadStep* step):
    return (<bytes>step.local[:step.local_length]).decode() if step.local is not NULL else ""


cdef class StepReader(PieceScanner):
    """A scanner that knows the steps of plans, and counts the values that they make against the quota."""

    cdef PyObject* decode(self, const ReadStep* step, const Slice* text, bint ascii) except NULL:
        """A new reference to the value of a text; the names of QNames are resolved in the scope at the cursor."""
        cdef PyObject* value
        cdef object parts, resolved
        self.charge(text.length)
        value = step.codec.read(text.data, text.length, ascii, &step.codec)
        if not step.codec.qname:
            return value
        parts = <object>value
        Py_XDECREF(value)
        resolved = self.qname(parts[0], parts[1])
        if step.codec.limits is not NULL:
            (<object>step.codec.limits).check(resolved)
        return owned(resolved)

    cdef object qname(self, str prefix, str local):
        """The QName of a prefix and a local name in content, where the default namespace applies (XSD part 2)."""
        cdef bytes encoded = prefix.encode()
        cdef Slice ns, spelled = slice_of(PyBytes_AS_STRING(encoded), PyBytes_GET_SIZE(encoded))
        try:
            self.resolve(&spelled, &ns, False)
        except InvalidFormat as error:
            error.offset = self.offset(self.mark)  # the name is no slice of the document
            raise
        return XmlQName(local, self.string(ns))

    cdef object scalar(self, const ReadStep* step):
        """The value of a scalar element whose start tag was read; it is read before the element's scope ends."""
        cdef Slice text
        cdef PyObject* value
        cdef object made
        if step.codec.qname and not self.self_closing:
            self.text(&text)
            if self.cursor[1] == c"/":
                value = self.decode(step, &text, self.is_ascii(&text))
                made = <object>value
                Py_XDECREF(value)
                self.end_tag()
                return made
        self.simple_text(&text)
        value = self.decode(step, &text, self.is_ascii(&text))
        made = <object>value
        Py_XDECREF(value)
        return made

    cdef bint matches(self, const ReadStep* step) noexcept:
        """Is the element whose start tag was read one of the step's?"""
        if step.any:
            return step.ns is NULL or same(&self.element_ns, step.ns, step.ns_length) != step.other_ns
        if not same(&self.element_local, step.local, step.local_length):
            return False
        return same(&self.element_ns, step.ns, step.ns_length)

    cdef bint wraps(self, const ReadStep* step) noexcept:
        """Is it the wrapper of the step's items?"""
        return same(&self.element_local, step.wrapper, step.wrapper_length) and same(
            &self.element_ns, step.wrapper_ns, step.wrapper_ns_length)

    cdef Py_ssize_t arm_of(self, const ReadStep* step) noexcept:
        """The arm of a choice that the element is, -1 for none."""
        cdef PyObject* choice = step.plan
        cdef Py_ssize_t i
        for i in range((<ReadChoice>choice).count):
            if self.matches(&(<ReadChoice>choice).arms[i]):
                return i
        return -1
