"""Which schedule is best for a task: runs of several candidates over tasks and seeds, and what they show."""
