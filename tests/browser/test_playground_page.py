"""The playground shows what Python computes, and says what Python says; nothing of it is computed twice."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser

from lr_schedule import BaseLRSchedule, ScheduleConfigError
from lr_schedule.config.registry import registry
from lr_schedule.config.yaml_files import parse_yaml
from lr_schedule.sb3 import preview
from lr_schedule.steps import progress_at
from tests.browser.conftest import Playground, new_page

GALLERY = Path(__file__).parents[2] / "docs" / "gallery"
IN_A_BROWSER = sorted(name for name, cls in registry.items() if cls.is_built_in and name != "torch")
FILES = [path for path in sorted(GALLERY.glob("*.yml")) if path.stem != "torch"]

SLOW = "lin_1.0"
for depth in range(12):
    SLOW = f"{{type: product, parts: [&a{depth} {SLOW}, *a{depth}]}}"


def assert_curve(playground: Playground, cfg: Any, total_steps: float | None = None) -> None:
    """Assert that the page draws, and has in its table, the values that a config has here."""
    assert playground.problems() == []
    schedule = BaseLRSchedule.create(cfg, total_steps)
    elapsed, values = zip(*playground.curve(), strict=True)
    assert elapsed == pytest.approx([index / 1000 for index in range(1001)], rel=1e-12, abs=0.0)
    assert values == pytest.approx([schedule(progress_at(index, 1000)) for index in range(1001)], rel=1e-9, abs=0.0)
    rows = playground.table()
    assert [row[1] for row in rows] == [progress_at(index, 10) for index in range(11)]
    assert [row[2] for row in rows] == pytest.approx([schedule(row[1]) for row in rows], rel=1e-9, abs=0.0)


@pytest.mark.parametrize("name", IN_A_BROWSER)
def test_a_type_that_is_picked_draws_its_curve(playground: Playground, name: str) -> None:
    playground.write("{type: cosine, initial_value: 3e-4, final_value: 1e-5, warmup_steps: 500}", 10_000).pick(name)
    cfg = yaml.safe_load(playground.yaml)
    assert cfg["type"] == name
    assert_curve(playground, cfg, cfg.get("total_steps", 10_000))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_config_of_the_gallery_draws_its_curve(playground: Playground, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    own_length = "total_steps" in text
    playground.write(text, "" if own_length else 1_000_000)
    assert_curve(playground, yaml.safe_load(text), None if own_length else 1_000_000)


def test_a_number_a_short_string_and_a_list_are_configs_too(playground: Playground) -> None:
    for text in ("3e-4", "cosine_3e-4", "[{type: linear, steps: 100}, {type: cosine, steps: 300}]"):
        assert_curve(playground.write(text, 400), yaml.safe_load(text), 400)


def test_the_axis_counts_timesteps_where_the_run_has_a_length_and_percent_elsewhere(playground: Playground) -> None:
    playground.write("lin_3e-4", 250_000)
    labels = playground.page.locator(".pg-picture text").all_text_contents()
    assert {"timesteps", "200,000"} <= set(labels)
    assert [row[0] for row in playground.table()] == [25_000.0 * index for index in range(11)]
    playground.write("lin_3e-4")
    labels = playground.page.locator(".pg-picture text").all_text_contents()
    assert {"percent of the run", "100"} <= set(labels)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("type: linear\nfinal_valu: 1e-5", "did you mean 'final_value'?"),
        ("type: cosin", "did you mean 'cosine'?"),
        ("type: CosineAnnealingLR\nT_max: 100", "did you mean 'cosine'?"),
        ("type: cosine\ninitial_value: -1\nwarmup_fraction: 2", "must be a finite number"),
        ("type: linear\nwarmup_steps: 10", "needs total_steps"),
        ("parts: [{type: linear, fraction: 0.5}, {type: cosine, fraction: 0.6}]\ntype: sequential", "sum to 1"),
        ("[]", "must have at least one schedule"),
    ],
)
def test_a_mistake_is_told_in_the_words_of_the_package(playground: Playground, text: str, hint: str) -> None:
    with pytest.raises(ScheduleConfigError) as error:
        BaseLRSchedule.create(parse_yaml(text).data)
    playground.write(text)
    told = [problem.partition(": ")[2] for problem in playground.problems()]
    assert sorted(told) == sorted(str(problem) for problem in error.value.problems)
    assert any(hint in problem for problem in told)


def test_a_mistake_names_its_line_and_is_gone_once_it_is_mended(playground: Playground) -> None:
    playground.write("type: linear\nfinal_value: 1e-5\nwarmup_fractoin: 0.1")
    (problem,) = playground.problems()
    assert problem.startswith("Line 3: warmup_fractoin: unknown key; did you mean 'warmup_fraction'?")
    playground.write("type: linear\nfinal_value: 1e-5\nwarmup_fraction: 0.1")
    assert playground.problems() == []
    playground.write("type: [linear")
    assert [problem.partition(":")[0] for problem in playground.problems()] == ["Line 1"]
    assert playground.page.locator("[data-key=initial_value]").is_disabled()


def test_a_run_that_is_not_a_number_of_timesteps_is_a_mistake_of_that_field(playground: Playground) -> None:
    for timesteps, per_update, name in (("many", "", "run length"), ("1000", "0", "timesteps per update")):
        (problem,) = playground.write("3e-4", timesteps, per_update).problems()
        assert problem.startswith(f"{name}: must be ")


def test_a_type_that_needs_torch_says_so(playground: Playground) -> None:
    text = (GALLERY / "torch.yml").read_text(encoding="utf-8")
    (problem,) = playground.write(text).problems()
    assert problem.startswith("needs torch, which is not installed")
    assert "A browser cannot run it" in problem


@pytest.mark.parametrize(
    ("cfg", "total", "per_update"),
    [
        ({"type": "cosine_warmup", "initial_value": 3e-4, "warmup_steps": 500}, 10_000, 2048),
        ({"type": "linear", "initial_value": 3e-4}, 100_000, 2048),
        ({"type": "linear", "initial_value": 3e-4, "final_value": 1e-5}, 10_000, 2048),
        ({"type": "linear", "initial_value": 3e-4, "final_value": 1e-5}, 100_000, 2048),
        ({"type": "step", "initial_value": 3e-4, "period_fraction": 0.5}, 200_000, 8),
    ],
)
def test_the_warnings_are_those_of_preview(playground: Playground, cfg: Any, total: int, per_update: int) -> None:
    playground.write(json.dumps(cfg), total, per_update)
    expected = preview(cfg, "PPO", total_timesteps=total, n_steps=per_update).warnings
    assert playground.warnings() == list(expected)


def test_a_field_that_is_written_a_choice_and_a_slider_change_the_yaml(playground: Playground) -> None:
    page = playground.write("type: polynomial\ninitial_value: 3e-4\n").page
    page.fill("[data-key=power]", "3")
    playground.wait()
    assert yaml.safe_load(playground.yaml) == {"type": "polynomial", "initial_value": 3e-4, "power": 3}
    page.fill("[data-key=initial_value]", "")
    playground.wait()
    page.click(".pg-keys summary")
    page.select_option("[data-key=warmup_shape]", "cosine")
    playground.wait()
    page.get_by_label("warmup_fraction, as a slider").fill("250")
    playground.wait()
    cfg = yaml.safe_load(playground.yaml)
    assert cfg == {"type": "polynomial", "power": 3, "warmup_shape": "cosine", "warmup_fraction": 0.25}
    assert_curve(playground, cfg)
    page.fill("[data-key=power]", "-1")
    playground.wait()
    assert "power: must be a finite number >= 0" in playground.problems()[0]


def test_a_fraction_can_be_given_in_steps_instead(playground: Playground) -> None:
    page = playground.write("type: cosine_warmup\nwarmup_fraction: 0.5\n", 2000).page
    page.locator(".pg-own .pg-key").filter(has_text="warmup_fraction").select_option("warmup_steps")
    playground.wait()
    page.fill("[data-key=warmup_steps]", "500")
    playground.wait()
    cfg = yaml.safe_load(playground.yaml)
    assert cfg == {"type": "cosine_warmup", "warmup_steps": 500}
    assert_curve(playground, cfg, 2000)


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("type: cosine\nwarmup_steps: 100  # a comment\n", 5000),
        ("cosine_3e-4", None),
        ((GALLERY / "sequential-nested.yml").read_text(encoding="utf-8"), None),
    ],
)
def test_the_copied_yaml_and_python_make_the_schedule_that_is_shown(
    playground: Playground, text: str, total: int | None
) -> None:
    playground.write(text, total or "")
    assert playground.copied("yaml") == text
    names: dict[str, Any] = {}
    exec(playground.copied("python"), names)
    assert names["schedule"] == BaseLRSchedule.create(yaml.safe_load(text), total)


def test_the_curve_is_read_with_the_arrow_keys_and_with_a_pointer(playground: Playground) -> None:
    page = playground.write("lin_0.001", 1000).page
    page.focus(".pg-picture")
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    assert page.inner_text(".pg-readout") == "timestep 10: 0.00099"
    page.keyboard.press("End")
    assert page.inner_text(".pg-readout") == "timestep 1,000: 0"
    box = page.locator(".pg-picture").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 66 + (box["width"] - 82) / 2, box["y"] + 50)
    assert page.inner_text(".pg-readout").startswith("timestep 500: 0.0005")


def test_the_whole_page_is_used_with_the_keyboard_alone(playground: Playground) -> None:
    page = playground.write("type: cosine\n").page
    page.focus("#pg-type")
    page.keyboard.press("ArrowDown")
    playground.wait()
    assert yaml.safe_load(playground.yaml)["type"] == "cosine_restarts"
    reached = []
    for _ in range(30):
        page.keyboard.press("Tab")
        focused = "document.activeElement.dataset.key ?? document.activeElement.classList[0]"
        reached.append(page.evaluate(focused))
    assert {"initial_value", "final_value", "cycles", "pg-picture"} <= set(reached)
    page.focus(".pg-field [aria-label='initial_value, as a slider']")
    page.keyboard.press("ArrowRight")
    playground.wait()
    assert yaml.safe_load(playground.yaml)["initial_value"] == pytest.approx(0.001, rel=0.02)
    assert yaml.safe_load(playground.yaml)["initial_value"] > 0.001


def test_the_page_asks_its_own_site_for_everything(playground: Playground, address: str) -> None:
    site = address.removesuffix("playground/")
    names = [request.rpartition("/")[2] for request in playground.requests]
    assert {"pyodide.asm.wasm", "packages.zip", "python_stdlib.zip"} <= set(names)
    strangers = [url for url in playground.requests if not url.startswith((site, "data:", f"blob:{site}"))]
    assert strangers == []
    assert playground.errors == []


def test_a_shared_address_shows_the_same_on_a_phone_and_a_slow_config_is_stopped(
    playground: Playground, browser: Browser, address: str
) -> None:
    playground.write("type: tanh\ninitial_value: 2e-4\nwarmup_steps: 100  # a comment & more\n", 3000, 64)
    link, text = playground.copied("link"), playground.yaml
    assert link.startswith(f"{address}#")

    phone = new_page(browser, width=390, color_scheme="dark")
    # A patience that suits a test; the page's own is longer.
    phone.page.route(
        address,
        lambda route: route.fulfill(body=route.fetch().text().replace('data-seconds="10"', 'data-seconds="4"')),
    )
    phone.open(link)
    assert phone.yaml == text
    assert phone.page.input_value("#pg-timesteps") == "3000"
    assert phone.curve() == playground.curve()
    assert phone.warnings() == playground.warnings()
    phone.page.click(".pg-keys summary")
    for config in (text, "type: sequential\nparts: [{type: linear, fraction: 2, k: a_long_word_of_no_use_to_anyone}]"):
        phone.write(config, 3000)
        assert phone.page.evaluate("document.documentElement.scrollWidth") == 390

    started = time.monotonic()
    phone.page.fill("#pg-yaml", SLOW)
    phone.page.wait_for_selector(".pg-problems li:text('This takes longer than 4 seconds, and was stopped')")
    assert time.monotonic() - started > 4
    phone.page.fill("#pg-yaml", text)
    assert_curve(phone.wait(), yaml.safe_load(text), 3000)


def test_a_page_that_cannot_start_says_why(browser: Browser, address: str) -> None:
    without = new_page(browser)
    without.page.add_init_script("delete globalThis.WebAssembly")
    without.page.goto(address)
    without.page.wait_for_selector(".pg-status:text('this browser has no WebAssembly')")
    for name in ("packages.zip", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide.mjs"):
        lacking = new_page(browser)
        lacking.page.route(f"**/{name}", lambda route: route.fulfill(status=404, body=""))
        lacking.page.goto(address)
        lacking.page.wait_for_selector("#pg-page[data-state=failed]")
        assert "The playground could not start: " in lacking.page.inner_text(".pg-status")
        assert name in lacking.page.inner_text(".pg-status")
