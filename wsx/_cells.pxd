"""What a cell of a column is written as, or a text read as: the C enumeration of writing and reading columns."""

cdef extern from "_cells.h":
    enum WsxPut:
        WSX_PUT_OBJECT
        WSX_PUT_BOOL
        WSX_PUT_INT
        WSX_PUT_UINT
        WSX_PUT_DOUBLE
        WSX_PUT_FLOAT
        WSX_PUT_DECIMAL
        WSX_PUT_MOMENT
        WSX_PUT_GUID
        WSX_PUT_TEXT
        WSX_PUT_BASE64
