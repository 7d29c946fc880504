"""Values that a metric moves, within the bounds of a schedule: by KL, by a plateau, towards a goal."""

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
