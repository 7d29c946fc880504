"""Schedules in Stable-Baselines3: the callback for any hyperparameter, the preview, and saved models."""

from lr_schedule.errors import needs_extra

with needs_extra():
    from lr_schedule.sb3.attached import schedule_hyperparameters
    from lr_schedule.sb3.callback import ScheduleCallback
    from lr_schedule.sb3.clock import remaining_timesteps
    from lr_schedule.sb3.finish import cool_down
    from lr_schedule.sb3.preview import preview
    from lr_schedule.sb3.saves import portable_custom_objects, read_controllers, read_schedules

__all__ = [
    "ScheduleCallback",
    "cool_down",
    "portable_custom_objects",
    "preview",
    "read_controllers",
    "read_schedules",
    "remaining_timesteps",
    "schedule_hyperparameters",
]
