"""Arithmetic typed by strangers, worked out without ever running it as code.

The text is parsed with ``ast`` and only numbers, ``+ - * / // % **`` and brackets are walked;
names, calls and attributes are refused, and every number on the way stays below 2**256.
"""

import ast
import math
import operator
import re
from collections.abc import Callable

__all__ = ["ArithmeticRefusedError", "calculate", "find_expression"]

Number = int | float

LONGEST_EXPRESSION = 200
LARGEST_BITS = 256

_QUESTION = re.compile(
    r"(?:what\s+is|what's|how\s+much\s+is|calculate|compute|evaluate)?"
    r"\s*(?P<expression>[-+(.0-9][-+*/%().0-9 ]*?)\s*[=?]*",
    re.IGNORECASE,
)
_TYPED_SIGNS = str.maketrans({"\N{MULTIPLICATION SIGN}": "*", "\N{DIVISION SIGN}": "/", "^": "**"})
_NOT_ARITHMETIC = "That is not plain arithmetic."
_TOO_LARGE = "The numbers get too large for me."


class ArithmeticRefusedError(Exception):
    """The expression cannot be worked out; its text is a sentence for the person who typed it."""


def find_expression(text: str) -> str | None:
    """The arithmetic in ``text`` ("What is 2 + 2?" gives "2 + 2"), or None if that is not what it asks."""
    if len(text) > LONGEST_EXPRESSION:
        return None
    match = _QUESTION.fullmatch(" ".join(text.translate(_TYPED_SIGNS).split()))
    if match is None:
        return None
    expression = match["expression"].strip()
    try:
        root = _parse(expression)
    except ArithmeticRefusedError:
        return None
    return expression if any(isinstance(node, ast.BinOp) for node in ast.walk(root)) else None


def calculate(expression: str) -> Number:
    """The value of ``expression``, at most 200 characters long.

    Raises ArithmeticRefusedError for anything but arithmetic, for a division by zero and for numbers of
    more than 256 bits.
    """
    try:
        return _evaluate(_parse(expression))
    except ZeroDivisionError:
        raise ArithmeticRefusedError("That divides by zero, which has no answer.") from None
    except (OverflowError, RecursionError):
        raise ArithmeticRefusedError(_TOO_LARGE) from None


def _parse(expression: str) -> ast.expr:
    # The alphabet comes first: Python's tokenizer warns about text such as "1if" before any walk could refuse it.
    if len(expression) > LONGEST_EXPRESSION or not re.fullmatch(r"[-+*/%().0-9 ]+", expression):
        raise ArithmeticRefusedError(_NOT_ARITHMETIC)
    try:
        return ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise ArithmeticRefusedError(_NOT_ARITHMETIC) from None


def _evaluate(node: ast.expr) -> Number:
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return _bounded(value)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_evaluate(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _evaluate(operand)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _power(_evaluate(left), _evaluate(right))
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _OPERATIONS:
            return _bounded(_OPERATIONS[type(sign)](_evaluate(left), _evaluate(right)))
    raise ArithmeticRefusedError(_NOT_ARITHMETIC)


_OPERATIONS: dict[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}


def _power(base: Number, exponent: Number) -> Number:
    # The size is estimated first: raising and then measuring would already have spent the time and memory.
    if abs(exponent) > LARGEST_BITS or math.log2(abs(base) or 1) * exponent > LARGEST_BITS:
        raise ArithmeticRefusedError(_TOO_LARGE)
    value = base**exponent
    if isinstance(value, complex):
        raise ArithmeticRefusedError("That has no real answer.")
    return _bounded(value)


def _bounded(value: Number) -> Number:
    if isinstance(value, int):
        if value.bit_length() > LARGEST_BITS:
            raise ArithmeticRefusedError(_TOO_LARGE)
    elif not abs(value) < 2.0**LARGEST_BITS:  # not a number and the infinities are none of these either
        raise ArithmeticRefusedError(_TOO_LARGE)
    return value
