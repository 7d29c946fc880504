"""Schedulers of other libraries, which count steps, as schedules of progress."""
