"""The simulator's loops in C: each function of `waterline/simulator/loops` translated word by word, built by gcc -O2.

The loops are written in a small part of Python: whole numbers, arrays of them, ``while`` and ``if``. Each becomes a C
function that does the same in the same order, and every step is inlined as it is in the compiled Python. What stands
outside that part is refused, so a loop cannot be measured against something else.
"""

from __future__ import annotations

import ast
import ctypes
import hashlib
import inspect
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

COMPILER = shutil.which("gcc")

_HEAD = """#include <stdint.h>
typedef int64_t i64;
typedef struct { i64 *at; i64 shape[3]; } array;
static inline i64 least(i64 a, i64 b) { return a < b ? a : b; }
static inline i64 most(i64 a, i64 b) { return a > b ? a : b; }
static inline i64 quotient(i64 a, i64 b) { i64 q = a / b; return q - ((a % b != 0) && ((a < 0) != (b < 0))); }
"""
_OPERATORS: Mapping[type, str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.RShift: ">>",
    ast.LShift: "<<",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.And: "&&",
    ast.Or: "||",
}
_NAMES = {"min": "least", "max": "most"}


class _Array(ctypes.Structure):
    _fields_ = (("at", ctypes.c_void_p), ("shape", ctypes.c_int64 * 3))


class NotInC(Exception):
    """A loop uses what this translator does not know."""


def in_c(loop: Callable[..., None]) -> Callable[..., None]:
    """The loop as a C function; it takes the same arrays by name."""
    names = list(inspect.signature(loop).parameters)
    function = getattr(_library(c_source(loop)), loop.__name__)
    function.restype = None
    function.argtypes = [_Array] * len(names)

    def play(**arrays: Any) -> None:
        function(*(_array(arrays[name]) for name in names))

    return play


def c_source(loop: Callable[..., None]) -> str:
    """The C text of a loop, after all the steps that it calls."""
    written: dict[str, str] = {}
    _write(inspect.getmodule(loop), loop.__name__, written, outermost=True)
    return _HEAD + "\n".join(written.values())


@cache
def _library(source: str) -> ctypes.CDLL:
    assert COMPILER is not None
    folder = Path(tempfile.mkdtemp(prefix="loops-"))
    text, made = folder / "loops.c", folder / f"{hashlib.sha256(source.encode()).hexdigest()[:12]}.so"
    text.write_text(source, encoding="utf-8")
    subprocess.run([COMPILER, "-O2", "-shared", "-fPIC", "-o", made, text], check=True)
    library = ctypes.CDLL(str(made))
    shutil.rmtree(folder)
    return library


def _array(array: Any) -> _Array:
    assert array.dtype == np.int64 and array.flags.c_contiguous
    return _Array(array.ctypes.data, (ctypes.c_int64 * 3)(*array.shape))


def _write(module: ModuleType | None, name: str, written: dict[str, str], outermost: bool = False) -> None:
    """Put a function of a module into `written`, behind those that it calls."""
    assert module is not None
    tree = ast.parse(inspect.getsource(module))
    found = next((node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name), None)
    if found is None:
        source = inspect.getmodule(getattr(module, name))
        if source is module:
            raise NotInC(f"{name} is no function of {module.__name__}")
        _write(source, name, written, outermost)
        return
    translator = _Translator(module, found)
    for called in sorted(translator.called - set(written)):
        _write(module, called, written)
    written[name] = translator.function("" if outermost else "static inline __attribute__((always_inline)) ")


