"""Controllers: a metric such as the KL divergence scales a schedule, within bounds."""

from lr_schedule.control.controller import Controller
from lr_schedule.control.create import create_controller
from lr_schedule.control.kinds import KLController, PlateauController, TargetController
from lr_schedule.control.schema import json_schema

__all__ = [
    "Controller",
    "KLController",
    "PlateauController",
    "TargetController",
    "create_controller",
    "json_schema",
]
