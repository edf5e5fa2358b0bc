import ast
import operator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.examples.assistant_modules import arithmetic

NUMBERS = st.integers(0, 10**6).map(str) | st.decimals(0, 10**6, places=3).map(str)
EXPRESSIONS = st.recursive(
    NUMBERS,
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-", "*", "/", "//", "%", "**"]), inner),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("What is 12 * (3 + 4)?", 84),
        ("what's 2^10", 1024),
        ("how much is 7 ÷ 2 ?", 3.5),
        ("calculate 3 \N{MULTIPLICATION SIGN} -4 =", -12),
        ("  -(2 + 3) % 4", 3),
        ("1\t+\n1", 2),
        (".5 + .25", 0.75),
    ],
)
def test_arithmetic_in_a_question_is_found_and_worked_out(text, value):
    assert arithmetic.calculate(arithmetic.find_expression(text)) == value


@pytest.mark.parametrize(
    "text", ["", "42", "-1", "hello", "2024-05-01", "version 1.2.3", "1 +", "()", "1 + x", "3(4)(5)", "1+" * 150 + "1"]
)
def test_what_asks_for_no_arithmetic_is_left_alone(text):
    assert arithmetic.find_expression(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')", "open", "(1).real", "1 .bit_length()", "a + 1", "[1][0]", "1 if 1 else 2",
        "lambda: 1", "'a' * 9", "True + 1", "1j + 1", "f'{1}'", "1 and 2", "~1", "1 << 9", "1 | 2", "1 < 2", "(1, 2)",
        "1; 2", "()()", "", "\x00", "x" * 1000,
    ],
)  # fmt: skip
def test_anything_but_arithmetic_is_refused(text):
    with pytest.raises(arithmetic.ArithmeticRefusedError):
        arithmetic.calculate(text)


@pytest.mark.parametrize(
    "text", ["9 ** 9 ** 9", "2 ** 257", "9" * 120 + " * 2", "0.5 ** -9999", "9.9 ** 256 ** 2", "2 ** -99999999"]
)
def test_numbers_that_grow_without_bound_are_refused_at_once(text):
    with pytest.raises(arithmetic.ArithmeticRefusedError, match="too large"):
        arithmetic.calculate(text)


def test_division_by_zero_and_roots_of_negatives_are_explained():
    with pytest.raises(arithmetic.ArithmeticRefusedError, match="divides by zero"):
        arithmetic.calculate("1 / (2 - 2)")
    with pytest.raises(arithmetic.ArithmeticRefusedError, match="no real answer"):
        arithmetic.calculate("(0 - 8) ** 0.5")


@given(st.text() | st.text("0123456789.+-*/%() ", max_size=220))
def test_any_text_gives_a_bounded_number_or_a_refusal(text):
    try:
        value = arithmetic.calculate(text)
    except arithmetic.ArithmeticRefusedError:
        return
    assert abs(value) < 2**256


@given(EXPRESSIONS)
@example("(88 * (774 ** 26.673))")
def test_generated_arithmetic_stays_bounded(expression):
    try:
        value = arithmetic.calculate(expression)
    except arithmetic.ArithmeticRefusedError:
        return
    assert isinstance(value, int | float)
    assert abs(value) < 2**256


@given(st.integers(-(10**9), 10**9), st.sampled_from("+-*"), st.integers(-(10**9), 10**9))
def test_results_are_those_of_python(left, sign, right):
    python = {"+": operator.add, "-": operator.sub, "*": operator.mul}[sign]

    assert arithmetic.calculate(f"({left}) {sign} ({right})") == python(left, right)


@given(st.text())
def test_what_is_found_in_any_text_parses_as_arithmetic(text):
    expression = arithmetic.find_expression(text)

    assert expression is None or any(isinstance(node, ast.BinOp) for node in ast.walk(ast.parse(expression)))
