# cython: cdivision=True
"""The structures that a reader is in the middle of, on an explicit stack, and how it goes back to an earlier step."""

from cpython.mem cimport PyMem_Free
from cpython.object cimport PyObject
from cpython.ref cimport Py_XDECREF

from wsx._plan cimport ReadPlan, ReadStep
from wsx._rows cimport items_in
from wsx._step_reader cimport StepReader, inner, local_name

from wsx.errors import InvalidOperation, WsError


cdef class FrameReader(StepReader):
    """A reader that knows which structures, with which fields, it is inside of."""

    def __cinit__(self):
        self.frames, self.frame_capacity = self.inline_frames, INLINE_FRAMES
        self.values, self.value_capacity = self.inline_values, INLINE_VALUES

    def __dealloc__(self):
        FrameReader.drop(self, 0, 0)  # by name: a scanner that could not be made has not its own methods yet
        if self.frames is not self.inline_frames:
            PyMem_Free(self.frames)
        if self.values is not self.inline_values:
            PyMem_Free(self.values)

    cdef str path(self):
        """`Order/items[3]/price`: the root element and the elements on the way, repeating ones with their index."""
        cdef Py_ssize_t i
        cdef Frame* frame
        cdef ReadPlan plan
        cdef const ReadStep* step
        names = [] if self.root.fields_only else [local_name(&self.root.step)]
        for i in range(self.frame_count):
            frame = &self.frames[i]
            plan = <ReadPlan>frame.plan
            if frame.step >= plan.count:
                break
            step = &plan.steps[frame.step]
            name = local_name(inner(step, frame.arm))
            if step.repeating:
                name += f"[{max(self.count(frame, frame.step), 0)}]"
            if name:
                names.append(name)
        return "/".join(names)

    cdef Py_ssize_t count(self, Frame* frame, Py_ssize_t i) noexcept:
        """How many items of a repeating field were read."""
        cdef PyObject* held = self.values[frame.values + i]
        if frame.streamed == i:
            return self.stream_count
        return items_in(held)

    cdef int enter_path(self, Frame* frame) except -1:
        """A frame begins inside the others: is it on the way to the items that are read one by one?"""
        cdef Py_ssize_t index = self.frame_count
        frame.on_path = index < len(self.stream_path) and (not index or (
            self.frames[index - 1].on_path and self.frames[index - 1].step == self.stream_path[index - 1]))
        if frame.on_path and index + 1 == len(self.stream_path):
            frame.streamed = self.stream_path[index]
        return 0

    cdef int hand_on(self, const ReadStep* step, object value) except -1:
        """One of the items that are read one by one. It does not stay, so that max_value_bytes begins anew."""
        if self.stream_count >= step.most:
            return self.bad(self.tag, f"more than {step.most} items")
        if self.stream_count >= self.limits.items:
            return self.over("max_items", self.limits.items)
        self.stream.append(value)
        self.stream_count += 1
        self.value_bytes = 0
        return 0

    cdef int locate(self, object error) except -1:
        """Gives an error path and offset, unless it has them; none to a MemoryError that came instead of it."""
        if not isinstance(error, WsError):
            raise error
        if error.offset is None:
            error.offset = self.offset(self.mark)
        if error.path is None:
            error.path = self.path() or None
        return 0

    cdef int forget(self) except -1:
        """Drops the values of structures that were not finished."""
        self.root = None
        self.stream_path = None
        return self.drop(0, 0)

    cdef int drop(self, Py_ssize_t frames, Py_ssize_t values) except -1:
        """Drops the frames and values above so many."""
        cdef PyObject* held
        self.frame_count = frames
        while self.value_count > values:
            self.value_count -= 1
            held = self.values[self.value_count]
            self.values[self.value_count] = NULL
            Py_XDECREF(held)
        return 0

    # --- when the input ends in between ------------------------------------------------------------------------------

    cdef int idle(self) except -1:
        StepReader.idle(self)
        if self.frame_count:
            raise InvalidOperation("an element is half read: the same call must be made again")
        return 0

    cdef int begin_call(self) except -1:
        if self.frame_count:
            raise InvalidOperation("an element is half read: read_element must be called again when more has been fed")
        return StepReader.begin_call(self)

    cdef int checkpoint(self) except -1:
        """One step of the innermost structure begins, or a call."""
        StepReader.checkpoint(self)
        self.saved_frames = self.frame_count
        self.saved_values = self.value_count
        self.saved_bytes = self.value_bytes
        self.saved_forgiven = 0 if self.forgiven is None else len(self.forgiven)
        if self.frame_count:
            self.saved_frame = self.frames[self.frame_count - 1]
        return 0

    cdef int begin_step(self) except -1:
        self.checkpoint()
        return self.more() if self.cursor == self.end else 0

    cdef int rollback(self) except -1:
        StepReader.rollback(self)
        self.drop(self.saved_frames, self.saved_values)
        self.value_bytes = self.saved_bytes
        if self.forgiven is not None:
            del self.forgiven[self.saved_forgiven:]
        if self.frame_count:
            self.frames[self.frame_count - 1] = self.saved_frame
        return 0

    cdef int moved(self) except -1:
        """The prefixes that tags are predicted with stood in the buffer: they are learned again."""
        cdef Py_ssize_t i
        for i in range(self.frame_count):
            self.frames[i].predicted = False
        self.saved_frame.predicted = False
        return 0
