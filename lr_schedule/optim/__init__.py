"""Schedules for a torch optimizer: in your own loop, or with Lightning, Accelerate, Ignite, skrl or Tianshou."""

from lr_schedule.errors import needs_extra

with needs_extra():
    from lr_schedule.optim.finish import cool_down
    from lr_schedule.optim.optimizers import configure_optimizer
    from lr_schedule.optim.schedule_lr import ScheduleLR, configure_lr_scheduler, set_lr

__all__ = ["ScheduleLR", "configure_lr_scheduler", "configure_optimizer", "cool_down", "set_lr"]
