"""Train PPO on CartPole-v1 with a learning rate that the KL of each update moves, as kl_ppo.yml asks for."""

import argparse
from pathlib import Path

import matplotlib as mpl
import yaml
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.env_util import make_vec_env

from lr_schedule import plot
from lr_schedule.control import create_controller
from lr_schedule.sb3 import ScheduleCallback

mpl.use("Agg")
from matplotlib import pyplot as plt


class Recorder(BaseCallback):
    """Notes, for each update, how far the run was, the scale and the rate that it used, and the KL that it led to."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[dict[str, float]] = []

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        scale = self.model.schedule_controllers["learning_rate"]["scale"]
        progress = max(0.0, 1.0 - self.num_timesteps / self.model._total_timesteps)
        self.rows.append({"timesteps": self.num_timesteps, "progress": progress, "scale": scale})

    def _on_rollout_start(self) -> None:
        if self.rows:  # the update is made
            logged = self.logger.name_to_value
            self.rows[-1] |= {"rate": logged["train/learning_rate"], "kl": logged["train/approx_kl"]}

    def _on_training_end(self) -> None:
        self._on_rollout_start()


def require_equal(config: dict, rows: list[dict[str, float]], total: int) -> None:
    """Stop with an error unless the recorded KLs alone lead to the rates that the updates used."""
    controller = create_controller(config, total)
    for row in rows:
        if row["rate"] != controller(row["progress"]):
            raise SystemExit(f"the rate is {row['rate']!r} at {row['timesteps']}, not {controller(row['progress'])!r}")
        controller.observe(row["kl"], row["progress"])
    print(f"The rates follow from the KLs, bit for bit, in all {len(rows)} updates")


def draw(config: dict, rows: list[dict[str, float]], total: int, path: Path) -> None:
    """Draw the KL, the scale and the rate of each update."""
    controller = create_controller(config, total)
    steps = [row["timesteps"] for row in rows]
    figure, (kl, scale, rate) = plt.subplots(3, sharex=True, figsize=(7, 7), layout="constrained")
    kl.plot(steps, [row["kl"] for row in rows], marker=".")
    kl.axhspan(controller.target_kl / controller.band, controller.target_kl * controller.band, alpha=0.15)
    kl.set(title="KL of each update, and the band around its target", yscale="log", ylabel="train/approx_kl")
    scale.step(steps, [row["scale"] for row in rows], where="post")
    scale.set(title="Scale, one step up or down where the KL was outside", yscale="log", ylabel="scale")
    series = [(row["progress"], row["kl"]) for row in rows]
    plot(controller, rate, total_timesteps=total, replay=series, labels=["schedule"])
    rate.set(title="Learning rate: schedule times scale, within its bounds", ylabel="learning rate")
    figure.savefig(path, dpi=120)
    print(f"Wrote {path}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    script = Path(__file__)
    parser.add_argument("--config", type=Path, default=script.with_suffix(".yml"), help="YAML file (%(default)s)")
    parser.add_argument("--total-timesteps", type=int, help="environment steps (what the YAML file says)")
    parser.add_argument("--picture", type=Path, default=Path("kl_ppo.png"), help="picture to write (%(default)s)")
    arguments = parser.parse_args()

    settings = yaml.safe_load(arguments.config.read_text(encoding="utf-8"))["CartPole-v1"]
    length = settings.pop("n_timesteps")
    total = arguments.total_timesteps or length
    (callback,) = settings.pop("callback")
    keywords = callback["lr_schedule.sb3.ScheduleCallback"]
    env = make_vec_env("CartPole-v1", n_envs=settings.pop("n_envs"), seed=1)
    model = PPO(env=env, seed=1, device="cpu", **settings)
    recorder = Recorder()
    model.learn(total, callback=[ScheduleCallback(**keywords), recorder], progress_bar=True)

    config = {key: value for key, value in keywords["schedules"]["learning_rate"].items() if key != "metric"}
    within = [0.005 <= row["kl"] <= 0.02 for row in recorder.rows]
    print(f"KL within its band in {sum(within)} of {len(within)} updates")
    require_equal(config, recorder.rows, total)
    draw(config, recorder.rows, total, arguments.picture)


if __name__ == "__main__":
    main()
