"""Compiled modules of wsx; the metadata stands in pyproject.toml.

Environment switches (unset or empty means off; at most one of them):
  WSX_DEBUG=1      no optimisation, C assertions, debug symbols, Cython's checks on
  WSX_SANITIZE=1   AddressSanitizer and UndefinedBehaviorSanitizer (run Python with libasan preloaded)
  WSX_COVERAGE=1   line tracing for the Cython.Coverage plugin, and gcov of the generated C++
"""

import os
import sys
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

GCC_FLAGS = {
    "release": ["-O2", "-g0", "-DNDEBUG"],
    "debug": ["-O0", "-g3", "-UNDEBUG", "-D_GLIBCXX_ASSERTIONS"],
    "sanitize": ["-O1", "-g", "-UNDEBUG", "-fno-omit-frame-pointer", "-fsanitize=address,undefined"],
    "coverage": ["-O0", "-g", "--coverage", "-DCYTHON_TRACE=1", "-DCYTHON_TRACE_NOGIL=1"],
}
MSVC_FLAGS = {
    "release": ["/O2", "/DNDEBUG"],
    "debug": ["/Od", "/Zi", "/UNDEBUG"],
    "sanitize": ["/O1", "/Zi", "/fsanitize=address"],
    "coverage": ["/Od", "/DCYTHON_TRACE=1", "/DCYTHON_TRACE_NOGIL=1"],
}
LINK_FLAGS = {"sanitize": ["-fsanitize=address,undefined"], "coverage": ["--coverage"]}

chosen = [kind for kind in ("debug", "sanitize", "coverage") if os.environ.get(f"WSX_{kind.upper()}")]
if len(chosen) > 1:
    sys.exit(f"setup.py: only one of WSX_DEBUG, WSX_SANITIZE, WSX_COVERAGE at a time, not {' and '.join(chosen)}")
kind = chosen[0] if chosen else "release"
windows = sys.platform == "win32"

directives = {
    "language_level": 3,
    "binding": True,
    "embedsignature": True,
    "freethreading_compatible": False,
    "boundscheck": kind in ("debug", "sanitize"),
    "initializedcheck": kind in ("debug", "sanitize"),
    "nonecheck": kind in ("debug", "sanitize"),
    "linetrace": kind == "coverage",
}

# Switching the kind must rebuild: neither Cython nor the compiler's time stamps see a change of flags.
stamp = Path("build", "kind")
changed = not stamp.exists() or stamp.read_text() != kind

extensions = [
    Extension(
        ".".join(source.with_suffix("").parts),
        [source.as_posix()],
        language="c++",
        include_dirs=["wsx"],
        depends=[header.as_posix() for header in sorted(Path("wsx").glob("*.h"))],
        # Cython 3.3 would release what it never held when a call with keywords runs out of memory.
        define_macros=[("CYTHON_VECTORCALL_TPNEW", "0")],
        extra_compile_args=["/std:c++17", *MSVC_FLAGS[kind]] if windows else ["-std=c++17", *GCC_FLAGS[kind]],
        extra_link_args=[] if windows else LINK_FLAGS.get(kind, []),
    )
    for source in sorted(Path("wsx").rglob("_*.pyx"))
]
setup(
    ext_modules=cythonize(
        extensions,
        # Cython's plugin for coverage.py finds generated code only beside its source.
        build_dir=None if kind == "coverage" else f"build/cython-{kind}",
        include_path=["."],
        compiler_directives=directives,
        force=changed,
    ),
    options={"build_ext": {"build_temp": f"build/temp-{kind}", "force": changed, "parallel": os.cpu_count()}},
)
stamp.parent.mkdir(exist_ok=True)
stamp.write_text(kind)
