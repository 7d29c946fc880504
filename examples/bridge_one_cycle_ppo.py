"""Train PPO on CartPole-v1 with schedulers of other libraries: torch's OneCycleLR, and a schedule of optax."""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import optax
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.utils import safe_mean

from lr_schedule import from_steps, from_torch

N_ENVS, N_STEPS = 8, 128


class Updates(BaseCallback):
    """Records the learning rate of each update, and the mean reward of the last 100 episodes."""

    def _on_training_start(self) -> None:
        self.rows = []

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        logged = self.logger.name_to_value
        if "train/learning_rate" in logged:  # not before the first update
            reward = safe_mean([episode["r"] for episode in self.model.ep_info_buffer])
            self.rows.append((self.num_timesteps, logged["train/learning_rate"], reward))

    def _on_training_end(self) -> None:
        self._on_rollout_start()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--total-timesteps", type=int, default=30_000, help="length of each run (%(default)s)")
    parser.add_argument("--output", type=Path, default=Path("runs"), help="folder for the picture (%(default)s)")
    arguments = parser.parse_args()

    # Here, one step of a scheduler is one update of PPO. The number of updates does not have to be whole.
    updates = arguments.total_timesteps / (N_STEPS * N_ENVS)
    warmup_cosine = optax.warmup_cosine_decay_schedule(
        0.0, peak_value=3e-3, warmup_steps=round(updates / 8), decay_steps=round(updates), end_value=1e-5
    )
    schedules = {
        "OneCycleLR of torch": from_torch("OneCycleLR", updates, max_lr=5e-3, pct_start=0.2),
        "warmup_cosine_decay_schedule of optax": from_steps(warmup_cosine, updates),
    }

    figure, (rates, rewards) = plt.subplots(2, sharex=True, figsize=(7, 5), layout="constrained")
    for name, schedule in schedules.items():
        env = make_vec_env("CartPole-v1", n_envs=N_ENVS, seed=1)
        model = PPO(
            "MlpPolicy",
            env,
            learning_rate=schedule,
            n_steps=N_STEPS,
            batch_size=256,
            gamma=0.98,
            gae_lambda=0.8,
            seed=1,
            device="cpu",
        )
        noted = Updates()
        model.learn(arguments.total_timesteps, callback=noted)

        print(f"{name}\n  timesteps  learning rate  mean reward")
        every = max(1, len(noted.rows) // 5)
        for timesteps, rate, reward in noted.rows[every - 1 :: every]:
            print(f"{timesteps:11,}{rate:15.6g}{reward:13.1f}")
        timesteps, used, reward = zip(*noted.rows, strict=True)
        rates.plot(timesteps, used, marker=".", label=name)
        rewards.plot(timesteps, reward, marker=".")

    rates.set(ylabel="learning rate", title="PPO on CartPole-v1")
    rates.legend()
    rewards.set(ylabel="mean reward", xlabel="timesteps")
    arguments.output.mkdir(parents=True, exist_ok=True)
    figure.savefig(arguments.output / "bridge_one_cycle_ppo.png", dpi=120)
    print(f"Wrote {arguments.output / 'bridge_one_cycle_ppo.png'}")


if __name__ == "__main__":
    main()
