"""Read hyperparameters of the Zoo that are Python in a string, ``"dict(net_arch=[64, 64])"``, without running them."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from lr_schedule.errors import Problems, ScheduleConfigError, needs_extra

EXPRESSION_KEYS = ("policy_kwargs", "replay_buffer_class", "replay_buffer_kwargs", "normalize", "monitor_kwargs")
"""Hyperparameters that may be Python in a string."""

MODULES = {"nn": "torch.nn", "th.nn": "torch.nn", "torch.nn": "torch.nn", "th.optim": "torch.optim"}
"""The modules whose classes an expression may name, by their names in the Zoo."""

ALLOWED = (
    "must be dict(...) of numbers, strings, lists, dicts and the names nn.<class>, th.optim.<class>, RMSpropTFLike, "
    "HerReplayBuffer"
)
MAX_LENGTH = 10_000


def read_expression(text: str) -> Any:
    """Return the value of a Python expression with literals, ``dict(...)`` and the class names that the Zoo knows.

    Raises:
        ScheduleConfigError: The expression has any other part; the message shows it.
    """
    try:
        if len(text) > MAX_LENGTH:
            raise ScheduleConfigError.at((), text, f"longer than {MAX_LENGTH:,} characters")
        return _value(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, TypeError, ValueError, MemoryError, RecursionError) as error:
        # Python's parser raises MemoryError for brackets that are nested too deeply.
        if isinstance(error, ScheduleConfigError):
            raise
        raise ScheduleConfigError.at((), text, f"is not a Python expression: {error}") from None


def read_expressions(section: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the values of the hyperparameters of a section that are Python in a string.

    Raises:
        ScheduleConfigError: `read_expression` rejects one of them.
    """
    problems, values = Problems(), {}
    for key in EXPRESSION_KEYS:
        if isinstance(section.get(key), str):
            with problems.gathered(key):
                values[key] = read_expression(section[key])
    problems.raise_any()
    return values


def write_expression(value: Any) -> str:
    """Return the expression that `read_expression` reads as `value`.

    Raises:
        ScheduleConfigError: There is no such expression.
    """
    # Read again, because a repr may look like an expression without being one.
    text = _written(value)
    if read_expression(text) != value:
        raise ScheduleConfigError.at((), value, ALLOWED)
    return text


def _written(value: Any) -> str:
    if isinstance(value, type):
        short = {"torch.nn": "nn.", "torch.optim": "th.optim."}
        return short.get(".".join(value.__module__.split(".")[:2]), "") + value.__name__
    if isinstance(value, dict):
        pairs = ", ".join(f"{_written(key)}: {_written(item)}" for key, item in value.items())
        return f"{{{pairs}}}"
    if isinstance(value, (list, tuple)):
        items = ", ".join(_written(item) for item in value)
        return f"[{items}]" if isinstance(value, list) else f"({items}{',' if len(value) == 1 else ''})"
    return repr(value)


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        operand = _value(node.operand)
        if isinstance(operand, (int, float)):
            return -operand if isinstance(node.op, ast.USub) else operand
    if isinstance(node, (ast.List, ast.Tuple)):
        items = [_value(item) for item in node.elts]
        return tuple(items) if isinstance(node, ast.Tuple) else items
    if isinstance(node, ast.Dict) and None not in node.keys:
        return {_value(key): _value(item) for key, item in zip(node.keys, node.values, strict=True) if key is not None}
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "dict" and not node.args:
        named = {keyword.arg: keyword.value for keyword in node.keywords}
        if None not in named:
            return {key: _value(item) for key, item in named.items()}
    return _class_named(node)


def _class_named(node: ast.expr) -> Any:
    """Return the class with a name; its framework is imported only now."""
    name = ast.unparse(node)
    if isinstance(node, ast.Attribute) and ast.unparse(node.value) in MODULES:
        with needs_extra():
            from torch import nn, optim

        found = getattr({"torch.nn": nn, "torch.optim": optim}[MODULES[ast.unparse(node.value)]], node.attr, None)
        if isinstance(found, type) and issubclass(found, (nn.Module, optim.Optimizer)):
            return found
    if name == "RMSpropTFLike":
        with needs_extra():
            from stable_baselines3.common.sb2_compat.rmsprop_tf_like import RMSpropTFLike

        return RMSpropTFLike
    if name == "HerReplayBuffer":
        with needs_extra():
            from stable_baselines3 import HerReplayBuffer

        return HerReplayBuffer
    raise ScheduleConfigError.at((), name, ALLOWED)
