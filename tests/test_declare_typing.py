"""What mypy and pyright make of declared classes.

tests/typing holds what must pass, and, as ``type: ignore`` that must not be unused, what must fail; the examples must
pass as well.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = [ROOT / "examples" / f"{name}.py" for name in ("purchase_order", "choice_and_any", "derived_types")]
PYDANTIC = importlib.util.find_spec("pydantic") is not None


def files() -> list[str]:
    found = [
        path for path in sorted((ROOT / "tests" / "typing").glob("*.py")) if PYDANTIC or "pydantic" not in path.name
    ]
    assert found
    return [str(path.relative_to(ROOT)) for path in (*found, *EXAMPLES)]


def check(*command: str, **environment: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(not PYDANTIC, reason="pydantic is missing: its models are not checked")
def test_models_are_among_the_files() -> None:
    assert "tests/typing/declared_pydantic.py" in files()


def test_mypy_understands_the_declarations() -> None:
    pytest.importorskip("mypy")
    # Errors inside of wsx are for `make lint` to find.
    check("mypy", "--strict", "--follow-imports=silent", f"--cache-dir={ROOT / 'build' / 'mypy'}", *files())


def test_pyright_understands_the_declarations() -> None:
    pytest.importorskip("pyright")
    if not PYDANTIC:
        pytest.skip("pydantic is missing: pyright checks the directory as a whole")
    # The variable keeps it from asking for newer versions of itself.
    check(
        "pyright",
        "--project",
        "tests/typing",
        "--pythonpath",
        sys.executable,
        PYRIGHT_PYTHON_IGNORE_WARNINGS="1",
    )
