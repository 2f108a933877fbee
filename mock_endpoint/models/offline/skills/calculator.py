"""Exact arithmetic on an expression typed by anybody: bounded, no names but `x`, no calls but `sqrt`."""

import ast
import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

_MAX_LENGTH = 300
_MAX_EXPONENT = 1000
_MAX_BITS = 4000
_DECIMALS = 6
_EXACT_DECIMALS = 12
_ROOT_DIGITS = 40


_Operation = Callable[[Fraction, Fraction], Fraction | int]
_OPERATIONS: dict[type[ast.operator], _Operation] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_DIVIDING = (ast.Div, ast.FloorDiv, ast.Mod)
_SIGNS: dict[type[ast.unaryop], int] = {ast.USub: -1, ast.UAdd: 1}


class NoValueError(ValueError):
    """The expression has no value; the message names the reason: zero, negative, large, long or form."""


@dataclass
class _Evaluation:
    source: str
    x: Fraction | None
    exact: bool = True

    def of(self, node: ast.AST) -> Fraction:
        """The value of one node; whatever is not named here has the wrong form."""
        match node:
            case ast.Constant(value=int() | float()):
                # From the source text: a float would already have lost digits.
                return Fraction(self.source[node.col_offset : node.end_col_offset])
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _SIGNS:
                return _SIGNS[type(op)] * self.of(operand)
            case ast.Name(id="x") if self.x is not None:
                return self.x
            case ast.Call(func=ast.Name(id="sqrt"), args=[argument], keywords=[]):
                return self.root(self.of(argument))
            case ast.BinOp(left=left, op=op, right=right):
                return _bounded(self.operate(op, self.of(left), self.of(right)))
        raise NoValueError("form")

    def operate(self, op: ast.operator, left: Fraction, right: Fraction) -> Fraction:
        """Two numbers under one operation."""
        if isinstance(op, ast.Pow):
            return self.power(left, right)
        if type(op) not in _OPERATIONS:
            raise NoValueError("form")
        if isinstance(op, _DIVIDING) and right == 0:
            raise NoValueError("zero")
        return Fraction(_OPERATIONS[type(op)](left, right))

    def power(self, base: Fraction, exponent: Fraction) -> Fraction:
        """A power within bounds, so that 9**9**9 does not hang; of the fractions only ½ is an exponent."""
        if exponent == Fraction(1, 2):
            return self.root(base)
        if exponent.denominator != 1:
            raise NoValueError("form")
        if base == 0 and exponent < 0:
            raise NoValueError("zero")
        size = max(base.numerator.bit_length(), base.denominator.bit_length())
        if abs(exponent) > _MAX_EXPONENT or abs(exponent) * size > _MAX_BITS:
            raise NoValueError("large")
        return base ** int(exponent)

    def root(self, value: Fraction) -> Fraction:
        """The square root: exact where it is rational, else to forty decimals."""
        if value < 0:
            raise NoValueError("negative")
        above, below = math.isqrt(value.numerator), math.isqrt(value.denominator)
        if above**2 == value.numerator and below**2 == value.denominator:
            return Fraction(above, below)
        self.exact = False
        scale: int = 10**_ROOT_DIGITS
        return Fraction(math.isqrt(value.numerator * scale**2 // value.denominator), scale)


def _bounded(value: Fraction) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > _MAX_BITS:
        raise NoValueError("large")
    return value


def evaluate(expression: str, x: Fraction | None = None) -> tuple[Fraction, bool]:
    """The value, and whether it is exact; raises NoValueError."""
    if len(expression) > _MAX_LENGTH:
        raise NoValueError("long")
    source = expression.strip()
    try:
        tree = ast.parse(source, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise NoValueError("form") from None
    evaluation = _Evaluation(source, x)
    value = evaluation.of(tree.body)
    return value, evaluation.exact


def solve(left: str, right: str) -> Fraction | None:
    """The x for which a linear equation holds; None when there is not exactly one, or it is not linear."""
    at = [evaluate(left, Fraction(x))[0] - evaluate(right, Fraction(x))[0] for x in (1, 2, 5)]
    slope = at[1] - at[0]
    if slope == 0 or at[2] - at[1] != 3 * slope:
        return None
    return 1 - at[0] / slope


def written(value: Fraction, exact: bool = True) -> tuple[str, bool]:
    """The number as decimals, and whether they are all there or rounded."""
    rest = value.denominator
    for factor in (2, 5):
        while rest % factor == 0:
            rest //= factor
    with localcontext() as context:
        context.prec = _MAX_BITS
        number = Decimal(value.numerator) / Decimal(value.denominator)
        # pyrefly: ignore[unsupported-operation]
        if not exact or rest != 1 or -number.normalize().as_tuple().exponent > _EXACT_DECIMALS:
            exact, number = False, round(number, _DECIMALS)
        text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text), exact
