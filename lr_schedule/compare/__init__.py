"""Which schedule is best for a task: runs of several candidates over tasks and seeds, and what they show."""

from lr_schedule.compare.comparing import compare, read_study
from lr_schedule.compare.result import Comparison

__all__ = ["Comparison", "compare", "read_study"]
