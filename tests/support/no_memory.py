"""Calls while allocations fail, by CPython's own test hooks; for a process of its own, as hooks are the process's."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any, Final

__all__ = ["attempts", "interpreter_loses"]

_SUCCESSES: Final = 8
# What CPython 3.11 itself raises, in code without any extension, when there is no memory for the frame of a traceback;
# what an extension loses is called "returned NULL without setting an exception".
_LOST: Final = "error return without exception set"


def _raising(text: str) -> None:
    raise LookupError(text)


def _between(text: str) -> None:
    _raising(text)


def _plain() -> str:
    try:
        _between("text")
    except LookupError as error:
        return str(error)
    return "never"


@functools.cache
def interpreter_loses() -> bool:
    """Whether this interpreter loses a MemoryError on its own."""
    hooks = importlib.import_module("_testcapi")
    number = succeeded = 0
    lost = False
    while succeeded < _SUCCESSES:
        result = None
        hooks.set_nomemory(number, number + 1)
        try:
            result = _plain()
        except MemoryError:
            pass
        except SystemError as error:
            lost = lost or str(error) == _LOST
        finally:
            hooks.remove_mem_hooks()
        number += 1
        succeeded += result is not None
    return lost


def attempts(call: Callable[[], object], check: Callable[[Any], object]) -> tuple[int, int]:
    """Call with the first allocation failing, then the second, and so on, until eight calls have succeeded.

    What a call returns (never None) is given to ``check``. The result: how many calls were made, and how many of them
    ended with MemoryError, or with what the interpreter itself makes of one; another error is raised.
    """
    hooks = importlib.import_module("_testcapi")
    loses = interpreter_loses()
    succeeded = failed = number = 0
    while succeeded < _SUCCESSES:
        result = None
        hooks.set_nomemory(number, number + 1)
        try:
            result = call()
        except MemoryError:
            failed += 1
        except SystemError as error:
            if not loses or str(error) != _LOST:
                raise
            failed += 1
        finally:
            hooks.remove_mem_hooks()
        number += 1
        if result is not None:
            succeeded += 1
            check(result)
    return number, failed
