# cython: cdivision=True
"""Bytes → values, by a plan.

The tag that the table expects next is compared with the bytes at hand, in the spelling that this peer uses; where that
fails the general tokenizer parses the tag and its field is searched. Structures being read stand on an explicit stack.
There is no call back to Python but for classes whose constructor does something.

Errors: InvalidFormat for what is not what the table says, with byte offset and path.
"""

cimport cython
from cpython.dict cimport PyDict_Items
from cpython.list cimport PyList_Append, PyList_CheckExact
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF, Py_XDECREF
from libc.string cimport memcmp

from wsx._codec cimport owned
from wsx._frames cimport FrameReader
from wsx._lexical_texts cimport escape, qname_parts
from wsx._plan cimport (
    CHOICE,
    CUSTOM,
    READ_NILLABLE_POINTER,
    READ_NILLABLE_VALUE,
    READ_OPTIONAL_POINTER,
    REQUIRED_POINTER,
    REQUIRED_VALUE,
    SCALAR,
    STRUCTURE,
    TYPE_ATTRIBUTE,
    VOID,
    ReadChoice,
    ReadPlan,
    ReadRoot,
    ReadStep,
    read_root,
)
from wsx._rows cimport items_in
from wsx._scanner cimport AT_START_TAG, Attribute, Slice, grown, is_space, same, slice_of, wsx_same, xsi
from wsx._step_reader cimport inner, local_name

from wsx._scanner import DEFAULT_QUOTAS
from wsx.charsets import Charset, Decoder, to_utf8
from wsx.descriptions import ReadOption
from wsx.errors import InvalidArgument, InvalidFormat, WsError
from wsx.fragment import XmlBuffer
from wsx.leniency import Forgiven
from wsx.values import UNSET, XmlQName

cdef extern from "_text.h":
    size_t wsx_scan_text(const char* text, size_t length) noexcept

cdef extern from "Python.h":
    int PyGC_Disable() noexcept
    int PyGC_Enable() noexcept


cdef enum Prediction:
    NOT_PREDICTED
    TAG_OPENED
    READ_WHOLE


cdef enum:
    FORGIVEN_SIZE = 192  # bytes of a Forgiven beside its path, as the quota counts them


cdef inline bint tag_is(const char* tag, Py_ssize_t left, const ReadStep* step) noexcept:
    """Is the name at `tag` the step's, and the tag without attributes?"""
    return (
        step.local_length and left > step.local_length and tag[step.local_length] == c">"
        and wsx_same(tag, step.local, step.local_length)
    )


