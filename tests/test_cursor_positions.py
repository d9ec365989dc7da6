"""XmlReader: moves, and positions that lead back."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from tests.support.cursors import at, nodes, shown
from wsx import MoveTo, XmlNode, XmlPosition, XmlReader
from wsx.errors import InvalidArgument

TREE = b"<!--1--><r a=''>t<a/><![CDATA[x]]><b><c>y</c></b><d></d></r><!--2-->"


@pytest.mark.parametrize(
    ("start", "to", "expected"),
    [
        ("b", MoveTo.ROOT_ELEMENT, "<:r= a"),
        ("b", MoveTo.NEXT_ELEMENT, "<:d="),
        ("d", MoveTo.NEXT_ELEMENT, None),
        ("r", MoveTo.NEXT_ELEMENT, None),
        ("b", MoveTo.PREVIOUS_ELEMENT, "<:a="),
        ("a", MoveTo.PREVIOUS_ELEMENT, None),
        ("r", MoveTo.PREVIOUS_ELEMENT, None),
        ("r", MoveTo.CHILD_ELEMENT, "<:a="),
        ("a", MoveTo.CHILD_ELEMENT, None),
        ("c", MoveTo.CHILD_ELEMENT, None),
        ("b", MoveTo.END_ELEMENT, "END_ELEMENT"),
        ("a", MoveTo.END_ELEMENT, "END_ELEMENT"),
        ("c", MoveTo.PARENT_ELEMENT, "<:b="),
        ("r", MoveTo.PARENT_ELEMENT, "BOF"),
        ("a", MoveTo.NEXT_NODE, "CDATA"),
        ("d", MoveTo.NEXT_NODE, "END_ELEMENT"),
        ("r", MoveTo.NEXT_NODE, "C'2'"),
        ("a", MoveTo.PREVIOUS_NODE, "T't'"),
        ("r", MoveTo.PREVIOUS_NODE, "C'1'"),
        ("c", MoveTo.PREVIOUS_NODE, None),
        ("d", MoveTo.FIRST_NODE, "T't'"),
        ("r", MoveTo.FIRST_NODE, "C'1'"),
        ("c", MoveTo.BOF, "BOF"),
        ("c", MoveTo.EOF, "EOF"),
        ("c", MoveTo.CHILD_NODE, "T'y'"),
        ("a", MoveTo.CHILD_NODE, "END_ELEMENT"),
    ],
)
def test_moves(start: str, to: MoveTo, expected: str | None) -> None:
    reader = at(TREE, start)
    before = reader.node
    assert reader.move(to, required=False) is (expected is not None)
    assert shown(reader.node) == (shown(before) if expected is None else expected)
    reader.move(MoveTo.BOF)
    assert nodes(TREE) == [shown(node) for node in reader]


def test_moves_from_other_nodes() -> None:
    reader = XmlReader(TREE)
    for to in (MoveTo.NEXT_NODE, MoveTo.PREVIOUS_NODE, MoveTo.PARENT_ELEMENT, MoveTo.FIRST_NODE, MoveTo.END_ELEMENT):
        assert not reader.move(to, required=False)
    assert reader.move(MoveTo.CHILD_NODE)
    assert reader.node == XmlNode.comment("1")
    assert reader.move(MoveTo.EOF)
    assert not reader.move(MoveTo.NEXT_NODE, required=False)
    assert reader.move(MoveTo.PREVIOUS_NODE)
    assert reader.node == XmlNode.comment("2")
    assert reader.move(MoveTo.PREVIOUS_ELEMENT)
    assert reader.node.local_name == "r"
    assert reader.move(MoveTo.END_ELEMENT)
    assert not reader.move(MoveTo.NEXT_NODE, required=False)
    assert reader.move(MoveTo.PREVIOUS_ELEMENT)
    assert reader.node.local_name == "d"
    reader.move(MoveTo.END_ELEMENT)
    assert reader.move(MoveTo.PARENT_ELEMENT)
    assert reader.node.local_name == "d"


def test_positions_lead_back() -> None:
    reader = XmlReader(TREE)
    places = []
    while True:
        places.append((reader.position, reader.node, reader.depth, reader.row, reader.column))
        if reader.read() is None:
            break
    places.append((reader.position, reader.node, reader.depth, reader.row, reader.column))
    for position, node, depth, row, column in [*reversed(places), *places]:
        reader.position = position
        assert (reader.node, reader.depth, reader.row, reader.column) == (node, depth, row, column)
    assert isinstance(reader.position, XmlPosition)
    for foreign in (XmlReader(TREE).position, XmlPosition(), None):
        with pytest.raises(InvalidArgument):
            reader.position = foreign  # type: ignore[assignment]
        reader.set_input(TREE)
    with pytest.raises(InvalidArgument):
        reader.position = places[0][0]  # of the input before


def test_the_example(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(Path(__file__).parent.parent / "examples" / "cursor.py"), run_name="__main__")
    assert "second order: PO-2" in capsys.readouterr().out
