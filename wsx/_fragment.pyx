# cython: cdivision=True
"""XML fragments: parts of documents, written at another place so that they mean the same there.

A fragment is UTF-8 as it stood in its document, and the namespace bindings that were in force around it. Written at a
place with other bindings, each of its top-level elements declares those of them that the place lacks. All of them are
declared, not only those that tags use: a prefix may stand in a value (QName in content), which no grammar shows.

The functions check the whole fragment for well-formedness, bound prefixes included, in one pass and without recursion.
Errors: InvalidFormat with the offset in the fragment, QuotaExceeded for a limit of QUOTAS.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_Items
from libc.string cimport memcmp

from wsx._buffer cimport out_append, out_close, out_length, out_open, out_take
from wsx._lexical_texts cimport decode_string, escape
from wsx._scanner cimport AT_START_TAG, Attribute, Scanner, Slice, is_space, same, slice_of

from wsx.descriptions import XML_NAMESPACE, XMLNS_NAMESPACE
from wsx.errors import InvalidArgument
from wsx.quotas import Quotas

cdef extern from "_text.h":
    size_t wsx_scan_text(const char* text, size_t length) noexcept
    size_t wsx_scan_ncname(const char* text, size_t length) noexcept

cdef enum:
    MAX_DEPTH = 10_000      # what Quotas allow at most: what any reader took can be written

# A fragment comes from the program, or from a document that was read under quotas of its own. What a reader took must
# be writable, so these bound only what costs more than linear time: bindings, which every prefix is compared with.
QUOTAS = Quotas(max_depth=MAX_DEPTH, max_attributes=1 << 46, max_namespaces=1024, max_name_length=1 << 46,
                max_text_length=1 << 46)


cdef class Fragment(Scanner):
    """A cursor over a fragment that copies what it passes into a result, with insertions and replacements."""

    def __dealloc__(self):
        out_close(&self.result)

    cdef int put_up_to(self, const char* place) except -1:
        if self.result.owner is NULL:
            out_open(&self.result, (self.end - self.start) + 256)
        out_append(&self.result, self.copied, place - self.copied)
        self.copied = place
        return 0

    cdef int insert(self, bytes text) except -1:
        return out_append(&self.result, PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text))

    cdef int replace(self, bytes text, const char* after) except -1:
        """Writes text in place of the input up to `after`."""
        self.insert(text)
        self.copied = after
        return 0

    cdef int top_text(self) except -1:
        """Text, comments and processing instructions up to the next tag or to the end, where no element is open.

        As `text_piecewise`, which wants a tag to follow; the result gets the text when it is `collecting`.
        """
        cdef Py_ssize_t length
        if self.scratch.owner is NULL:
            out_open(&self.scratch, 1024)
        while True:
            length = wsx_scan_text(self.cursor, self.end - self.cursor)
            self.scratch.cursor = self.scratch.start
            if self.collecting:
                out_append(&self.result, self.cursor, length)
            self.cursor += length
            if self.cursor == self.end:
                return 0
            if self.cursor[0] == c"&":
                self.reference()
            elif self.cursor[0] == c"\r":
                out_append(&self.scratch, b"\n", 1)
                self.cursor += 1
                if self.cursor < self.end and self.cursor[0] == c"\n":
                    self.cursor += 1
            elif self.cursor[0] == c"]":
                return self.bad(self.cursor, "`]]>` in text")
            elif self.end - self.cursor >= 9 and memcmp(self.cursor, b"<![CDATA[", 9) == 0:
                self.cdata()
            elif self.end - self.cursor < 2:
                return self.truncated()
            elif self.cursor[1] == c"!" or self.cursor[1] == c"?":
                self.skip_markup()
            else:
                return 0
            if self.collecting:
                out_append(&self.result, self.scratch.start, out_length(&self.scratch))

    cdef int collect(self) except -1:
        """Appends the text of the element whose start tag was parsed to the result."""
        cdef Slice text
        if self.self_closing:
            self.close_element()
            return 0
        while self.open_count:
            self.text(&text)
            out_append(&self.result, text.data, text.length)
            if self.cursor[1] == c"/":
                self.end_tag()
                continue
            self.parse_tag()
            if self.self_closing:
                self.close_element()
        return 0

    cdef bint next_element(self) except -1:
        """Parses the start tag of the next top-level element; False at the end of the fragment."""
        self.top_text()
        if self.cursor == self.end:
            return False
        if self.cursor[1] == c"/":
            self.bad(self.cursor, "an end tag where no element is open")
        self.parse_tag()
        return True

    cdef int only_element(self) except -1:
        """Parses the start tag of a fragment that is one element, which the result begins with."""
        if self.state() != AT_START_TAG:
            return self.bad(self.cursor, "one element was expected")
        self.pending = False
        self.copied = self.tag
        return 0

    cdef int only_misc_follows(self) except -1:
        """What follows that element: comments and white space, which the result leaves out."""
        self.put_up_to(self.cursor)
        self.skip_misc()
        if self.cursor < self.end:
            return self.bad(self.cursor, "a second element where one was expected")
        return 0

    cdef bint declares(self, bytes prefix) noexcept:
        """Does the start tag that was parsed last declare this prefix itself?"""
        cdef Py_ssize_t i
        for i in range(self.opens[self.open_count - 1].bindings, self.binding_count):
            if same(&self.bindings[i].prefix, PyBytes_AS_STRING(prefix), PyBytes_GET_SIZE(prefix)):
                return True
        return False

    cdef dict declared(self):
        """What that start tag declares: prefix -> namespace."""
        cdef Py_ssize_t i
        return {
            self.string(self.bindings[i].prefix): self.string(self.bindings[i].ns)
            for i in range(self.opens[self.open_count - 1].bindings, self.binding_count)
        }

    cdef int drop_default(self) except -1:
        """Leaves out the declaration of the default namespace in the start tag, whose name has been copied."""
        cdef const char* p = self.copied
        cdef const char* name
        cdef const char* before
        cdef Slice spelled
        cdef char quote
        while True:
            before = p
            while is_space(p[0]):
                p += 1
            if p[0] == c">" or p[0] == c"/":
                return 0
            name = p
            while p[0] != c"=" and not is_space(p[0]):
                p += 1
            spelled = slice_of(name, p - name)
            while p[0] != c'"' and p[0] != c"'":
                p += 1
            quote = p[0]
            p += 1
            while p[0] != quote:
                p += 1
            p += 1
            if same(&spelled, b"xmlns", 5):
                self.put_up_to(before)
                self.copied = p
                return 0

    cdef int copy_content(self, bytes name, bytes default) except -1:
        """Up to the end of the element, whose end tag gets another name.

        With `default`, that declaration is added to the children which do not declare a default namespace themselves.
        """
        cdef Slice text
        if self.self_closing:
            self.close_element()
            return 0
        while True:
            self.text(&text)
            if self.cursor[1] == c"/":
                if self.open_count == 1:
                    self.put_up_to(self.cursor + 2)
                    self.replace(name, self.cursor + 2 + self.opens[0].name.length)
                    return self.end_tag()
                self.end_tag()
                continue
            self.parse_tag()
            if default is not None and self.open_count == 2 and not self.declares(b""):
                self.put_up_to(self.opens[1].name.data + self.opens[1].name.length)
                self.insert(default)
            if self.self_closing:
                self.close_element()


cpdef bytes adapt(bytes data, tuple scope, dict bindings, bint single, Py_ssize_t max_depth=MAX_DEPTH):
    """The bytes of a fragment for a place where `bindings` (prefix -> namespace, "" the default) are in force.

    `scope` are the (prefix, namespace) pairs that were in force around the fragment. With `single` it must be one
    element: white space, comments and an XML declaration around that are left out. Text at the top of the fragment
    cannot carry declarations; prefixes in it need the bindings of the place.
    """
    cdef Fragment fragment = open_fragment(data, scope, max_depth)
    cdef list missing = [
        (prefix.encode(), declaration(prefix, ns)) for prefix, ns in missing_at(fragment.around, bindings).items()
    ]
    if single:
        fragment.only_element()
        copy_with(fragment, missing)
        fragment.only_misc_follows()
        return out_take(&fragment.result)
    fragment.copied = fragment.cursor
    while fragment.next_element():
        copy_with(fragment, missing)
    if fragment.copied == fragment.start:
        return data
    fragment.put_up_to(fragment.end)
    return out_take(&fragment.result)


cdef int copy_with(Fragment fragment, list missing) except -1:
    """The element whose start tag was parsed, with those of the missing declarations that it does not make itself."""
    cdef bytes prefix, declared
    if missing:
        fragment.put_up_to(fragment.opens[0].name.data + fragment.opens[0].name.length)
        for prefix, declared in missing:
            if not fragment.declares(prefix):
                fragment.insert(declared)
    return fragment.skip_rest()


cpdef bytes rename(bytes data, tuple scope, dict bindings, str prefix, str local, str ns,
                   Py_ssize_t max_depth=MAX_DEPTH):
    """A fragment of one element, written under the name `local` in namespace `ns`; attributes and content stay.

    `prefix` is used where it does not disturb what stands in the element; otherwise another one, which may be bound
    already or is made up (a, b, …). The rest is as in `adapt` with `single`.
    """
    cdef Fragment fragment = open_fragment(data, scope, max_depth)
    cdef bytes default = None
    if not is_ncname(local):
        raise InvalidArgument(f"{local!r} is no local name")
    if ns == XMLNS_NAMESPACE or (prefix and not ns) or (prefix and not is_ncname(prefix)):
        raise InvalidArgument(f"the prefix {prefix!r} cannot stand for the namespace {ns!r}")
    fragment.only_element()
    own = fragment.declared()
    inside = {**fragment.around, **own}
    missing = missing_at(fragment.around, bindings)
    for declared in own:
        missing.pop(declared, None)
    if not ns and inside.get(""):
        # The element cannot keep its default namespace, only its children can.
        default = declaration("", inside[""])
        missing.pop("", None)
        if bindings.get(""):
            missing[""] = ""
        prefix = ""
    else:
        prefix = name_prefix(prefix, ns, inside, bindings)
        if prefix != "xml" and inside.get(prefix, bindings.get(prefix, "") if prefix else "") != ns:
            missing[prefix] = ns
    name = (f"{prefix}:{local}" if prefix else local).encode()
    fragment.put_up_to(fragment.tag + 1)
    fragment.replace(name, fragment.opens[0].name.data + fragment.opens[0].name.length)
    for declared, bound in missing.items():
        fragment.insert(declaration(declared, bound))
    if default is not None and "" in own:
        fragment.drop_default()
    fragment.copy_content(name, default)
    fragment.only_misc_follows()
    return out_take(&fragment.result)


cdef str name_prefix(str wished, str ns, dict inside, dict bindings):
    """A prefix for an element of namespace `ns` whose content needs the bindings `inside`."""
    if ns == XML_NAMESPACE:
        return "xml"
    if not ns:
        return ""
    if inside.get(wished) == ns:
        return wished
    if wished and wished not in inside and wished not in ("xml", "xmlns"):
        return wished
    for prefix, bound in PyDict_Items(inside) + PyDict_Items(bindings):
        if bound == ns and inside.get(prefix, ns if prefix else "") == ns:
            return prefix
    return free_prefix({**inside, **bindings})


cdef str free_prefix(dict taken):
    """The first of a, b, …, z, a1, … that is not taken."""
    cdef Py_ssize_t number = 0
    while True:
        for letter in "abcdefghijklmnopqrstuvwxyz":
            prefix = f"{letter}{number or ''}"
            if prefix not in taken:
                return prefix
        number += 1


cpdef list top_level(bytes data, tuple scope, Py_ssize_t max_depth=MAX_DEPTH):
    """(namespace, local name, start, end) of each top-level element, as byte offsets into the fragment."""
    cdef Fragment fragment = open_fragment(data, scope, max_depth)
    cdef Py_ssize_t start
    found = []
    while fragment.next_element():
        start = fragment.tag - fragment.start
        ns, local = fragment.string(fragment.element_ns), fragment.string(fragment.element_local)
        fragment.skip_rest()
        found.append((ns, local, start, fragment.cursor - fragment.start))
    return found


cpdef bytes without_attributes(bytes data, tuple scope, object names, Py_ssize_t max_depth=MAX_DEPTH):
    """The fragment with those attributes of its first element blanked that are among `names` (namespace, local name).

    Blanks take their place, so that offsets into the result are offsets into the fragment.
    """
    cdef Fragment fragment = open_fragment(data, scope, max_depth)
    cdef Attribute* attribute
    cdef const char* name
    cdef Py_ssize_t i
    if not fragment.next_element():
        fragment.bad(fragment.end, "an element was expected")
    fragment.copied = fragment.start
    for i in range(fragment.attribute_count):
        attribute = &fragment.attributes[i]
        if (fragment.string(attribute.ns), fragment.string(attribute.local)) in names:
            name = attribute.name.data
            fragment.put_up_to(name)
            fragment.replace(b" " * (attribute.value.data + attribute.value.length + 1 - name),
                             attribute.value.data + attribute.value.length + 1)
    fragment.skip_rest()
    while fragment.next_element():
        fragment.skip_rest()
    fragment.put_up_to(fragment.end)
    return out_take(&fragment.result)


cpdef str text_of(bytes data, tuple scope, Py_ssize_t max_depth=MAX_DEPTH):
    """The character data of the fragment, that of all its elements included."""
    cdef Fragment fragment = open_fragment(data, scope, max_depth)
    out_open(&fragment.result, fragment.end - fragment.start)
    fragment.collecting = True
    while fragment.next_element():
        fragment.collect()
    return decode_string(fragment.result.start, out_length(&fragment.result), False)


def is_ncname(str text not None):
    """Can the text be a prefix or a local name (NCName, Namespaces in XML 1.0 §3)?"""
    cdef bytes name
    try:
        name = text.encode()
    except UnicodeEncodeError:
        return False
    return len(name) > 0 and <Py_ssize_t>wsx_scan_ncname(PyBytes_AS_STRING(name), len(name)) == len(name)


def escaped(str text not None, bint attribute):
    """The UTF-8 of text as element content, or as an attribute value; InvalidFormat for what XML cannot hold."""
    return escape(text, attribute)


cdef Fragment open_fragment(bytes data, tuple scope, Py_ssize_t max_depth):
    cdef dict around = {}
    cdef Fragment fragment
    for prefix, ns in scope:
        check_binding(prefix, ns)
        if prefix != "xml":
            around[prefix] = ns
    fragment = Fragment(data, quotas=QUOTAS, scope=scope)
    fragment.limits.depth = max_depth
    fragment.around = around
    if fragment.cursor - fragment.start == 3 and (fragment.cursor == fragment.end or fragment.cursor[0] != c"<"):
        fragment.cursor = fragment.start  # U+FEFF before text is a character of it, not a byte order mark
    return fragment


cdef int check_binding(str prefix, str ns) except -1:
    """Could a document have this binding? A scope is the program's, and what it says is written as declarations."""
    cdef bint is_xml = prefix == "xml"
    cdef bint is_xml_namespace = ns == XML_NAMESPACE
    if is_xml == is_xml_namespace and prefix != "xmlns" and ns != XMLNS_NAMESPACE:
        if not prefix or (ns and is_ncname(prefix)):
            escape(ns, True)
            return 0
    raise InvalidArgument(f"the prefix {prefix!r} cannot be bound to the namespace {ns!r}")


cdef dict missing_at(dict scope, dict bindings):
    """The bindings of the scope that a place with `bindings` lacks."""
    missing = {prefix: ns for prefix, ns in scope.items() if bindings.get(prefix, "") != ns}
    if "" not in scope and bindings.get(""):
        missing[""] = ""
    return missing


cdef bytes declaration(str prefix, str ns):
    return (f' xmlns:{prefix}="' if prefix else ' xmlns="').encode() + escape(ns, True) + b'"'
