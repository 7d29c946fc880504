"""What `read_yaml` reads, where it says that things stand, and what it refuses."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from lr_schedule import ScheduleConfigError
from lr_schedule.config.yaml_files import MAX_BYTES, MAX_NODES, parse_yaml, read_yaml
from lr_schedule.fields import is_numeral


def failure(content: str | bytes) -> str:
    with pytest.raises(ScheduleConfigError) as caught:
        parse_yaml(content, "file.yml")
    return str(caught.value)


def laughs(first: str, link: Callable[[str], str]) -> str:
    levels = [f"a0: &a0 {first}"]
    levels += [f"a{n}: &a{n} {link(', '.join([f'*a{n - 1}'] * 9))}" for n in range(1, 12)]
    return "\n".join(levels)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3e-4", 0.0003),
        ("1e6", 1000000.0),
        ("-2E+3", -2000.0),
        (".5e1", 5.0),
        ("5.e-1", 0.5),
        ("!!float 3e-4", 0.0003),
        ("2.5e-4", 0.00025),
        ("3", 3),
        ("0.5", 0.5),
    ],
)
def test_a_number_is_a_number_however_it_is_written(text: str, value: Any) -> None:
    assert parse_yaml(f"a: {text}").data == {"a": value}


@pytest.mark.parametrize("text", ["'3e-4'", "lin_3e-4", "e5", "3e", "3e-4x", "3e-4-5"])
def test_what_is_no_plain_number_stays_a_string(text: str) -> None:
    assert parse_yaml(f"a: {text}").data == yaml.safe_load(f"a: {text}")
    assert isinstance(parse_yaml(f"a: {text}").data["a"], str)


TEXT = st.text(max_size=9).filter(lambda text: not is_numeral(text))  # '1e3', which PyYAML writes without quotes
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(PLAIN)
def test_plain_data_is_read_as_it_was_written(data: Any) -> None:
    assert parse_yaml(yaml.safe_dump(data)).data == data


def test_anchors_merges_and_a_byte_order_mark_are_read() -> None:
    content = b"\xef\xbb\xbfa: &base {x: 1, y: 2}\nb:\n  <<: *base\n  y: 3\n"
    assert parse_yaml(content).data == {"a": {"x": 1, "y": 2}, "b": {"x": 1, "y": 3}}


def test_an_empty_file_says_nothing() -> None:
    assert parse_yaml("# nothing\n").data is None


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ((), (1, 1)),
        (("b",), (2, 1)),
        (("b", "x"), (3, 5)),
        (("b", "x", 1), (3, 12)),
        (("b", "x", 1, "k"), (3, 13)),
        (("b", "x", 1, "other"), (3, 12)),
        (("c", "a"), (1, 9)),
        (("c", "d"), (5, 12)),
    ],
)
def test_everything_has_a_line_and_a_column(path: tuple[str | int, ...], place: tuple[int, int]) -> None:
    text = "a: &a { a: 1, d: 2 }\nb:\n    x: [1, {k: 2}]\nc:\n  {<<: *a, d: 3}\n"
    assert parse_yaml(text).position(path) == place


def test_an_error_is_given_its_place_and_its_path() -> None:
    document = parse_yaml("a:\n  b: 1\n", "file.yml")
    error = document.locate(ScheduleConfigError.at("b", 1, "must be 2"), ("a",))
    assert str(error) == "file.yml:2:3: a.b: must be 2 (received 1)"


@pytest.mark.parametrize(
    ("content", "start"),
    [
        ("a: [1,\nb: 2", "file.yml:2:5: while parsing a flow sequence: expected ',' or ']'"),
        ("a: *x", "file.yml:1:4: found undefined alias 'x'"),
        ("x: 1\na: &a [*a]", "file.yml:2:4: an alias in here contains itself"),
        ("a: &a\n  b: {<<: *a}", "file.yml:1:4: an alias in here contains itself"),
        (b"x: 1\na: \xff", "file.yml:2:4: not UTF-8"),
        (b"\xff\xfea\x00", "file.yml:1:1: not UTF-8"),
        ("x: 1\na: \x00b", "file.yml:2:4: the character '\\x00' is not allowed"),
        ("x: 1\nx: 2", "file.yml:2:1: the key 'x' is given twice"),
        ("--- 1\n--- 2", "file.yml:2:1: expected a single document"),
        ("a: !!float abc", "file.yml:1:4: a value cannot be read: could not convert"),
        ("a: 2020-13-45", "file.yml:1:4: a value cannot be read: month"),
        ("a: 1:" + "1:" * 200_000 + "1", "file.yml:1:4: a value cannot be read: a number of more than 100 characters"),
        ("[" * 100_000, "file.yml:1:1: nested too deeply"),
        ("- " * 5_000, "file.yml:1:1: nested too deeply"),
        (
            "\n".join(f"a{n}: &a{n} [*a{n - 1}]" if n else "a0: &a0 x" for n in range(99)),
            "file.yml:51:6: nested too deeply",
        ),
        ("a: !mine 1", "file.yml:1:4: the tag !mine is not allowed"),
        ("a: !!python/object/apply:collections.OrderedDict [1]", "file.yml:1:4: the tag !!python/object/apply:coll"),
    ],
    ids=range(17),
)
def test_what_cannot_be_read_is_one_clear_line(content: str | bytes, start: str) -> None:
    assert failure(content).startswith(start)
    assert "\n" not in failure(content)


@pytest.mark.parametrize(
    "tag", ["object/apply:os.system", "object/new:os.system", "name:os.system", "module:os", "object:os.system"]
)
def test_a_python_tag_is_refused_and_nothing_is_executed(tag: str, tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    argument = "''" if tag.startswith(("name", "module")) else f"['touch {witness}']"
    assert f"the tag !!python/{tag} is not allowed" in failure(f"a: !!python/{tag} {argument}")
    assert not witness.exists()


def test_what_the_zoo_saves_is_read() -> None:
    from collections import OrderedDict

    saved = OrderedDict(b=1, a=OrderedDict(c=(1, "step")))
    assert "!!python" in yaml.dump(saved)
    assert parse_yaml(yaml.dump(saved)).data == {"b": 1, "a": {"c": (1, "step")}}


@pytest.mark.parametrize(
    "content",
    [
        laughs("[ha, ha, ha, ha, ha, ha, ha, ha, ha]", lambda aliases: f"[{aliases}]"),
        laughs("{ha: 1}", lambda aliases: f"{{<<: [{aliases}]}}"),
        "[" + "ha," * 300_000 + "]",
    ],
    ids=["lists", "merges", "flat"],
)
def test_a_file_that_grows_is_refused_in_little_memory(content: str, tmp_path: Path) -> None:
    assert f"more than {MAX_NODES:,} keys and values" in failure(content)
    (tmp_path / "big.yml").write_text(content)
    code = (
        "import resource, sys\nfrom lr_schedule.config.yaml_files import read_yaml\n"
        "used = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\nbefore = used()\n"
        "try:\n    read_yaml(sys.argv[1])\nexcept ValueError:\n    print(used() - before)\n"
    )
    result = subprocess.run([sys.executable, "-c", code, tmp_path / "big.yml"], capture_output=True, check=True)
    assert int(result.stdout) < 100_000  # kB


def test_a_file_of_ten_megabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "big.yml"
    path.write_bytes(b"# a comment\n" * 900_000)
    with pytest.raises(ScheduleConfigError, match=f"big.yml:1:1: larger than {MAX_BYTES:,} bytes"):
        read_yaml(path)


def test_a_missing_file_and_a_folder_are_errors_that_name_them(tmp_path: Path) -> None:
    with pytest.raises(ScheduleConfigError, match=r"gone.yml:1:1: No such file"):
        read_yaml(tmp_path / "gone.yml")
    with pytest.raises(ScheduleConfigError, match=r"1:1: Is a directory"):
        read_yaml(tmp_path)
