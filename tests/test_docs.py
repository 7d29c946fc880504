"""What the docs say is true: every code block runs, every name is documented, nothing generated is stale."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from rl_zoo3 import hyperparams_opt
from stable_baselines3 import PPO
from sybil.document import Document
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser

import lr_schedule
from lr_schedule import BaseLRSchedule
from lr_schedule.config.registry import registry
from lr_schedule.control.controller import kinds as controllers
from lr_schedule.sb3 import ScheduleCallback
from tests.previewed import previewed

ROOT = Path(__file__).parent.parent
GENERATE = ROOT / "docs" / "generate.py"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
OF_LIBRARIES = [page for page in PAGES if page.parent.name == "libraries" and page.name != "index.md"]
"""Pages on libraries that are not installed here; `make test-libraries` runs their Python blocks where they are."""

TRAIN_FOR_SECONDS = {"index", "entropy-coefficient", "learning-rates", "resume", "zoo"}
"""Pages that a run without the slow tests leaves out; README and the quick start, which it keeps, train as they do."""

MODULES = [
    importlib.import_module(module.name)
    for module in pkgutil.walk_packages(lr_schedule.__path__, "lr_schedule.")
    if not module.name.endswith("__main__")
]


def schedules_in(data: Any) -> Iterator[Any]:
    """Yield every schedule config in YAML data: a mapping of a known type, or a list of phases."""
    items = data.values() if isinstance(data, Mapping) else data if isinstance(data, list) else []
    is_phase = [isinstance(item, Mapping) and bool({"fraction", "steps"} & set(item)) for item in items]
    if (isinstance(data, Mapping) and "type" in data) or (isinstance(data, list) and any(is_phase)):
        yield data
    else:
        for item in items:
            yield from schedules_in(item)


def length_of_run(data: Any) -> Any:
    """The total_steps for configs in YAML data: what the data itself says, or a length for those that say none."""
    found = [float(n) for n in re.findall(r"(?:n_timesteps|total_timesteps)'?: '?([0-9.e]+)", str(data))]
    return found[0] if found else 1_000_000


def evaluate_yaml(example: Any) -> None:
    """Create every schedule in a YAML block; write the block to the file that its first line names, if it names one."""
    named = re.match(r"# (\S+\.ya?ml)\n", example.parsed)
    if named:
        Path(named[1]).parent.mkdir(parents=True, exist_ok=True)
        Path(named[1]).write_text(example.parsed, encoding="utf-8")
    for cfg in schedules_in(yaml.safe_load(example.parsed)):
        says_its_length = "total_steps" in str(cfg)
        BaseLRSchedule.create(cfg, None if says_its_length else length_of_run(yaml.safe_load(example.parsed)))


def compile_python(example: Any) -> None:
    """Read a Python block, and run nothing."""
    compile(example.parsed, example.path, "exec")


def parse(page: Path) -> Any:
    python: Any = PythonCodeBlockParser(doctest_optionflags=doctest.ELLIPSIS)
    if page in OF_LIBRARIES:
        python = CodeBlockParser("python", compile_python)
    return Document.parse(str(page), SkipParser(), python, CodeBlockParser("yaml", evaluate_yaml))


@pytest.fixture
def own_types(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Forget the types and controllers that a page registers, and the samplers that it gives to the Zoo."""
    kept: list[dict[str, Any]] = [registry, controllers]
    before = [(types, dict(types)) for types in kept]
    monkeypatch.setattr(hyperparams_opt, "HYPERPARAMS_SAMPLER", dict(hyperparams_opt.HYPERPARAMS_SAMPLER))
    yield
    for types, known in before:
        types.clear()
        types.update(known)


@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=[pytest.mark.slow] if page.stem in TRAIN_FOR_SECONDS else []) for page in PAGES],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_every_code_block_of_a_page_runs_and_every_yaml_schedule_in_it_is_created(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_types: None
) -> None:
    monkeypatch.chdir(tmp_path)
    with previewed(monkeypatch) as warnings:
        for example in parse(page).examples():
            example.evaluate()
    assert warnings == [], "a reader who copies this gets a warning from preview"


@pytest.mark.parametrize("page", OF_LIBRARIES, ids=lambda page: page.stem)
def test_what_a_page_on_a_library_says_is_run_with_that_library_or_the_page_says_that_it_is_not(page: Path) -> None:
    tests = ROOT / "tests" / "libraries" / page.stem / f"test_{page.stem}.py"
    runs_it = tests.exists() and f'run_page("{page.stem}"' in tests.read_text(encoding="utf-8")
    assert runs_it != ("**Not run**" in page.read_text(encoding="utf-8"))


def test_training_that_preview_warns_of_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    with previewed(monkeypatch) as warnings:
        model = PPO("MlpPolicy", "CartPole-v1", n_steps=64, learning_rate=BaseLRSchedule.create("lin_1e-3"))
        model.learn(64, callback=[ScheduleCallback({"ent_coef": "lin_0.1"})])
    assert [text.split(":")[0] for text in warnings] == ["learning_rate", "learning_rate", "ent_coef"]


def test_a_page_with_a_wrong_block_fails(tmp_path: Path) -> None:
    for language, block in {
        "python": "assert 1 == 2",
        "python ": ">>> 1 + 1\n3",
        "yaml": "type: cosine\ninitial_valu: 1",
        "yaml ": "ppo:\n  learning_rate: [{type: linear, fraction: 0.5}]",
    }.items():
        page = tmp_path / "page.md"
        page.write_text(f"```{language.strip()}\n{block}\n```\n", encoding="utf-8")
        examples = list(parse(page).examples())
        assert len(examples) == 1
        with pytest.raises((AssertionError, ValueError)):
            examples[0].evaluate()


