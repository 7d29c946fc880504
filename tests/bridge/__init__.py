"""Schedules of steps as schedules of progress, and back."""
