"""Hydra, hydra-zen and LightningCLI build every type from YAML or a command line, and tell mistakes.

They are imported at once: where one is missing, this file fails, and nothing is skipped.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import hydra_zen
import pytest
import pytorch_lightning
import torch
import yaml
from hydra.utils import instantiate
from omegaconf import OmegaConf
from pytorch_lightning.cli import LightningCLI

from lr_schedule import BaseLRSchedule, CosineAnnealingLRSchedule, LinearLRSchedule
from lr_schedule.config.model import fields_of
from tests.config.test_config_tools import target, written
from tests.config.test_constructors import BUILT_IN, FLAT
from tests.environments import ROOT
from tests.libraries.recording import rate_of, recorded
from tests.pages import blocks_of

PAGE = "docs/config-tools.md"

create = BaseLRSchedule.create


def block_of(language: str, word: str) -> str:
    """Return the one block of the page in which a word stands."""
    (text,) = [block.text for block in blocks_of(PAGE) if block.language == language and word in block.text]
    return text


@pytest.mark.parametrize("name", BUILT_IN)
def test_hydra_builds_each_type_by_its_target(name: str) -> None:
    config = yaml.safe_load(yaml.safe_dump({"_target_": target(name), **written(name)}))
    assert instantiate(OmegaConf.create(config)) == create(FLAT[name])
    with pytest.raises(Exception, match="inital_value"):
        instantiate(OmegaConf.create({**config, "inital_value": 0.5}))


@pytest.mark.parametrize("name", BUILT_IN)
def test_hydra_builds_each_type_by_create_with_its_keys_in_steps(name: str) -> None:
    cfg = create(FLAT[name]).to_config()
    steps = {} if "warmup_fraction" not in fields_of(BUILT_IN[name]) or name == "tri_stage" else {"warmup_steps": 10}
    cfg = {key: value for key, value in cfg.items() if not (steps and key == "warmup_fraction")}
    node = {"_target_": "lr_schedule.BaseLRSchedule.create", "cfg": {**cfg, **steps}}
    total = {} if "total_steps" in cfg else {"total_steps": 100}
    made = instantiate(OmegaConf.create({**node, **total}))
    assert made == create({**cfg, **steps}, **total)


def test_hydra_builds_what_the_page_shows() -> None:
    shown = {
        "lr_schedule.BaseLRSchedule.create": CosineAnnealingLRSchedule(3e-4, warmup_fraction=0.01),
        "lr_schedule.LinearLRSchedule": LinearLRSchedule(3e-4, final_value=1e-5),
    }
    for named, schedule in shown.items():
        config = OmegaConf.create(block_of("yaml", f"_target_: {named}"))
        assert instantiate(config).learning_rate == schedule


@pytest.mark.parametrize("name", BUILT_IN)
def test_hydra_zen_builds_each_type_and_refuses_a_typo_at_once(name: str) -> None:
    cls = BUILT_IN[name]
    assert hydra_zen.instantiate(hydra_zen.builds(cls, **written(name))) == create(FLAT[name])
    hydra_zen.builds(cls, populate_full_signature=True)
    with pytest.raises(TypeError, match="inital_value"):
        hydra_zen.builds(cls, inital_value=0.5)


class Model(pytorch_lightning.LightningModule):  # type: ignore[misc]
    """One layer that is to give 0, with a schedule as the page has it."""

    def __init__(self, schedule: BaseLRSchedule) -> None:
        super().__init__()
        self.schedule = schedule
        self.layer = torch.nn.Linear(1, 1)

    def training_step(self, batch: Any) -> Any:
        return self.layer(batch).square().mean()

    def configure_optimizers(self) -> Any:
        page: dict[str, Any] = {}
        exec(block_of("python", "def configure_optimizers"), page)
        return page["configure_optimizers"](self)


def command_line(folder: Path, *arguments: str) -> Any:
    """Return what LightningCLI makes of a command line."""
    trainer = {"accelerator": "cpu", "max_epochs": 2, "default_root_dir": folder}
    quiet = dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False)
    return LightningCLI(Model, args=list(arguments), run=False, trainer_defaults={**trainer, **quiet})


def test_lightning_cli_builds_the_schedule_of_the_command_line_on_the_page_and_refuses_a_typo(tmp_path: Path) -> None:
    text = (ROOT / PAGE).read_text(encoding="utf-8").replace("\n", " ")
    (arguments,) = [part.split() for part in text.split("`") if part.startswith("--model.schedule=")]
    assert command_line(tmp_path, *arguments).model.schedule == LinearLRSchedule(3e-4)
    with pytest.raises(SystemExit):
        command_line(tmp_path, *[argument.replace("initial_value", "inital_value") for argument in arguments])


def test_lightning_trains_with_the_file_of_the_page_and_each_optimizer_step_has_the_rate_of_the_schedule(
    tmp_path: Path,
) -> None:
    file = tmp_path / "schedule.yaml"
    file.write_text(block_of("yaml", "class_path"), encoding="utf-8")
    made = command_line(tmp_path, f"--config={file}")
    schedule = CosineAnnealingLRSchedule(3e-4, warmup_fraction=0.1)
    assert made.model.schedule == schedule
    examples: Any = torch.ones(20, 1)
    with recorded(rate_of) as rates:
        made.trainer.fit(made.model, torch.utils.data.DataLoader(examples, batch_size=2))
    assert rates == [schedule(1 - step / 20) for step in range(20)]
