"""Reading a YAML file: plain data and the position of each value; nothing in the file is executed.

Size, number of nodes and growth through aliases are limited, so that a hostile file uses little memory and time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import yaml
from yaml.constructor import ConstructorError

from lr_schedule.errors import Keys, Problem, ScheduleConfigError

MAX_BYTES = 1_000_000
"""Size of the largest file that is read; the largest file of the RL Zoo has 12 kB."""
MAX_NODES = 50_000
"""Largest number of keys and values in a file; those of an alias count each time that it is used."""
MAX_DEPTH = 50
"""Largest depth of nested mappings and lists."""
UNFINISHED = (0, 0)

SHORT_FORMS = ("parts", "step_points", "points")
"""Keys that a config can omit by giving the list itself: a list of phases, a list of points."""

SUFFIXES = (".yml", ".yaml")
MAX_DIGITS = 100
NUMBER_TAGS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
IN_OUR_WORDS = {
    "found character '\\t' that cannot start any token": "there is a tab here; use spaces to indent YAML",
    "found unhashable key": "a key must be a word or a number, not a list or a mapping",
    "mapping values are not allowed here": (
        "there can be no key here; the line may be indented too far, the line before may lack a colon and a space, "
        "or a text with a colon may lack quotes"
    ),
    "could not find expected ':'": "a colon and a space must follow a key",
}
"""The messages of PyYAML for common mistakes, and clearer ones."""

PYTHON_TAG = "tag:yaml.org,2002:python/"


@dataclass(frozen=True)
class FileProblem(Problem):
    """A mistake in a file, with its line and column (from 1)."""

    file: str = ""
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        text = super().__str__() if self.path else self.message
        return f"{self.file}:{self.line}:{self.column}: {text}"


class Document(NamedTuple):
    """The data in a YAML file, and the positions of its values."""

    file: str
    data: Any
    root: yaml.Node | None

    def position(self, path: Keys) -> tuple[int, int]:
        """Return line and column (from 1) of the value at `path`, or of the innermost value that contains it."""
        node, mark = self.root, None if self.root is None else self.root.start_mark
        for step in path:
            if step in SHORT_FORMS and isinstance(node, yaml.SequenceNode):
                continue
            pair = _child(node, step)
            if pair is None:
                break
            key, node = pair
            mark = key.start_mark
        return (1, 1) if mark is None else (mark.line + 1, mark.column + 1)

    def locate(self, error: ScheduleConfigError, below: Keys = ()) -> ScheduleConfigError:
        """Return the error of the value at the path `below`, with positions, and with its problems sorted by them."""
        located = [self._locate(problem) for problem in error.below(below).problems]
        located.sort(key=lambda problem: (problem.line, problem.column))
        return ScheduleConfigError(located)

    @contextmanager
    def located(self, *below: str | int) -> Iterator[None]:
        """Return a context that puts file, line and column in front of every problem of an error raised in it."""
        try:
            yield
        except ScheduleConfigError as error:
            raise self.locate(error, below) from None

    def _locate(self, problem: Problem) -> FileProblem:
        line, column = self.position(problem.path)
        return FileProblem(problem.path, problem.received, problem.message, self.file, line, column)


def _child(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """Return the nodes of the key and of the value at one step of a path; for an item of a list, they are the same."""
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    if isinstance(node, yaml.MappingNode):
        found = [(key, value) for key, value in node.value if key.value == str(step)]
        return found[-1] if found else None
    return None


class _Loader(yaml.SafeLoader):
    """The safe loader of PyYAML, which also counts nodes, rejects Python objects, and reads the files of the RL Zoo."""

    nodes = 0

    def compose_node(self, parent: Any, index: Any) -> yaml.Node | None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise ConstructorError(None, None, f"more than {MAX_NODES:,} keys and values", self.get_mark())
        return super().compose_node(parent, index)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            if node.tag in NUMBER_TAGS and len(node.value) > MAX_DIGITS:
                raise ValueError(f"a number of more than {MAX_DIGITS} characters")  # noqa: TRY301
            return super().construct_object(node, deep)
        except (ValueError, OverflowError) as error:  # such as !!float abc, or a date that does not exist
            raise ConstructorError(None, None, f"a value cannot be read: {error}", node.start_mark) from None
        except (AttributeError, LookupError, TypeError):  # such as !!bool abc, which PyYAML does not check
            tag = node.tag.replace("tag:yaml.org,2002:", "!!")
            raise ConstructorError(None, None, f"a value cannot be read as {tag}", node.start_mark) from None

    def refuse_tag(self, node: yaml.Node) -> Any:
        tag = node.tag.replace("tag:yaml.org,2002:", "!!")
        message = f"the tag {tag} is not allowed: a file is read as plain data, and nothing in it is executed"
        raise ConstructorError(None, None, message, node.start_mark)

    def construct_tuple(self, node: yaml.Node) -> Any:
        return tuple(self.construct_sequence(node)) if isinstance(node, yaml.SequenceNode) else ()

    def construct_ordered_dict(self, node: yaml.Node) -> Any:
        """Return the mapping that the Zoo writes as an OrderedDict: a list with one list of [key, value] pairs."""
        if isinstance(node, yaml.SequenceNode) and len(node.value) == 1:
            pairs = self.construct_sequence(node, deep=True)[0]
            if isinstance(pairs, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
                return dict(pairs)
        return self.refuse_tag(node)


_Loader.add_constructor(None, _Loader.refuse_tag)
_Loader.add_constructor(f"{PYTHON_TAG}tuple", _Loader.construct_tuple)
_Loader.add_constructor(f"{PYTHON_TAG}object/apply:collections.OrderedDict", _Loader.construct_ordered_dict)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)[eE][-+]?[0-9]+$"), list("-+.0123456789")
)


def read_yaml(path: str | Path) -> Document:
    """Read a YAML file as plain data.

    Use it for files from unknown sources. ``3e-4`` without a dot, a string in YAML 1.1, is read as a number.

    Args:
        path: The file, in UTF-8. It can have at most 1 MB and one YAML document of at most 50,000 keys and values;
            those of an alias count each time that it is used.

    Returns:
        The data (mappings, lists, strings, numbers, booleans, None), with the line and column of each value.

    Raises:
        ScheduleConfigError: The file cannot be read, is too large, is not UTF-8 or not YAML, has a key twice, has an
            alias that contains itself, or contains Python objects. The message names file, line and column.

    Example:
        >>> _ = Path("ppo.yml").write_text("CartPole-v1: {learning_rate: 3e-4}")
        >>> read_yaml("ppo.yml").data
        {'CartPole-v1': {'learning_rate': 0.0003}}
    """
    file = str(path)
    try:
        with Path(path).open("rb") as stream:
            content = read_bytes(stream, file)
    except OSError as error:
        raise _failure(file, error.strerror or str(error)) from None
    return parse_yaml(content, file)


def parse_yaml(content: bytes | str, file: str = "<text>") -> Document:
    """Read YAML text as plain data, as `read_yaml` reads a file; `file` is its name in messages."""
    text = content if isinstance(content, str) else _decode(content, file)
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        if root is not None:
            _measure(root, {})
        data = None if root is None else loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        context = f"{error.context}: " if error.context else ""
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        message = IN_OUR_WORDS.get(str(error.problem), f"{context}{error.problem}")
        raise _failure(file, message, line, column) from None
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        message = f"the character {text[error.position]!r} is not allowed in YAML"
        raise _failure(file, message, before.count("\n") + 1, len(before) - before.rfind("\n")) from None
    except RecursionError:
        raise _failure(file, "nested too deeply") from None
    return Document(file, data, root)


def _failure(file: str, message: str, line: int = 1, column: int = 1) -> ScheduleConfigError:
    return ScheduleConfigError([FileProblem((), None, message, file, line, column)])


def read_bytes(stream: BinaryIO, file: str) -> bytes:
    """Return the content of an open file, or raise an error if it is too large."""
    content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise _failure(file, f"larger than {MAX_BYTES:,} bytes; hyperparameter files are far smaller")
    return content


def _decode(content: bytes, file: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        message = f"not UTF-8: {error.reason} (byte 0x{content[error.start]:02x})"
        raise _failure(file, message, before.count(b"\n") + 1, len(before) - before.rfind(b"\n")) from None


def _measure(node: yaml.Node, known: dict[int, tuple[int, int]]) -> tuple[int, int]:
    """Return the number of nodes under `node` and their depth, with aliases expanded; each node is visited once."""
    if id(node) in known:
        if known[id(node)] == UNFINISHED:
            raise ConstructorError(None, None, "an alias in here contains itself", node.start_mark)
        return known[id(node)]
    known[id(node)] = UNFINISHED
    children: list[yaml.Node] = []
    if isinstance(node, yaml.MappingNode):
        _refuse_repeated_keys(node)
        children = [part for pair in node.value for part in pair]
    elif isinstance(node, yaml.SequenceNode):
        children = node.value
    measures = [_measure(child, known) for child in children]
    size, depth = 1 + sum(size for size, _ in measures), 1 + max((depth for _, depth in measures), default=0)
    if size > MAX_NODES:
        message = f"aliases make this more than {MAX_NODES:,} keys and values"
        raise ConstructorError(None, None, message, node.start_mark)
    if depth > MAX_DEPTH:
        raise ConstructorError(None, None, "nested too deeply", node.start_mark)
    known[id(node)] = size, depth
    return size, depth


def _refuse_repeated_keys(node: yaml.MappingNode) -> None:
    seen = set()
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
            if key.value in seen:
                raise ConstructorError(None, None, f"the key {key.value!r} is given twice", key.start_mark)
            seen.add(key.value)