class _Translator:
    """One function."""

    def __init__(self, module: ModuleType, function: ast.FunctionDef) -> None:
        self.module = module
        self.tree = function
        self.parameters = {one.arg: ast.unparse(one.annotation) for one in function.args.args if one.annotation}
        self.locals: set[str] = set()
        self.called = {
            node.func.id
            for node in ast.walk(function)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id not in _NAMES
        }

    def function(self, prefix: str) -> str:
        body = "\n".join(self.statement(one) for one in self.tree.body)
        kind = "void" if self.tree.returns is None or ast.unparse(self.tree.returns) == "None" else "i64"
        taken = ", ".join(f"{'array' if told == 'Array' else 'i64'} {name}" for name, told in self.parameters.items())
        own = sorted(self.locals - set(self.parameters))
        declared = f"i64 {', '.join(f'{name} = 0' for name in own)};\n" if own else ""
        return f"{prefix}{kind} {self.tree.name}({taken}) {{\n{declared}{body}\n}}\n"

    # -- statements --------------------------------------------------------------------------------------------------

    def statement(self, node: ast.stmt) -> str:
        match node:
            case ast.Expr(value=ast.Constant()):
                return ""
            case ast.Expr(value=ast.Call() as call):
                return f"{self.value(call)};"
            case ast.Return(value=None):
                return "return;"
            case ast.Return(value=ast.expr() as value):
                return f"return {self.value(value)};"
            case ast.Break():
                return "break;"
            case ast.Continue():
                return "continue;"
            case ast.If(test=test, body=body, orelse=orelse):
                text = f"if ({self.value(test)}) {self.block(body)}"
                return f"{text} else {self.block(orelse)}" if orelse else text
            case ast.While(test=test, body=body, orelse=[]):
                return f"while ({self.value(test)}) {self.block(body)}"
            case ast.AugAssign(target=target, op=op, value=value):
                new = self.binary(op, self.value(target), self.value(value))
                return f"{self.place(target)} = {new};"
            case ast.Assign(targets=[ast.Tuple(elts=places)], value=ast.Tuple(elts=values)):
                before = " ".join(f"i64 t{number} = {self.value(one)};" for number, one in enumerate(values))
                after = " ".join(f"{self.place(one)} = t{number};" for number, one in enumerate(places))
                return f"{{ {before} {after} }}"
            case ast.Assign(targets=targets, value=value):
                places = " ".join(f"{self.place(target)} = t;" for target in targets)
                return f"{{ i64 t = {self.value(value)}; {places} }}"
        raise NotInC(ast.unparse(node))

    def block(self, body: list[ast.stmt]) -> str:
        return "{\n" + "\n".join(self.statement(one) for one in body) + "\n}"

    def place(self, node: ast.expr) -> str:
        if isinstance(node, ast.Name):
            self.locals.add(node.id)
            return node.id
        return self.value(node)

    # -- values ------------------------------------------------------------------------------------------------------

    def value(self, node: ast.expr) -> str:
        match node:
            case ast.Constant(value=bool() as value):
                return str(int(value))
            case ast.Constant(value=int() as value):
                return f"{value}LL"
            case ast.Name(id=name):
                return self.name(name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return f"(-{self.value(operand)})"
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return f"(!{self.value(operand)})"
            case ast.BinOp(left=left, op=op, right=right):
                return self.binary(op, self.value(left), self.value(right))
            case ast.BoolOp(op=op, values=values):
                return "(" + f" {_OPERATORS[type(op)]} ".join(self.value(one) for one in values) + ")"
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return f"({self.value(left)} {_OPERATORS[type(op)]} {self.value(right)})"
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return f"{_NAMES.get(name, name)}({', '.join(self.value(one) for one in arguments)})"
            case ast.Subscript(value=ast.Attribute(value=ast.Name(id=name), attr="shape"), slice=index):
                return f"{name}.shape[{self.value(index)}]"
            case ast.Attribute(value=ast.Name(id=name), attr="size"):
                return f"{name}.shape[0]"
            case ast.Subscript(value=ast.Name(id=name), slice=index):
                parts = index.elts if isinstance(index, ast.Tuple) else [index]
                where = self.value(parts[0])
                for dimension, part in enumerate(parts[1:], start=1):
                    where = f"({where}) * {name}.shape[{dimension}] + {self.value(part)}"
                return f"{name}.at[{where}]"
        raise NotInC(ast.unparse(node))

    def name(self, name: str) -> str:
        if name in self.parameters or name in self.locals:
            return name
        constant = getattr(self.module, name, None)
        if not isinstance(constant, int):
            raise NotInC(f"{name} in {self.tree.name} is no whole number")
        return f"{constant}LL"

    def binary(self, op: ast.operator, left: str, right: str) -> str:
        if isinstance(op, ast.FloorDiv):
            return f"quotient({left}, {right})"
        if type(op) not in _OPERATORS:
            raise NotInC(type(op).__name__)
        return f"({left} {_OPERATORS[type(op)]} {right})"
