"""Train SAC on Pendulum-v1: one schedule for the optimizers of the actor, the critic and the entropy coefficient."""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
from stable_baselines3 import SAC
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.utils import safe_mean

from lr_schedule import BaseLRSchedule

LEARNING_RATE = {
    "type": "cosine",
    "initial_value": 3e-3,
    "final_value": 3e-4,
    "warmup_steps": 500,  # longer than learning_starts; otherwise, no update uses the warmup
    "end_fraction": 0.9,  # constant over the last tenth of the run
}
COLUMNS = ("timesteps", "learning rate", "alpha", "mean reward")


class Table(BaseCallback):
    """Prints and keeps the values of the latest update, every 500 timesteps."""

    def _on_training_start(self) -> None:
        self.rows = []
        print("".join(f"{name:>15}" for name in COLUMNS))

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        if self.num_timesteps % 500 == 0 and self.num_timesteps > self.model.learning_starts:
            rate = self.model.actor.optimizer.param_groups[0]["lr"]
            alpha = self.model.log_ent_coef.exp().item()
            reward = safe_mean([episode["r"] for episode in self.model.ep_info_buffer])
            self.rows.append((self.num_timesteps, rate, alpha, reward))
            print("".join(f"{value:15,.6g}" for value in self.rows[-1]))

    def _on_training_end(self) -> None:
        self._on_rollout_start()


def draw(rows: list[tuple], path: Path) -> None:
    timesteps, *columns = zip(*rows, strict=True)
    figure, axes = plt.subplots(len(columns), sharex=True, figsize=(7, 6), layout="constrained")
    for axis, name, values in zip(axes, COLUMNS[1:], columns, strict=True):
        axis.plot(timesteps, values, marker=".")
        axis.set_ylabel(name)
        axis.grid(alpha=0.3)
    axes[-1].set_xlabel("timesteps")
    figure.suptitle("SAC on Pendulum-v1")
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--total-timesteps", type=int, default=5_000, help="length of the run (%(default)s)")
    parser.add_argument("--output", type=Path, default=Path("runs"), help="folder for the results (%(default)s)")
    arguments = parser.parse_args()

    model = SAC(
        "MlpPolicy",
        "Pendulum-v1",
        # A key in steps needs the length of the run.
        learning_rate=BaseLRSchedule.create(LEARNING_RATE, total_steps=arguments.total_timesteps),
        learning_starts=200,
        batch_size=128,
        policy_kwargs={"net_arch": [64, 64]},
        stats_window_size=5,  # number of episodes in the mean reward
        seed=1,
        device="cpu",
    )
    table = Table()
    model.learn(arguments.total_timesteps, callback=table)
    arguments.output.mkdir(parents=True, exist_ok=True)
    draw(table.rows, arguments.output / "sac_pendulum.png")
    model.save(arguments.output / "sac_pendulum.zip")
    print(f"Wrote sac_pendulum.png and sac_pendulum.zip to {arguments.output}")


if __name__ == "__main__":
    main()
