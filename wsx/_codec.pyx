"""What the codecs share: their errors.

A writer takes any object, appends its lexical form to the output and raises when the object is not a value of the
type: InvalidArgument for a wrong Python type, NumericOverflow for a number that does not fit, InvalidFormat for what
XML cannot carry. A reader takes text (UTF-8, references resolved) and returns a new reference or raises InvalidFormat
or NumericOverflow. Neither knows where it is: the walkers add path and offset.

Exact Python types take the short way; subclasses (IntEnum, NumPy scalars, str subclasses) a longer one, same result.
"""

from wsx.errors import InvalidArgument, InvalidFormat


cdef int wrong_type(object value, str wanted) except -1:
    raise InvalidArgument(f"expected {wanted}, not {type(value).__name__}")


cdef int malformed(const char* text, Py_ssize_t length, str wanted) except -1:
    shown = (<bytes>text[:min(length, 40)]).decode("utf-8", "replace")
    if length > 40:
        shown += "…"
    raise InvalidFormat(f"{shown!r} is not {wanted}")
