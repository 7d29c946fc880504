"""Compare schedules: train several candidates on tasks with several seeds, and test which ones are better."""

from lr_schedule.compare.comparing import compare, read_study
from lr_schedule.compare.result import Comparison

__all__ = ["Comparison", "compare", "read_study"]