@cython.final
cdef class Reader(FrameReader):
    """A cursor over a UTF-8 document or over a slice of one, which reads elements by their tables.

    ``data`` is any contiguous bytes-like object, ``start`` and ``end`` limit what is read of it (byte offsets; without
    ``start``, byte order mark and declaration may come first), and ``scope`` are the (prefix, namespace) bindings in
    force around that. Raises InvalidFormat when the input is not UTF-8 or holds a character that XML forbids.
    """

    @staticmethod
    def in_pieces(*, quotas=DEFAULT_QUOTAS, charset=Charset.AUTO, bint read_declaration=True):
        """A reader of a document that comes by `feed`, up to `end_input`.

        Until then its calls raise MoreInput where they need what has not come; called again when more was fed they do
        what they should have done.
        """
        cdef Reader reader = Reader(b"", quotas=quotas)
        reader.begin_pieces(Decoder(charset, guess=True), read_declaration)
        return reader

    cdef int push_frame(self, PyObject* plan_, bint bare) except -1:
        """Begins a structure whose start tag was read."""
        cdef ReadPlan plan = <ReadPlan>plan_
        cdef Frame* frame
        cdef Py_ssize_t i
        if self.frame_count == self.frame_capacity:
            self.frame_capacity = grown(<void**>&self.frames, self.inline_frames, self.frame_count, sizeof(Frame))
        while self.value_count + plan.fields > self.value_capacity:
            self.value_capacity = grown(<void**>&self.values, self.inline_values, self.value_capacity,
                                        sizeof(PyObject*))
        frame = &self.frames[self.frame_count]
        frame.plan = plan_
        frame.step = plan.attributes
        frame.values = self.value_count
        frame.arm = 0
        frame.in_wrapper = frame.wrapper_binds = False
        frame.bare = bare
        frame.disordered = frame.on_path = False
        frame.streamed = -1
        if self.stream_path is not None:
            self.enter_path(frame)
        for i in range(plan.fields):
            self.values[self.value_count + i] = NULL
        self.value_count += plan.fields
        self.frame_count += 1
        frame.predicted = False
        if not bare and same(&self.element_ns, plan.ns, plan.ns_length):
            frame.prefix = self.element_prefix
            frame.predicted = True
        if plan.attributes and plan.steps[0].kind == TYPE_ATTRIBUTE:
            self.values[frame.values] = owned(plan.description)
        if self.attribute_count and not bare:
            self.read_attributes(plan, &self.values[frame.values])
            frame.step = plan.attributes
        return 0

    cdef int read_attributes(self, ReadPlan plan, PyObject** values) except -1:
        cdef Attribute* attribute
        cdef const ReadStep* step
        cdef Slice text
        cdef Py_ssize_t i, j, tried, expected = 0  # they come in the order of the table, as a rule
        for i in range(self.attribute_count):
            attribute = &self.attributes[i]
            for tried in range(plan.attributes):
                j = expected + tried
                if j >= plan.attributes:
                    j -= plan.attributes
                step = &plan.steps[j]
                if same(&attribute.local, step.local, step.local_length) and same(&attribute.ns, step.ns,
                                                                                  step.ns_length):
                    expected = j + 1
                    if step.kind == VOID:
                        values[j] = owned(UNSET)
                        break
                    self.frames[self.frame_count - 1].step = j
                    self.attribute_text(attribute, &text)
                    if step.kind == CUSTOM:
                        values[j] = self.custom_attribute(step, text)
                    else:
                        values[j] = self.decode(step, &text, self.is_ascii(&text))
                    break
            else:
                if plan.any_attributes >= 0 and not xsi(&attribute.ns) and self.any_attribute(plan, attribute, values):
                    continue
                if not plan.ignore_attributes:
                    self.frames[self.frame_count - 1].step = plan.fields  # no field's error: the path ends here
                    self.unknown_attribute(attribute)
        return 0

    cdef int known_attributes(self, ReadPlan plan) except -1:
        """The attributes of a nil structure: XSD part 1 §2.6.2 allows those of its type, whose values are dropped."""
        cdef const ReadStep* step
        cdef Attribute* attribute
        cdef Py_ssize_t i, j
        for i in range(self.attribute_count):
            attribute = &self.attributes[i]
            for j in range(plan.attributes):
                step = &plan.steps[j]
                if same(&attribute.local, step.local, step.local_length) and same(&attribute.ns, step.ns,
                                                                                  step.ns_length):
                    break
            else:
                if not plan.ignore_attributes:
                    self.unknown_attribute(attribute)
        return 0

    cdef int no_attributes(self) except -1:
        """Only the attributes that XSD allows on every element (xsi:type, xsi:nil, xsi:schemaLocation …) may stand."""
        cdef Py_ssize_t i
        for i in range(self.attribute_count):
            self.unknown_attribute(&self.attributes[i])
        return 0

    cdef int unknown_attribute(self, const Attribute* attribute) except -1:
        """An attribute that the table does not have."""
        if xsi(&attribute.ns):
            return 0
        if self.unknown_attributes:
            return self.forgive("unknown_attributes", f"@{self.string(attribute.name)}", attribute.name.data)
        return self.bad(attribute.name.data, f"attribute {self.string(attribute.name)} is not in the table")

    cdef int forgive(self, str rule, str name, const char* where) except -1:
        """Reports what is let pass: a node of the innermost element."""
        path = f"{self.path()}/{name}".removeprefix("/")
        self.charge(len(path) + FORGIVEN_SIZE)
        self.forgiven.append(Forgiven(rule, path, self.offset(where)))
        return 0

    cdef int next_tag(self, Frame* frame, ReadPlan plan) except -1:
        """To the next tag of a structure whose trailing content is ignored: text ends the mapped fields."""
        while self.cursor < self.end and is_space(self.cursor[0]):
            self.cursor += 1
        if self.cursor < self.end and (self.cursor[0] != c"<" or self.end - self.cursor >= 9 and memcmp(
                self.cursor, b"<![CDATA[", 9) == 0) and not frame.in_wrapper and self.open_count:
            while frame.step < plan.count:
                self.leave_step(frame, plan)
            return self.skip_to_end_tag()
        return self.skip_misc()

    cdef int any_attribute(self, ReadPlan plan, const Attribute* attribute, PyObject** values) except -1:
        """Takes an attribute that no field maps by name; False when its namespace is filtered out."""
        cdef const ReadStep* step = &plan.steps[plan.any_attributes]
        cdef PyObject** place = &values[plan.any_attributes]
        cdef Slice text
        cdef object found
        if step.ns is not NULL and same(&attribute.ns, step.ns, step.ns_length) == step.other_ns:
            return False
        if step.kind == VOID:
            return True
        if place[0] is NULL:
            found = {}
            place[0] = owned(found)
        self.attribute_text(attribute, &text)
        self.charge(text.length)
        (<dict>place[0])[XmlQName(self.string(attribute.local), self.string(attribute.ns))] = self.string(text)
        return True

    cdef PyObject* actual_plan(self, PyObject* declared) except NULL:
        """The plan of the type that the start tag's xsi:type names (serialization.md §6); borrowed."""
        cdef ReadPlan plan = <ReadPlan>declared, chosen = plan
        cdef Attribute* attribute
        cdef Slice text
        cdef Py_ssize_t i
        if plan.derived is None:
            return declared
        for i in range(self.attribute_count):
            attribute = &self.attributes[i]
            if same(&attribute.local, b"type", 4) and xsi(&attribute.ns):
                self.attribute_text(attribute, &text)
                prefix, local = qname_parts(text.data, text.length, self.is_ascii(&text))
                name = self.qname(prefix, local)
                chosen = plan.derived.get((name.ns, name.local_name))
                if chosen is None:
                    if not plan.open_ended and not plan.ignore_trailing:
                        self.bad(attribute.value.data, f"{name} is no type derived from {plan.name}")
                    chosen = plan
        if chosen.abstract:
            self.bad(self.tag, f"{chosen.name} is an abstract type: xsi:type must name a derived one")
        return <PyObject*>chosen

    cdef object scope_outside(self, Py_ssize_t count):
        """The first `count` bindings as (prefix, namespace) pairs, the innermost of each prefix."""
        cdef Py_ssize_t i
        found = {}
        for i in range(count):
            found[self.string(self.bindings[i].prefix)] = self.string(self.bindings[i].ns)
        return tuple(PyDict_Items(found))

    cdef object fragment(self):
        """The element whose start tag was read, as bytes with their namespace context."""
        cdef const char* start = self.tag
        scope = self.scope_outside(self.opens[self.open_count - 1].bindings)
        self.skip_rest()
        self.charge(self.cursor - start)
        return XmlBuffer(<bytes>start[:self.cursor - start], scope)

    cdef object custom(self, const ReadStep* step):
        """The value that a callback reads from the element whose start tag was read (WS_READ_TYPE_CALLBACK)."""
        from wsx._custom_types import read_element  # which is built on this module
        return read_element(<object>step.convert, self.fragment())

    cdef PyObject* custom_attribute(self, const ReadStep* step, Slice text) except NULL:
        from wsx._custom_types import read_attribute
        self.charge(text.length)
        escaped = escape(self.string(text), True)
        return owned(read_attribute(<object>step.convert, escaped, self.scope_outside(self.binding_count)))

    cdef int leave_to_content(self, Frame* frame, ReadPlan plan) except -1:
        while frame.step < plan.content:
            self.leave_step(frame, plan)
        return 0

    cdef int mixed(self, Frame* frame, ReadPlan plan) except -1:
        """In a structure that ends with any content: False when a field before it comes next, else it is read."""
        cdef const char* saved = self.cursor
        cdef PyObject** place = &self.values[frame.values + plan.content]
        cdef object content
        if frame.step > plan.content:
            return False
        if frame.step < plan.content:
            while self.cursor < self.end and is_space(self.cursor[0]):
                self.cursor += 1
            if frame.in_wrapper:
                return False
            if self.end - self.cursor >= 2 and self.cursor[0] == c"<" and self.cursor[1] not in b"!?/":
                if self.choose(frame, plan):
                    self.take(frame, plan)
                    return True
                self.close_element()
            else:
                self.leave_to_content(frame, plan)
        self.cursor = saved
        if not self.open_count:
            return self.bad(self.cursor, "any content needs an element around it")
        self.skip_to_end_tag()
        self.charge(self.cursor - saved)
        content = UNSET
        if plan.steps[plan.content].kind != VOID:
            content = XmlBuffer.of_content(<bytes>saved[:self.cursor - saved], self.scope_outside(self.binding_count))
        place[0] = owned(content)
        frame.step = plan.content + 1
        return True

    cdef int read_text_field(self, ReadPlan plan, Py_ssize_t base) except -1:
        """The only content of a structure with a TEXT field; its end tag is consumed."""
        cdef const ReadStep* step = &plan.steps[plan.attributes]
        cdef object value
        if step.kind == SCALAR:
            value = self.scalar(step)
        elif step.kind == STRUCTURE:
            self.push_frame(step.plan, True)
            self.read_text_field(<ReadPlan>step.plan, self.frames[self.frame_count - 1].values)
            value = self.finish_structure(&self.frames[self.frame_count - 1])
        else:
            from wsx._custom_types import read_text
            value = read_text(<object>step.convert, self.fragment())
        self.values[base + plan.attributes] = owned(value)
        return 0

    cdef int missing(self, const ReadStep* step) except -1:
        if step.kind == CHOICE:
            names = [local_name(inner(step, i)) or "any" for i in range((<ReadChoice>step.plan).count)]
            return self.bad(self.cursor, f"one of {', '.join(names)} is missing")
        name = local_name(step) or ("an element" if step.any else "the text")
        ns = (<bytes>step.ns[:step.ns_length]).decode() if step.ns is not NULL else ""
        return self.bad(self.cursor, f"{name!r}{f' of namespace {ns!r}' if ns else ''} is missing")

    cdef int absent(self, const ReadStep* step, PyObject** value, Py_ssize_t count) except -1:
        """Puts in what an absent field reads as; the items of a list that was read are counted."""
        cdef object made
        if value[0] is not NULL:
            if step.repeating and 0 <= count < step.least:
                raise InvalidFormat(f"{count} items, but the table wants at least {step.least}",
                                    offset=self.offset(self.cursor))
            return 0
        if step.absent is NULL:
            return self.missing(step)
        made = <object>step.absent
        if type(made) is list:
            made = []
        Py_INCREF(made)
        value[0] = <PyObject*>made
        return 0

    cdef object finish_structure(self, Frame* frame):
        """Builds the value of the innermost structure and leaves its frame."""
        cdef ReadPlan plan = <ReadPlan>frame.plan
        cdef Py_ssize_t base = frame.values, i
        cdef object made
        for i in range(plan.fields):
            if self.values[base + i] is NULL or plan.counted and plan.steps[i].least:
                frame.step = i
                self.absent(&plan.steps[i], &self.values[base + i], self.count(frame, i))
        frame.step = plan.fields
        self.charge(8 * plan.fields)
        if plan.valued >= 0:
            for i in range(plan.valued):  # together what has a Python value; what has none goes to the end
                if plan.order[i] != i:
                    self.values[base + i], self.values[base + plan.order[i]] = (
                        self.values[base + plan.order[i]], self.values[base + i]
                    )
        made = plan.access.build(&self.values[base])
        for i in range(base, base + plan.fields):
            if self.values[i] is not NULL:
                Py_XDECREF(self.values[i])
                self.values[i] = NULL
        self.value_count = base
        self.frame_count -= 1
        return made

    cdef int leave_step(self, Frame* frame, ReadPlan plan) except -1:
        """Another element comes: can the current field do without (more of) its own?"""
        cdef const ReadStep* step = &plan.steps[frame.step]
        if self.values[frame.values + frame.step] is NULL and step.absent is NULL:
            return self.missing(step)
        frame.step += 1
        return 0

    cdef int predict(self, Frame* frame, ReadPlan plan) except -1:
        """Is the tag at the cursor, spelled as this peer spells the namespace and without attributes, one of the
        fields that may come now? Then it becomes the frame's current one, and it is read whole (READ_WHOLE), with
        those that follow it at once, or only its tag is (TAG_OPENED)."""
        cdef const char* p
        cdef const ReadStep* step
        cdef const ReadStep* found
        cdef PyObject* choice
        cdef PyObject** values = &self.values[frame.values]
        cdef Py_ssize_t i, left, arm, prefix = frame.prefix.length
        cdef Slice name
        cdef int otherwise = NOT_PREDICTED
        while True:
            p = self.cursor + 1
            left = self.end - p
            i = frame.step
            if prefix:
                if left <= prefix or p[prefix] != c":" or not wsx_same(p, frame.prefix.data, prefix):
                    return otherwise
                p += prefix + 1
                left -= prefix + 1
            while i < plan.count:
                step = &plan.steps[i]
                if tag_is(p, left, step) and step.predictable:
                    found = step
                    break
                if step.wrapper is not NULL and not frame.in_wrapper:
                    return otherwise
                if step.kind == CHOICE:
                    choice = <PyObject*>step.plan
                    for arm in range((<ReadChoice>choice).count):
                        found = &(<ReadChoice>choice).arms[arm]
                        if found.own_ns and tag_is(p, left, found):
                            frame.arm = arm
                            break
                    else:
                        return otherwise
                    break
                if not step.own_ns:
                    return otherwise
                if tag_is(p, left, step):
                    found = step
                    break
                if frame.in_wrapper or (step.absent is NULL and values[i] is NULL):
                    return otherwise
                i += 1
            else:
                return otherwise
            name = slice_of(self.cursor + 1, p + found.local_length - self.cursor - 1)
            if name.length > self.limits.name_length:
                return otherwise
            frame.step = i
            self.tag = self.mark = self.cursor
            if found.kind != SCALAR or not self.predicted_scalar(frame, step, found, name):
                break
            p = self.cursor
            if (frame.streamed >= 0 or plan.content >= 0 or self.end - p < 2 or p[0] != c"<" or p[1] == c"/"
                    or p[1] == c"!" or p[1] == c"?"):
                return READ_WHOLE
            if self.partial:
                otherwise = READ_WHOLE  # what may have to wait for input begins a step of its own
        if otherwise == READ_WHOLE:
            return READ_WHOLE
        self.open_element(name)
        self.element_prefix = frame.prefix
        self.element_ns = slice_of(plan.ns, plan.ns_length)
        self.cursor = p + found.local_length + 1
        return TAG_OPENED

    cdef int predicted_scalar(self, Frame* frame, const ReadStep* outer, const ReadStep* step, Slice name) except -1:
        """A scalar of plain text whose end tag follows at once; False when it is not that simple."""
        cdef const char* text = name.data + name.length + 1
        cdef const char* close = text + wsx_scan_text(text, self.end - text)
        cdef PyObject** place = &self.values[frame.values + frame.step]
        cdef PyObject* value
        cdef Py_ssize_t length = close - text
        cdef Slice content
        if self.end - close < name.length + 3 or close[0] != c"<" or close[1] != c"/":
            return False
        if close[name.length + 2] != c">" or not wsx_same(close + 2, name.data, name.length):
            return False
        if self.open_count >= self.limits.depth or length > self.limits.text_length:
            return False
        self.mark = text
        if step.codec.qname:
            content = slice_of(text, length)
            value = self.decode(step, &content, self.ascii)
        else:
            self.charge(length)
            value = step.codec.read(text, length, self.ascii, &step.codec)
        self.cursor = close + name.length + 3
        if outer.repeating or outer.kind == CHOICE:
            item = <object>value
            Py_XDECREF(value)
            self.deliver(frame, outer, item)
        else:
            place[0] = value
            frame.step += 1
        return True

    cdef int choose(self, Frame* frame, ReadPlan plan) except -1:
        """Parses the tag at the cursor and finds its field; False when it was skipped as trailing content."""
        cdef const ReadStep* step
        cdef bint wrapper
        self.state()
        self.pending = False
        while frame.step < plan.count:
            step = &plan.steps[frame.step]
            wrapper = step.wrapper is not NULL and not frame.in_wrapper
            if wrapper:
                if self.wraps(step) and self.values[frame.values + frame.step] is NULL:
                    return True
            elif step.kind == CHOICE:
                frame.arm = self.arm_of(step)
                if frame.arm >= 0:
                    return True
                frame.arm = 0
            elif frame.step == plan.content:
                return False
            elif self.matches(step):
                self.learn_prefix(frame, step)
                return True
            if frame.in_wrapper:
                break
            self.mark = self.tag
            self.leave_step(frame, plan)
        return self.leftover(frame, plan)

    cdef int learn_prefix(self, Frame* frame, const ReadStep* step) noexcept:
        """The tag of a field that has come shows how this peer spells the namespace."""
        if (step.own_ns and self.binding_count == self.opens[self.open_count - 1].bindings
                and not frame.wrapper_binds and not frame.disordered):
            frame.prefix = self.element_prefix
            frame.predicted = True
        return 0

    cdef int leftover(self, Frame* frame, ReadPlan plan) except -1:
        """An element behind the last field: False when it and all that follows it is skipped."""
        # Fields without an element around them end at the tag of the element they stand in, if they stand in one.
        if plan.ignore_trailing and not frame.in_wrapper and self.open_count > frame.bare:
            self.skip_rest()
            self.skip_to_end_tag()
            return False
        return self.bad(self.tag, f"element <{self.string(self.opens[self.open_count - 1].name)}> is not expected here")

    cdef bint fits(self, Frame* frame, ReadPlan plan, Py_ssize_t i) noexcept:
        """Is the element whose start tag was read one of field i, and has the field room for it?"""
        cdef const ReadStep* step = &plan.steps[i]
        cdef bint filled = self.values[frame.values + i] is not NULL
        if step.wrapper is not NULL and not frame.in_wrapper:
            return not filled and self.wraps(step)
        if filled and not step.repeating:
            return False
        if step.kind != CHOICE:
            return self.matches(step)
        frame.arm = max(self.arm_of(step), 0)
        return self.arm_of(step) >= 0

    cdef int choose_leniently(self, Frame* frame, ReadPlan plan) except -1:
        """As `choose`, forgiving what the switches allow: the field may be an earlier one, or none."""
        cdef Py_ssize_t i = frame.step, most = frame.step + 1 if frame.in_wrapper else plan.count
        self.state()
        self.pending = False
        while i < most and not self.fits(frame, plan, i):
            i += 1
        if i == most and self.any_order and not frame.in_wrapper:
            i = plan.attributes
            while i < frame.step and not self.fits(frame, plan, i):
                i += 1
            if i < frame.step:
                self.forgive_element("any_order", frame, plan)
                frame.step = i
                frame.disordered = True
                frame.predicted = False
                return True
            i = most
        if i == most and self.unknown_elements and not self.known(frame, plan):
            self.forgive_element("unknown_elements", frame, plan)
            self.skip_rest()
            return False
        while not frame.in_wrapper and frame.step < i:
            if self.any_order:
                frame.step = i
            else:
                self.mark = self.tag
                self.leave_step(frame, plan)
        if i == most:
            return self.leftover(frame, plan)
        self.learn_prefix(frame, &plan.steps[i])
        return True

    cdef bint known(self, Frame* frame, ReadPlan plan) noexcept:
        """Is the element whose start tag was read one of the table's, in a place that has no room for it?"""
        cdef Py_ssize_t i
        cdef const ReadStep* step
        for i in range(plan.attributes, plan.count):
            step = &plan.steps[i]
            if step.wrapper is not NULL:
                if self.wraps(step):
                    return True
            elif self.arm_of(step) >= 0 if step.kind == CHOICE else self.matches(step):
                return True
        return False

    cdef int forgive_element(self, str rule, Frame* frame, ReadPlan plan) except -1:
        """Reports the element whose start tag was read, as it is called and not as the field that came last."""
        cdef Py_ssize_t step = frame.step
        name = self.string(self.opens[self.open_count - 1].name)
        frame.step = plan.fields  # the path ends at the structure
        self.forgive(rule, name, self.tag)
        frame.step = step
        return 0

    cdef int enter_wrapper(self, Frame* frame, ReadPlan plan) except -1:
        """The wrapper of a repeating field was opened."""
        cdef const ReadStep* step = &plan.steps[frame.step]
        cdef PyObject** value = &self.values[frame.values + frame.step]
        cdef object made = None
        self.no_attributes()
        if self.nil():
            if not step.nillable:
                return self.bad(self.tag, "xsi:nil, but the field is not NILLABLE")
            self.no_content()
            frame.step += 1
        else:
            made = self.new_items(frame, step)
            if self.self_closing:
                self.close_element()
                self.leave_items(frame, step, 0)
            else:
                frame.in_wrapper = True
                frame.wrapper_binds = self.binding_count != self.opens[self.open_count - 1].bindings
        Py_INCREF(made)
        value[0] = <PyObject*>made
        return 0

    cdef int leave_items(self, Frame* frame, const ReadStep* step, Py_ssize_t count) except -1:
        if count < step.least:
            raise InvalidFormat(f"{count} items, but the table wants at least {step.least}",
                                offset=self.offset(self.cursor))
        frame.in_wrapper = frame.wrapper_binds = False
        frame.step += 1
        return 0

    cdef int take(self, Frame* frame, ReadPlan plan) except -1:
        """Reads the field whose start tag was read; a structure begins a new frame."""
        cdef const ReadStep* outer = &plan.steps[frame.step]
        cdef const ReadStep* step
        cdef PyObject* child
        cdef bint nillable
        if outer.wrapper is not NULL and not frame.in_wrapper:
            return self.enter_wrapper(frame, plan)
        step = inner(outer, frame.arm)
        if step.kind == VOID:
            self.skip_rest()
            return self.deliver(frame, outer, UNSET)
        if self.attribute_count:
            if self.nil():
                nillable = outer.nillable_item if outer.repeating and outer.kind != CHOICE else step.nillable
                if not nillable:
                    return self.bad(self.tag, "xsi:nil, but the field is not NILLABLE")
                if step.kind == STRUCTURE:
                    self.known_attributes(<ReadPlan>step.plan)
                elif step.kind == SCALAR:
                    self.no_attributes()
                self.no_content()
                return self.deliver(frame, outer, None)
            if step.kind == SCALAR:
                self.no_attributes()
        if step.kind == SCALAR:
            return self.deliver(frame, outer, self.scalar(step))
        if step.kind != STRUCTURE:
            return self.deliver(frame, outer, self.fragment() if step.kind != CUSTOM else self.custom(step))
        child = self.actual_plan(step.plan)
        self.push_frame(child, False)
        if (<ReadPlan>child).text:
            self.read_text_field(<ReadPlan>child, self.frames[self.frame_count - 1].values)
        elif not self.self_closing:
            return 0
        else:
            self.close_element()
        value = self.finish_structure(&self.frames[self.frame_count - 1])
        return self.deliver(&self.frames[self.frame_count - 1], outer, value)

    cdef int deliver(self, Frame* frame, const ReadStep* step, object value) except -1:
        """Stores the value of the current field."""
        cdef PyObject** place = &self.values[frame.values + frame.step]
        cdef object items
        cdef const ReadStep* met = inner(step, frame.arm)
        if met.kind == STRUCTURE and met.convert is not NULL and value is not None:
            value = (<object>met.convert)(value)
        if step.kind == CHOICE:
            value = (<ReadChoice>step.plan).wrap(frame.arm, value)
        elif step.kind == VOID and step.repeating:
            return 0
        if not step.repeating:
            Py_INCREF(value)
            place[0] = <PyObject*>value
            frame.step += 1
            return 0
        if place[0] is NULL:
            items = self.new_items(frame, step)
            Py_INCREF(items)
            place[0] = <PyObject*>items
        if frame.streamed == frame.step:
            return self.hand_on(step, value)
        if items_in(place[0]) >= step.most:
            return self.bad(self.tag, f"more than {step.most} items")
        if items_in(place[0]) >= self.limits.items:
            return self.over("max_items", self.limits.items)
        if not PyList_CheckExact(<object>place[0]):
            return self.rows.take(self, value)
        PyList_Append(<object>place[0], value)
        return 0

    cdef object new_items(self, Frame* frame, const ReadStep* step):
        """What takes the items of a field: a list, or what was set for that field of the document's element."""
        if self.rows is not None and step is self.rows.step and frame is self.frames:
            return self.rows
        return []

    cdef object run(self, Py_ssize_t bottom):
        """Reads until the frame at index bottom is finished; returns its value."""
        cdef Frame* frame
        cdef ReadPlan plan
        cdef bint bare
        cdef int outcome
        cdef const ReadStep* step
        while True:
            frame = &self.frames[self.frame_count - 1]
            plan = <ReadPlan>frame.plan
            if self.partial:
                self.begin_step()
            if frame.streamed >= 0 and len(self.stream) >= self.stream_most:
                self.paused = True
                return None
            if not self.pending:
                if plan.content >= 0 and self.mixed(frame, plan):
                    continue
                if plan.ignore_trailing:
                    self.next_tag(frame, plan)
                else:
                    self.skip_misc()
                if self.cursor == self.end or self.cursor[1] == c"/":
                    if frame.in_wrapper:
                        self.end_tag()
                        step = &plan.steps[frame.step]
                        self.leave_items(frame, step, self.count(frame, frame.step))
                        continue
                    bare = frame.bare
                    value = self.finish_structure(frame)
                    if not bare:
                        self.end_tag()
                    if self.frame_count == bottom:
                        return value
                    frame = &self.frames[self.frame_count - 1]
                    self.deliver(frame, &(<ReadPlan>frame.plan).steps[frame.step], value)
                    continue
                if frame.predicted and not frame.wrapper_binds:
                    outcome = self.predict(frame, plan)
                    if outcome == TAG_OPENED:
                        self.take(frame, plan)
                    if outcome != NOT_PREDICTED:
                        continue
            if plan.content >= 0 or self.forgiven is None:
                outcome = self.choose(frame, plan)
            else:
                outcome = self.choose_leniently(frame, plan)
            if outcome:
                self.take(frame, plan)

    cdef object structure(self, PyObject* plan):
        """A structure whose start tag was read."""
        cdef Py_ssize_t bottom = self.frame_count
        plan = self.actual_plan(plan)
        self.push_frame(plan, False)
        if (<ReadPlan>plan).text:
            self.read_text_field(<ReadPlan>plan, self.frames[bottom].values)
        elif self.self_closing:
            self.close_element()
        else:
            return self.run(bottom)
        return self.finish_structure(&self.frames[bottom])

    cdef object element_value(self, ReadRoot root, int option):
        """The element whose start tag was read."""
        if self.attribute_count:
            if self.nil():
                if option != READ_NILLABLE_POINTER and option != READ_NILLABLE_VALUE:
                    self.bad(self.tag, f"xsi:nil, but {ReadOption(option).name} wants a value")
                if root.step.kind == STRUCTURE:
                    self.known_attributes(<ReadPlan>root.step.plan)
                elif root.step.kind == SCALAR:
                    self.no_attributes()
                self.no_content()
                return None
            if root.step.kind == SCALAR:
                self.no_attributes()
        if root.step.kind == SCALAR:
            return self.scalar(&root.step)
        if root.step.kind == CUSTOM:
            return self.custom(&root.step)
        if root.step.kind != STRUCTURE:
            return self.fragment()
        value = self.structure(root.step.plan)
        return value if root.step.convert is NULL else (<object>root.step.convert)(value)

    cdef object read_root_element(self, ReadRoot root, int option):
        """The matrix of read options (serialization.md §8)."""
        cdef int state
        if root.pointer_only and (option == REQUIRED_VALUE or option == READ_NILLABLE_VALUE):
            raise InvalidArgument("WSZ takes REQUIRED_POINTER, OPTIONAL_POINTER or NILLABLE_POINTER")
        if root.fields_only:
            self.push_frame(root.step.plan, True)
            return self.finish_structure(&self.frames[0]) if self.at_empty else self.run(0)
        state = self.state()
        if state != AT_START_TAG:
            if option != REQUIRED_VALUE and option != REQUIRED_POINTER:
                return None
            self.missing(&root.step)
        if not same(&self.element_local, root.step.local, root.step.local_length) or not same(
                &self.element_ns, root.step.ns, root.step.ns_length):
            if option == READ_OPTIONAL_POINTER:
                return None
            self.bad(self.tag, f"element <{self.string(self.opens[self.open_count - 1].name)}> is not expected here, "
                               f"but {self.expected(root)}")
        self.pending = False
        return self.element_value(root, option)

    cdef str expected(self, ReadRoot root):
        local = local_name(&root.step)
        ns = (<bytes>root.step.ns[:root.step.ns_length]).decode()
        return f"<{local}> of namespace {ns!r}" if ns else f"<{local}> without namespace"

    def forgive_by(self, object leniency, list forgiven):
        """Lets pass from now on what `leniency` does, and appends it to `forgiven`."""
        self.forgiven = forgiven
        self.any_order = leniency.any_order
        self.unknown_elements = leniency.unknown_elements
        self.unknown_attributes = leniency.unknown_attributes

    def read_element(self, object element, object option=ReadOption.REQUIRED_VALUE):
        """Reads the element that comes next by its table; None when it is missing or nil and the option allows that.

        An element without a name stands for the fields of its structure, up to the end tag of the element around.
        MoreInput, when the element has begun, leaves the reader inside it, for another call with the same table.
        """
        cdef ReadRoot root
        if type(option) is not ReadOption:
            raise InvalidArgument(f"option must be a wsx.ReadOption, not {option!r}")
        root = read_root(element)
        if self.frame_count and not self.reading and root is self.root:
            self.wake()
        else:
            self.idle()
        return self.read(root, option)

    cdef object read(self, ReadRoot root, int option):
        """One element, with the collector held and errors located."""
        cdef bint collecting
        # Only new objects that the document still lacks are made here: a collection in between would look at all of
        # them again and again, and find nothing (a million records would take quadratic time).
        collecting = PyGC_Disable()
        self.reading = True
        self.root = root
        try:
            return self.go_on(root) if self.frame_count else self.read_root_element(root, option)
        except WsError as error:
            self.stalled = False
            self.locate(error)
            raise
        finally:
            self.reading = False
            if collecting:
                PyGC_Enable()
            if not self.stalled and not self.paused:
                self.forget()

    cdef object go_on(self, ReadRoot root):
        """The structure that was half read."""
        cdef object value = self.run(0)
        return value if root.fields_only or root.step.convert is NULL else (<object>root.step.convert)(value)


cdef Reader open_document(object data, object quotas):
    """A reader of a document in any charset that its first bytes or its declaration tell."""
    try:
        return Reader(data, quotas=quotas)
    except InvalidFormat:
        _, text, start = to_utf8(memoryview(data), Charset.AUTO)
        if text is None:
            raise  # it is UTF-8, and wrong
        return Reader(text, quotas=quotas, start=start)


def read_document(object element, object data, object option, object quotas, object leniency=None, list forgiven=None):
    """The value of a document's only element; what a leniency lets pass is appended to `forgiven`."""
    if type(option) is not ReadOption:
        raise InvalidArgument(f"option must be a wsx.ReadOption, not {option!r}")
    cdef Reader reader = open_document(data, quotas)
    if leniency is not None:
        reader.forgive_by(leniency, forgiven)
    value = reader.read(read_root(element), option)
    if not reader.pending and reader.cursor < reader.end:
        reader.end_document()
    return value
