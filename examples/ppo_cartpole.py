"""Train PPO on CartPole-v1 with the learning rate and the clip range that ppo_cartpole.yml asks for."""

from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env

from lr_schedule import BaseLRSchedule
from recorder import Recorder, learning_rate_in
from report import read_job, require_equal, show


def main() -> None:
    job = read_job(__file__, __doc__)
    settings = dict(job.config["ppo"])
    learning_rate = settings["learning_rate"] = BaseLRSchedule.create(settings["learning_rate"], job.total_timesteps)
    clip_range = settings["clip_range"] = BaseLRSchedule.create(settings["clip_range"], job.total_timesteps)

    env = make_vec_env(job.config["env_id"], n_envs=job.config["n_envs"], seed=job.config["seed"])
    model = PPO(env=env, seed=job.config["seed"], device="cpu", **settings)
    recorder = Recorder(
        {
            "scheduled LR": learning_rate,
            "optimizer LR": lambda _: learning_rate_in(model.policy.optimizer),
            "clip range": clip_range,
        }
    )
    model.learn(job.total_timesteps, callback=recorder, progress_bar=True)
    show("PPO on CartPole-v1", recorder.rows, job.output)
    require_equal(recorder.rows, "scheduled LR", ["optimizer LR"])

    model.save(job.output / "model.zip")
    loaded = PPO.load(job.output / "model.zip", device="cpu")
    restored = {"learning_rate": loaded.learning_rate, "clip_range": loaded.clip_range.value_schedule}
    for name, schedule in {"learning_rate": learning_rate, "clip_range": clip_range}.items():
        if restored[name] != schedule:
            raise SystemExit(f"{name} came back as {restored[name]!r}")
        print(f"Loaded {name}: {restored[name]!r}, equal to the one saved")


if __name__ == "__main__":
    main()
