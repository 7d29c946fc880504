"""Train PPO in a run that you can stop at any time: start it again, and the run and its schedules continue."""

import argparse
from pathlib import Path

from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env

from lr_schedule import BaseLRSchedule
from lr_schedule.sb3 import ScheduleCallback, remaining_timesteps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--total-timesteps", type=int, default=40_960, help="length of the whole run (%(default)s)")
    parser.add_argument("--save-every", type=int, default=8_192, help="timesteps between two saves (%(default)s)")
    parser.add_argument("--model", type=Path, default=Path("runs/resume.zip"), help="the saved run (%(default)s)")
    arguments = parser.parse_args()
    total, saved = arguments.total_timesteps, arguments.model

    env = make_vec_env("CartPole-v1", n_envs=8, seed=1)
    if saved.exists():
        model = PPO.load(saved, env=env, device="cpu")
        print(f"Continuing: {remaining_timesteps(model, total)} of {total} timesteps are left")
    else:
        rate = BaseLRSchedule.create({"type": "cosine", "initial_value": 3e-3, "final_value": 1e-4})
        model = PPO("MlpPolicy", env, learning_rate=rate, n_steps=128, batch_size=256, seed=1, device="cpu")

    entropy = {"ent_coef": {"type": "linear", "initial_value": 0.01, "final_value": 0.0}}
    while left := remaining_timesteps(model, total):
        # With `run_timesteps`, these schedules and those of the model follow the whole run, not each call of `learn`.
        callback = ScheduleCallback(entropy, run_timesteps=total)
        model.learn(min(arguments.save_every, left), callback=callback, reset_num_timesteps=False)
        # Write to another file first, so that a stop in the middle of a save does not damage the previous save.
        saved.parent.mkdir(parents=True, exist_ok=True)
        model.save(saved.with_suffix(".new.zip"))
        saved.with_suffix(".new.zip").replace(saved)
        print(f"{model.num_timesteps:8,} timesteps: learning rate {model.policy.optimizer.param_groups[0]['lr']:.3g}")
    print(f"The run is complete. Delete {saved} to start a new one.")


if __name__ == "__main__":
    main()
