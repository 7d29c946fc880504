"""Schedules in the hyperparameter files of RL Baselines3 Zoo; ``python -m lr_schedule.zoo train`` runs the Zoo."""

from lr_schedule.zoo.hyperparams import Hyperparams, load_hyperparams

__all__ = ["Hyperparams", "load_hyperparams"]
