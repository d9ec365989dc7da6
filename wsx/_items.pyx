"""The items of one repeating field one by one: into the plan's reader and out of it, without a list of them all."""

from wsx._plan cimport STRUCTURE, ReadPlan, ReadRoot, ReadStep, read_root
from wsx._reader cimport Reader
from wsx._writer cimport Output

from wsx.descriptions import ReadOption
from wsx.errors import InvalidArgument, InvalidFormat


cdef class Portion:
    """An iterator of the items of `source`, until `output`, which they are written to, has so many bytes.

    ``number`` counts the items of all portions of a source; ``over``: it has no more; ``failure``: what it raised,
    which is not the writer's error.
    """

    def __cinit__(self, Output output not None, object source, Py_ssize_t size, object most=None):
        self.output = output
        self.source = iter(source)
        self.size = size
        self.most = -1 if most is None else most

    def __iter__(self):
        return self

    def __next__(self):
        if self.over or self.number and len(self.output) >= self.size:
            raise StopIteration
        try:
            item = next(self.source)
        except StopIteration:
            self.over = True
            raise
        except BaseException as error:
            self.over = True
            self.failure = error
            raise StopIteration from None
        if self.number == self.most:
            raise InvalidFormat(f"more than {self.most} items")
        self.number += 1
        return item


def read_items(Reader reader not None, object element, tuple path not None, list items not None, *,
               Py_ssize_t most, object option=ReadOption.REQUIRED_VALUE):
    """Appends to `items` the next items, at most so many, of one repeating field of the element that comes next.

    `path`: positions of fields in their tables, from the element's own structure to the repeating field. Returns
    (True, the element's value, in which the list is empty) when the element has ended, before that (False, None) and
    must be called again. When it raises, the items before the error, or before the end of the input (MoreInput), are
    in `items`.
    """
    cdef ReadRoot root
    cdef object value
    if type(option) is not ReadOption:
        raise InvalidArgument(f"option must be a wsx.ReadOption, not {option!r}")
    root = read_root(element)
    if reader.frame_count and not reader.reading and root is reader.root and path == reader.stream_path:
        if reader.decoder is not None:
            reader.wake()
    else:
        reader.idle()
        check_path(root, path)
        reader.stream_path = path
        reader.stream_count = 0
    reader.stream, reader.stream_most = items, most
    try:
        value = reader.read(root, option)
        return not reader.paused, value
    finally:
        reader.stream = None
        reader.paused = False


cdef int check_path(ReadRoot root, tuple path) except -1:
    """Can the items of the field there be read one by one? It stands in structures that are always of one table."""
    cdef const ReadStep* step = &root.step
    cdef ReadPlan plan
    cdef Py_ssize_t position
    for position in path:
        if step.kind != STRUCTURE or step.convert is not NULL or step.repeating:
            raise InvalidArgument("items are read one by one from structures that stand once")
        plan = <ReadPlan>step.plan
        if plan.derived is not None or plan.text or not 0 <= position < plan.count:
            raise InvalidArgument(f"items are not read one by one from {plan.name}")
        step = &plan.steps[position]
    if not step.repeating:
        raise InvalidArgument("items are read one by one from a repeating field")
    return 0