def doctests() -> Iterator[Any]:
    finder = doctest.DocTestFinder(exclude_empty=True)
    for module in MODULES:
        for test in finder.find(module, extraglobs=dict(vars(lr_schedule))):
            if test.examples:
                yield pytest.param(test, id=test.name.removeprefix("lr_schedule."))


@pytest.mark.parametrize("test", list(doctests()))
def test_the_example_in_a_docstring_runs(
    test: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_types: None
) -> None:
    monkeypatch.chdir(tmp_path)
    report: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS, verbose=False).run(test, out=report.append)
    assert result.attempted > 0
    assert result.failed == 0, "".join(report)


def public_objects() -> Iterator[Any]:
    for module in [lr_schedule, *MODULES]:
        names = getattr(module, "__all__", None) or []
        if module is lr_schedule or module.__name__ in PUBLIC_MODULES:
            yield from (pytest.param(getattr(module, name), id=f"{module.__name__}.{name}") for name in names)


PUBLIC_MODULES = {
    f"lr_schedule.{name}" for name in ("compare", "optim", "sb3", "zoo", "tune", "adapters.rsl_rl", "adapters.rl_games")
}


@pytest.mark.parametrize("item", list(public_objects()))
def test_every_public_name_has_a_docstring_with_an_example(item: Any) -> None:
    text = inspect.getdoc(item) or ""
    assert re.match(r"[A-Z][^\n]*(\n[^\n]+)*\.", text), "a docstring begins with a sentence"
    assert "Example:" in text
    assert ">>>" in text or "```" in text


@pytest.mark.parametrize("cls", [c for c in registry.values() if c.__module__.startswith("lr_schedule.")])
def test_every_type_states_its_formula_and_its_keys(cls: type[BaseLRSchedule]) -> None:
    text = inspect.getdoc(cls) or ""
    assert "Formula:" in text
    assert "Args:" in text


def generate(*arguments: Any) -> Any:
    return subprocess.run(
        [sys.executable, str(GENERATE), *arguments], capture_output=True, text=True, check=False, timeout=120
    )


def test_the_gallery_and_the_generated_tables_are_what_the_code_says() -> None:
    process = generate("--check")
    assert process.returncode == 0, process.stdout + process.stderr


def load_generate(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(GENERATE.parent))
    for name in ("generate", "pictures", "results"):
        sys.modules.pop(name, None)
    return importlib.import_module("generate")


def test_a_picture_with_another_curve_is_stale_and_one_with_another_last_digit_is_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pages = load_generate(monkeypatch)
    config = tmp_path / "linear.yml"
    config.write_text("{type: linear, initial_value: 1.0}", encoding="utf-8")
    picture = config.with_suffix(".svg")
    picture.write_text(pages.draw(config), encoding="utf-8")
    assert pages.is_current(picture, pages.draw(config))

    text = picture.read_text(encoding="utf-8")
    (coordinate, *_) = re.findall(r"L (\d+\.\d{6})", text)
    assert pages.is_current(picture, text.replace(coordinate, f"{float(coordinate) + 1e-6:.6f}"))
    assert not pages.is_current(picture, text.replace(coordinate, f"{float(coordinate) + 0.1:.6f}"))

    config.write_text("{type: linear, initial_value: 1.0, final_value: 0.01}", encoding="utf-8")
    assert not pages.is_current(picture, pages.draw(config))


def test_a_type_without_a_picture_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = load_generate(monkeypatch)
    with pytest.raises(SystemExit, match=r"'nameless' has no picture: add docs/gallery/nameless\.yml"):
        pages.pictures_of("nameless")


def test_the_page_on_architecture_names_every_module_of_the_package() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    modules = [
        f"{module.name}/" if module.ispkg else module.name for module in pkgutil.iter_modules(lr_schedule.__path__)
    ]
    assert [module for module in modules if f"`{module}`" not in text] == []


def test_every_local_link_of_readme_and_contributing_leads_to_a_file() -> None:
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md"):
        links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
        missing = [link for link in links if "://" not in link and not (ROOT / link).exists()]
        assert not missing, f"{page.name}: {missing}"


def pages_of(nav: Any) -> Iterator[str]:
    """Yield every page of a navigation, which is a name of a file, or a list or mapping of navigations."""
    if isinstance(nav, str):
        yield nav
    else:
        for item in nav.values() if isinstance(nav, Mapping) else nav:
            yield from pages_of(item)


def read_page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def description_of(text: str) -> str:
    """Return the description in the front matter of a page, or an empty text."""
    found = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    return str(yaml.safe_load(found[1]).get("description", "")) if found else ""


def test_every_page_of_the_site_has_its_own_description_of_40_to_170_characters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    hooks = importlib.import_module("hooks")
    # As YAML without tags: those of mkdocs, such as !ENV, are in other keys.
    settings = yaml.load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    names = pages_of(settings["nav"])
    texts = {name: hooks.copied(name) if name in hooks.COPIED else read_page(name) for name in names}
    found = {name: description_of(text) for name, text in texts.items()}
    assert {name: text for name, text in found.items() if not 40 <= len(text) <= 170} == {}
    assert {name: text for name, text in found.items() if list(found.values()).count(text) > 1} == {}
