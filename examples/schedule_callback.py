"""Schedule hyperparameters for which SB3 accepts no schedule: entropy coefficient, gamma and number of epochs."""

import argparse

from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.evaluation import evaluate_policy

from lr_schedule.sb3 import ScheduleCallback, preview

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--total-timesteps", type=int, default=30_000, help="length of the run (%(default)s)")
total = parser.parse_args().total_timesteps

schedules = {
    "ent_coef": {"type": "linear", "initial_value": 0.02, "final_value": 0.0, "end_fraction": 0.5},
    "gamma": {"type": "linear", "initial_value": 0.95, "final_value": 0.99},
    "n_epochs": {"type": "linear", "initial_value": 20, "final_value": 5},
}
print(preview(schedules, PPO, total, n_envs=8, n_steps=128))

env = make_vec_env("CartPole-v1", n_envs=8, seed=1)
model = PPO("MlpPolicy", env, n_steps=128, batch_size=256, learning_rate=1e-3, seed=1, device="cpu")
model.learn(total, callback=ScheduleCallback(schedules))

reward, spread = evaluate_policy(model, env, n_eval_episodes=20)
print(f"Mean reward of 20 episodes: {reward:.0f} +/- {spread:.0f}")
