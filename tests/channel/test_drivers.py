"""The two drivers are one: what :class:`AsyncChannel` says with ``await``, :class:`Channel` says without."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

from wsx import items
from wsx.channel import (
    AsyncChannel,
    Channel,
    async_channel,
    async_stream_channel,
    base,
    channel,
    http_exchange,
    machine,
    stream_channel,
    streaming,
)
from wsx.channel.states import ChannelOperation
from wsx.errors import InvalidArgument
from wsx.transport import AsyncTransport, Transport, default_async_transport, default_transport

# The names that differ; everything else is the same word for word, texts of the methods among it.
NAMES = {
    "AsyncChannel": "Channel",
    "AsyncTransport": "Transport",
    "default_async_transport": "default_transport",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
    "AsyncExchange": "Exchange",
    "AsyncItems": "Items",
    "AsyncIterable": "Iterable",
    "AsyncStreamChannel": "StreamChannel",
    "AsyncStreamTransport": "StreamTransport",
    "StopAsyncIteration": "StopIteration",
    "aiter_items": "iter_items",
    "wsx.channel.async_stream_channel": "wsx.channel.stream_channel",
}
PAIRS = [(async_channel, channel), (async_stream_channel, stream_channel)]
# The operations that wait.
WAITING = {operation.value for operation in ChannelOperation} | {"__enter__", "__exit__"}
WAITING -= {"preview", "reset", "receive_items", "abandon_message"}
MAX_STATEMENTS = 11
MAX_LOOP = 4


class WithoutAwait(ast.NodeTransformer):
    """Makes the synchronous program of an asynchronous one."""

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        self.generic_visit(node)
        fields = dict(ast.iter_fields(node))
        fields["name"] = NAMES.get(node.name, node.name)
        return ast.FunctionDef(**fields)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.name = NAMES.get(node.name, node.name)
        return node

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.AST:
        self.generic_visit(node)
        return ast.With(**dict(ast.iter_fields(node)))

    def visit_AsyncFor(self, node: ast.AsyncFor) -> ast.AST:
        self.generic_visit(node)
        return ast.For(**dict(ast.iter_fields(node)))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        self.generic_visit(node)
        node.module = NAMES.get(node.module or "", node.module)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """What awaits is typed by what it waits for."""
        self.generic_visit(node)
        if isinstance(node.value, ast.Name) and node.value.id == "Awaitable":
            return node.slice
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """Either kind of iterable is one kind."""
        self.generic_visit(node)
        return node.left if ast.dump(node.left) == ast.dump(node.right) else node

    def visit_Await(self, node: ast.Await) -> ast.AST:
        self.generic_visit(node)
        return node.value

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.generic_visit(node)
        node.name = NAMES.get(node.name, node.name)
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = NAMES.get(node.id, node.id)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, str):
            node.value = NAMES.get(node.value, node.value)
        return node

    def visit_alias(self, node: ast.alias) -> ast.AST:
        node.name = NAMES.get(node.name, node.name)
        return node


def without_own_texts(tree: ast.Module) -> str:
    """The program without the docstrings of the module and the class, its imports in order, without those of types."""
    tree.body = [
        node for node in tree.body[1:] if not (isinstance(node, ast.ImportFrom) and node.module == "collections.abc")
    ]
    tree.body.sort(key=lambda node: (node.module or "") if isinstance(node, ast.ImportFrom) else "~")
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            node.names.sort(key=lambda alias: alias.name)
        if isinstance(node, ast.ClassDef):
            assert ast.get_docstring(node)
            node.body = node.body[1:]
    return ast.dump(tree, indent=1)


def parsed(module: object) -> ast.Module:
    return ast.parse(Path(inspect.getsourcefile(module) or "").read_text("utf-8"))  # type: ignore[arg-type]


@pytest.mark.parametrize(("asynchronous", "synchronous"), PAIRS)
def test_the_drivers_are_the_same_program(asynchronous: object, synchronous: object) -> None:
    assert without_own_texts(WithoutAwait().visit(parsed(asynchronous))) == without_own_texts(parsed(synchronous))


def test_the_comparison_sees_a_difference() -> None:
    """A guard for the test above: each kind of difference that matters, made on purpose."""
    source = Path(async_channel.__file__).read_text("utf-8")
    wanted = without_own_texts(parsed(channel))
    for old, new in [
        ("await transport.close()", "await transport.shut()"),
        ("machine.finish_close()", "machine.interrupted()"),
        ("WsOpenChannel: CREATED", "WsOpenChannel: OPEN"),
    ]:
        assert old in source
        changed = WithoutAwait().visit(ast.parse(source.replace(old, new, 1)))
        assert without_own_texts(changed) != wanted, new
    source = Path(async_stream_channel.__file__).read_text("utf-8")
    wanted = without_own_texts(parsed(stream_channel))
    for old, new in [
        ("machine.interrupted()", "machine.finish_close()"),
        ("raise machine.failed(error) from error", "raise machine.failed(error)"),
        ("async for item in items", "async for item in reversed(items)"),
        ("await self._drop()", "await self._start()"),
        ("WsFlushBody", "WsFillBody"),
    ]:
        assert old in source
        changed = WithoutAwait().visit(ast.parse(source.replace(old, new, 1)))
        assert without_own_texts(changed) != wanted, new


@pytest.mark.parametrize("module", [module for pair in PAIRS for module in pair])
def test_the_drivers_are_thin(module: object) -> None:
    """No method of a driver is long enough to decide anything."""
    for node in ast.walk(parsed(module)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            statements = [inner for inner in ast.walk(node) if isinstance(inner, ast.stmt)]
            texts = [
                inner for inner in statements if isinstance(inner, ast.Expr) and isinstance(inner.value, ast.Constant)
            ]
            # The function itself is one of them.
            assert len(statements) - len(texts) - 1 <= MAX_STATEMENTS, node.name
        # What is handed on piece by piece takes a loop, of which the machine decides what it does.
        if isinstance(node, ast.While | ast.For | ast.AsyncFor):
            assert sum(isinstance(inner, ast.stmt) for inner in ast.walk(node)) - 1 <= MAX_LOOP
        assert not isinstance(node, ast.Match)


@pytest.mark.parametrize("module", [base, machine, streaming, http_exchange, items])
def test_what_they_share_does_no_io(module: object) -> None:
    """Neither sockets nor loops nor threads: what the machine imports is of wsx, or harmless."""
    allowed = {"__future__", "collections", "collections.abc", "dataclasses", "functools", "inspect", "types", "typing"}
    # The clock of the deadline, and the names of what a step asks for.
    allowed |= {"time", "enum"}
    for node in ast.walk(parsed(module)):
        assert not isinstance(node, ast.Await)
        if isinstance(node, ast.ImportFrom):
            assert node.module in allowed or (node.module or "").startswith("wsx."), node.module
        assert not isinstance(node, ast.Import)


def test_a_transport_of_the_other_kind_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="a Transport"):
        Channel(transport=default_async_transport())  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match="an AsyncTransport"):
        AsyncChannel(transport=default_transport())  # type: ignore[arg-type]


def public(kind: type) -> set[str]:
    return {NAMES.get(name, name) for name in dir(kind) if not name.startswith("_") or name in NAMES}


def test_the_same_names() -> None:
    assert public(AsyncChannel) == public(Channel) | {"__enter__", "__exit__"}
    assert public(AsyncTransport) == public(Transport)
    for name in public(Channel):
        assert inspect.iscoroutinefunction(getattr(AsyncChannel, name)) == (name in WAITING)
