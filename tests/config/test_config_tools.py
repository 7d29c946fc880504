"""Hydra, hydra-zen, jsonargparse and LightningCLI build every type from YAML or a command line, and tell mistakes."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from jsonargparse import ArgumentParser

from lr_schedule import BaseLRSchedule
from lr_schedule.config.model import fields_of
from tests.config.test_constructors import BUILT_IN, FLAT

create = BaseLRSchedule.create


def written(name: str) -> dict[str, Any]:
    """Return the fields of a schedule of a type as its constructor takes them, as plain data."""
    cls, schedule = BUILT_IN[name], create(FLAT[name])
    fields = {key: value for key, value in schedule.to_config().items() if key in fields_of(cls)}
    return fields if cls.free_keys is None else {**fields, cls.free_keys: dict(getattr(schedule, cls.free_keys))}


def target(name: str) -> str:
    return f"lr_schedule.{BUILT_IN[name].__name__}"


def parser() -> ArgumentParser:
    made = ArgumentParser(exit_on_error=False)
    made.add_argument("--schedule", type=BaseLRSchedule)
    return made


@pytest.mark.parametrize("name", BUILT_IN)
def test_jsonargparse_builds_each_type_from_a_command_line(name: str) -> None:
    arguments = [f"--schedule={target(name)}"]
    for key, value in written(name).items():
        arguments.append(f"--schedule.{key}={value if isinstance(value, str) else json.dumps(value)}")
    made = parser()
    assert made.instantiate(made.parse_args(arguments)).schedule == create(FLAT[name])
    with pytest.raises(Exception, match="inital_value"):
        made.parse_args([*arguments, "--schedule.inital_value=0.5"])


@pytest.mark.parametrize("name", BUILT_IN)
def test_hydra_builds_each_type_by_its_target(name: str) -> None:
    hydra, omegaconf = pytest.importorskip("hydra.utils"), pytest.importorskip("omegaconf")
    config = yaml.safe_load(yaml.safe_dump({"_target_": target(name), **written(name)}))
    assert hydra.instantiate(omegaconf.OmegaConf.create(config)) == create(FLAT[name])
    with pytest.raises(Exception, match="inital_value"):
        hydra.instantiate(omegaconf.OmegaConf.create({**config, "inital_value": 0.5}))


@pytest.mark.parametrize("name", BUILT_IN)
def test_hydra_builds_each_type_by_create_with_its_keys_in_steps(name: str) -> None:
    hydra, omegaconf = pytest.importorskip("hydra.utils"), pytest.importorskip("omegaconf")
    cfg = create(FLAT[name]).to_config()
    steps = {} if "warmup_fraction" not in fields_of(BUILT_IN[name]) or name == "tri_stage" else {"warmup_steps": 10}
    cfg = {key: value for key, value in cfg.items() if not (steps and key == "warmup_fraction")}
    node = {"_target_": "lr_schedule.BaseLRSchedule.create", "cfg": {**cfg, **steps}}
    total = {} if "total_steps" in cfg else {"total_steps": 100}
    made = hydra.instantiate(omegaconf.OmegaConf.create({**node, **total}))
    assert made == create({**cfg, **steps}, **total)


@pytest.mark.parametrize("name", BUILT_IN)
def test_hydra_zen_builds_each_type_and_refuses_a_typo_at_once(name: str) -> None:
    zen = pytest.importorskip("hydra_zen")
    cls = BUILT_IN[name]
    assert zen.instantiate(zen.builds(cls, **written(name))) == create(FLAT[name])
    zen.builds(cls, populate_full_signature=True)
    with pytest.raises(TypeError, match="inital_value"):
        zen.builds(cls, inital_value=0.5)


def test_lightning_cli_builds_a_schedule_and_refuses_a_typo(tmp_path: Any) -> None:
    lightning = pytest.importorskip("pytorch_lightning")
    cli = pytest.importorskip("pytorch_lightning.cli")

    class Model(lightning.LightningModule):  # type: ignore[name-defined, misc]
        def __init__(self, schedule: BaseLRSchedule) -> None:
            super().__init__()
            self.schedule = schedule

    def built(*arguments: str) -> Any:
        trainer = {"logger": False, "enable_checkpointing": False, "accelerator": "cpu", "default_root_dir": tmp_path}
        return cli.LightningCLI(Model, args=list(arguments), run=False, trainer_defaults=trainer).model.schedule

    by_hand = built("--model.schedule=lr_schedule.LinearLRSchedule", "--model.schedule.initial_value=3e-4")
    assert by_hand == create("lin_3e-4")
    file = tmp_path / "config.yaml"
    node = {"class_path": "lr_schedule.CosineAnnealingLRSchedule", "init_args": {"warmup_fraction": 0.1}}
    file.write_text(yaml.safe_dump({"model": {"schedule": node}}), encoding="utf-8")
    assert built(f"--config={file}") == create({"type": "cosine", "warmup_fraction": 0.1})
    with pytest.raises(SystemExit):
        built("--model.schedule=lr_schedule.LinearLRSchedule", "--model.schedule.inital_value=3e-4")
