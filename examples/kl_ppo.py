"""Train PPO on CartPole-v1 with the controller in kl_ppo.yml: the KL of each update changes the learning rate."""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import yaml
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.env_util import make_vec_env

from lr_schedule import plot
from lr_schedule.control import KLController, create_controller
from lr_schedule.sb3 import ScheduleCallback


class Updates(BaseCallback):
    """Records the timestep, the learning rate and the KL of each update, as Stable-Baselines3 logs them."""

    def _on_training_start(self) -> None:
        self.rows = []

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        logged = self.logger.name_to_value
        if "train/approx_kl" in logged:  # not before the first update
            self.rows.append((self.num_timesteps, logged["train/learning_rate"], logged["train/approx_kl"]))

    def _on_training_end(self) -> None:
        self._on_rollout_start()


def draw(controller: KLController, rows: list[tuple], total: int, path: Path) -> None:
    """Draw the KL of each update with the band around its target, and the learning rate that follows from it."""
    timesteps, rates, kls = zip(*rows, strict=True)
    figure, (kl, rate) = plt.subplots(2, sharex=True, figsize=(7, 6), layout="constrained")
    kl.plot(timesteps, kls, marker=".")
    kl.axhspan(controller.target_kl / controller.band, controller.target_kl * controller.band, alpha=0.15)
    kl.set(title="KL of each update, and the band around its target", yscale="log", ylabel="train/approx_kl")
    plot(controller, rate, run_timesteps=total, labels=["schedule, and the bounds"])
    rate.plot(timesteps, rates, marker=".", label="used by the updates")
    rate.legend(loc="lower left")
    rate.set(title="Learning rate: schedule times scale, within its bounds", ylabel="learning rate")
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, default=Path(__file__).with_suffix(".yml"), help="YAML file")
    parser.add_argument("--total-timesteps", type=int, help="length of the run (default: from the YAML file)")
    parser.add_argument("--output", type=Path, default=Path("runs"), help="folder for the picture (%(default)s)")
    arguments = parser.parse_args()

    # The file is for the RL Zoo. This is how to use one of its sections without the Zoo.
    settings = yaml.safe_load(arguments.config.read_text(encoding="utf-8"))["CartPole-v1"]
    length = settings.pop("n_timesteps")
    total = arguments.total_timesteps or length
    (callback,) = settings.pop("callback")
    schedules = callback["lr_schedule.sb3.ScheduleCallback"]["schedules"]
    env = make_vec_env("CartPole-v1", n_envs=settings.pop("n_envs"), seed=1)
    model = PPO(env=env, seed=1, device="cpu", **settings)
    updates = Updates()
    model.learn(total, callback=[ScheduleCallback(schedules), updates], progress_bar=True)

    print("  timesteps  learning rate         KL")
    every = max(1, len(updates.rows) // 10)
    for timesteps, rate, kl in updates.rows[::every]:
        print(f"{timesteps:11,}{rate:15.6g}{kl:11.3g}")
    config = {key: value for key, value in schedules["learning_rate"].items() if key != "metric"}
    controller = create_controller(config, total)
    low, high = controller.target_kl / controller.band, controller.target_kl * controller.band
    within = sum(low <= kl <= high for _, _, kl in updates.rows)
    print(f"KL from {low:g} to {high:g} in {within} of {len(updates.rows)} updates")
    arguments.output.mkdir(parents=True, exist_ok=True)
    draw(controller, updates.rows, total, arguments.output / "kl_ppo.png")
    print(f"Wrote {arguments.output / 'kl_ppo.png'}")


if __name__ == "__main__":
    main()
