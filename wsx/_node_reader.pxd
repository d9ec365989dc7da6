"""From node to node: the part of XmlReader that knows where in a document it is."""

from wsx._buffer cimport Out
from wsx._nodes cimport XmlNode
from wsx._reader cimport Reader
from wsx._scanner cimport Slice

cdef enum At:
    # WS_XML_NODE_TYPE
    ELEMENT = 1
    TEXT = 2
    END_ELEMENT = 3
    COMMENT = 4
    CDATA = 6
    END_CDATA = 7
    EOF = 8
    BOF = 9

cdef class XmlPosition:
    # Where a reader was: offsets into its input.
    cdef object input
    cdef At kind
    cdef bint in_cdata, root
    cdef Py_ssize_t offset
    cdef tuple ancestors        # offsets of the start tags of the elements around

cdef class NodeReader:
    cdef readonly object quotas
    cdef readonly bint allow_fragment, read_declaration, allow_invalid_character_references
    cdef object data, asked, found
    cdef object source              # an iterator of pieces, which `data` is then
    cdef bint streamed              # what is passed is dropped: no way back
    cdef Py_ssize_t line, column_, counted      # row and column of this offset
    cdef list marked                # of a stream: (elements around, {name: value}) where tags had attributes of xml:
    cdef object input               # a new object for each input, to tell positions apart
    cdef Reader core                # None until the input is first used
    cdef Py_ssize_t first           # offset behind mark and declaration
    cdef tuple scope                # the bindings around an XmlBuffer, and how many they are
    cdef Py_ssize_t inherited
    cdef bint faulted

    cdef At kind                    # of the node that the cursor is on; what it says is not consumed yet
    cdef XmlNode node_              # that node, once it was asked for
    cdef const char* at             # where it begins
    cdef const char* after          # where a TEXT ends, once that is known
    cdef bint in_cdata
    cdef bint root                  # an element was begun at the top
    cdef object chunk               # what read_chars or read_bytes still has to give
    cdef Py_ssize_t attribute_      # index of the attribute that is open, -1 for none
    cdef bint attribute_read
    cdef Out joined                 # text of several pieces
    cdef Py_ssize_t place           # offset where the value begins that is being read

    cdef int arm(self, object data, object quotas, object charset, bint allow_fragment, bint read_declaration,
                 bint allow_invalid_character_references) except -1
    cdef int open(self) except -1
    cdef int open_pieces(self) except -1
    cdef int pull(self) except -1
    cdef int count_lines(self, const char* place) except -1
    cdef int begin(self) except -1
    cdef int outside(self) except -1
    cdef int classify(self) except -1
    cdef int classify_here(self) except -1
    cdef int mark_attributes(self) except -1
    cdef int consume(self) except -1
    cdef int simple_text(self, Slice* text) except -1
    cdef int no_way_back(self) except -1
    cdef int classify_markup(self) except -1
    cdef int check_blank(self) except -1
    cdef int advance(self) except -1
    cdef int to_tag(self) except -1
    cdef int skip_blanks(self) except -1
    cdef int node_text(self, Slice* text) except -1
    cdef int cdata_text(self, Slice* text) except -1
    cdef int pieces(self, const char* stop) except -1
    cdef int run(self, Slice* text) except -1
    cdef XmlNode build(self)
    cdef tuple element_attributes(self)
    cdef XmlPosition here(self)
    cdef int go(self, XmlPosition position) except -1
    cdef bint try_move(self, int to) except -1
    cdef bint to_sibling(self, bint element) except -1
    cdef bint to_previous(self, bint element) except -1
    cdef bint to_child(self, bint element) except -1
    cdef int to_parent(self) except -1
    cdef int to_bof(self) except -1
    cdef int leave(self) except -1
    cdef int skip(self) except -1
