"""The names of keys in other libraries: users write the name that they know, and it may not resemble ours."""

from __future__ import annotations

from collections.abc import Collection

from lr_schedule.errors import did_you_mean

OTHER_NAMES = {
    "peak_value": "max_lr peak_lr peak max_value",
    "initial_value": "lr learning_rate init_lr initial_lr base_lr start_lr max_lr peak_lr lr_max start start_value "
    "init_value peak peak_value value rate initial_learning_rate",
    "final_value": "end end_value end_lr final_lr min_lr lr_min lr_end stop_lr eta_min min_value end_learning_rate "
    "stop",
    "final_ratio": "stop_lr_ratio min_lr_ratio min_lr_rate final_lr_ratio final_lr_factor",
    "decay_steps": "total_iters num_decay_steps transition_steps decay_iters",
    "decay_fraction": "decay_phase_ratio decay_ratio frac_decay",
    "decay_shape": "decay_type cooldown_type",
    "total_steps": "T_max t_max total_timesteps n_timesteps num_training_steps total_iters max_steps",
    "warmup_steps": "num_warmup_steps warmup_iters warmup_updates warmup_t",
    "warmup_fraction": "pct_start warmup warmup_ratio warmup_proportion",
    "warmup_shape": "warmup_type",
    "first_cycle_steps": "T_0 t_initial first_decay_steps",
    "cycle_multiplier": "T_mult t_mul cycle_mul",
    "cycles": "num_cycles",
    "milestone_steps": "milestones boundaries decay_epochs",
    "period_steps": "step_size decay_t",
    "timescale_steps": "timescale",
    "up_steps": "step_size_up",
    "down_steps": "step_size_down",
    "decay_rate": "gamma",
    "gamma": "decay_rate factor",
    "phases": "three_phase",
    "shape": "anneal_strategy",
    "staircase": "smooth",
}
"""For each key, its names in torch, Keras, optax, transformers, timm, fairseq, Cerebras, DeePMD and RL libraries."""

TYPE_KEYS = ("scheduler", "lr_scheduler_type", "lr_scheduler", "scheduler_type", "schedule_type", "name", "_target_")
"""Names of the key ``type`` in other libraries."""


def meant_key(word: object, known: Collection[str]) -> str:
    """Return ``"; did you mean 'initial_value'?"`` for the known key that `word` is another name for, or resembles."""
    for key, names in OTHER_NAMES.items():
        if key in known and str(word) in names.split():
            return f"; did you mean {key!r}?"
    return "; did you mean 'type'?" if word in TYPE_KEYS else did_you_mean(word, known)
