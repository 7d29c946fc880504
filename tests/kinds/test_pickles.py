"""What a pickle of a schedule holds: saved models are made of it, so that it must be read forever."""

from __future__ import annotations

import pickle
import pickletools
from typing import Any

import cloudpickle
import pytest

from lr_schedule import BaseLRSchedule
from tests.cases import CASES, Case


@pytest.mark.parametrize("pickler", [pickle, cloudpickle], ids=["pickle", "cloudpickle"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_pickle_names_one_function_of_this_package_and_no_class(case: Case, pickler: Any) -> None:
    schedule = BaseLRSchedule.create(case.config)
    pickled = pickler.dumps(schedule)
    texts = [argument for _, argument, _ in pickletools.genops(pickled) if isinstance(argument, str)]
    assert texts[:2] == ["lr_schedule.base", "unpickle"]
    assert [text for text in texts[2:] if "lr_schedule" in text or "LRSchedule" in text] == []
    assert pickler.loads(pickled) == schedule


PICKLED = (
    b"\x80\x05\x95i\x00\x00\x00\x00\x00\x00\x00\x8c\x10lr_schedule.base\x94\x8c\x08unpickle\x94\x93\x94}\x94("
    b"\x8c\x04type\x94\x8c\x06linear\x94\x8c\rinitial_value\x94G?\xe0\x00\x00\x00\x00\x00\x00"
    b"\x8c\x0bfinal_value\x94G\x00\x00\x00\x00\x00\x00\x00\x00u\x85\x94R\x94."
)
"""A linear schedule from 0.5 to 0, as version 0.2 pickles it."""


def test_the_form_of_version_0_2_is_written_and_read() -> None:
    schedule = BaseLRSchedule.create({"type": "linear", "initial_value": 0.5})
    assert pickle.dumps(schedule, protocol=5) == PICKLED
    assert pickle.loads(PICKLED) == schedule
