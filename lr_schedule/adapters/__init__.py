"""Schedules in libraries beside Stable-Baselines3, one file for each, which is imported by its name alone."""
