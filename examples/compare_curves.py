"""Draw five learning rate schedules in one picture, and print their values at six timesteps."""

import argparse
from pathlib import Path

from lr_schedule import BaseLRSchedule, plot

TOTAL = 100_000
CONFIGS = {
    "constant": 3e-4,
    "linear": "lin_3e-4_1e-5",
    "cosine with warmup": {
        "type": "cosine_warmup",
        "initial_value": 3e-4,
        "final_value": 1e-5,
        "warmup_steps": 10_000,
    },
    "plateau, then decay": {
        "type": "warmup_stable_decay",
        "initial_value": 3e-4,
        "final_value": 1e-5,
        "decay_fraction": 0.3,
    },
    "restarts": {"type": "cosine_restarts", "initial_value": 3e-4, "final_value": 1e-5, "cycles": 4},
}

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--output", type=Path, default=Path("runs"), help="folder for the picture (%(default)s)")
output = parser.parse_args().output

schedules = {name: BaseLRSchedule.create(cfg, total_steps=TOTAL) for name, cfg in CONFIGS.items()}

steps = range(0, TOTAL + 1, TOTAL // 5)
print(f"{'timestep':20}" + "".join(f"{step:>10,}" for step in steps) + f"{'mean':>10}")
for name, schedule in schedules.items():
    values = [*(schedule(1 - step / TOTAL) for step in steps), schedule.sample(1001).mean()]
    print(f"{name:20}" + "".join(f"{value:10.2g}" for value in values))

axes = plot(schedules.values(), labels=list(schedules), run_timesteps=TOTAL)
axes.set(title="Five learning rates", ylabel="learning rate")
output.mkdir(parents=True, exist_ok=True)
axes.figure.savefig(output / "compare_curves.png", dpi=120)
print(f"Wrote {output / 'compare_curves.png'}")
