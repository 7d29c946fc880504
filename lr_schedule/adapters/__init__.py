"""Schedules in other libraries than Stable-Baselines3; import the module of your library."""
