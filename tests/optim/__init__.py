"""Schedules in the optimizers of torch."""
