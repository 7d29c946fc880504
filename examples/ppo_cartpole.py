"""Train PPO on CartPole-v1 with the schedules in ppo_cartpole.yml, and show the values that each update used."""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import yaml
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.utils import safe_mean

from lr_schedule import BaseLRSchedule

COLUMNS = ("timesteps", "learning rate", "clip range", "mean reward")


class Updates(BaseCallback):
    """Records the values of each update, as logged, and the mean reward of the last 100 episodes."""

    def _on_training_start(self) -> None:
        self.rows = []

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        logged = self.logger.name_to_value
        if "train/learning_rate" in logged:  # not before the first update
            reward = safe_mean([episode["r"] for episode in self.model.ep_info_buffer])
            self.rows.append((self.num_timesteps, logged["train/learning_rate"], logged["train/clip_range"], reward))

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
    figure.suptitle("PPO on CartPole-v1: values of each update, and reward")
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, default=Path(__file__).with_suffix(".yml"), help="YAML file")
    parser.add_argument("--total-timesteps", type=int, help="length of the run (default: from the YAML file)")
    parser.add_argument("--output", type=Path, default=Path("runs"), help="folder for the results (%(default)s)")
    arguments = parser.parse_args()
    config = yaml.safe_load(arguments.config.read_text(encoding="utf-8"))
    total = arguments.total_timesteps or config["total_timesteps"]

    settings = config["ppo"]
    for name in ("learning_rate", "clip_range"):
        settings[name] = BaseLRSchedule.create(settings[name], total)
        print(f"{name}: {settings[name].describe()}")

    env = make_vec_env(config["env_id"], n_envs=config["n_envs"], seed=config["seed"])
    model = PPO(env=env, seed=config["seed"], device="cpu", **settings)
    updates = Updates()
    model.learn(total, callback=updates, progress_bar=True)

    print("".join(f"{name:>15}" for name in COLUMNS))
    every = max(1, len(updates.rows) // 10)
    for row in updates.rows[every - 1 :: every]:
        print("".join(f"{value:15,.6g}" for value in row))
    arguments.output.mkdir(parents=True, exist_ok=True)
    draw(updates.rows, arguments.output / "ppo_cartpole.png")
    model.save(arguments.output / "ppo_cartpole.zip")  # the file also contains the schedules
    print(f"Wrote ppo_cartpole.png and ppo_cartpole.zip to {arguments.output}")


if __name__ == "__main__":
    main()
