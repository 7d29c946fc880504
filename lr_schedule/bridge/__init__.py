"""Steps to progress: schedulers of other libraries as schedules."""
