"""Train PPO with torch's OneCycleLR and with an optax schedule, and compare each update with stepping by hand."""

from collections.abc import Callable

import optax
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env

from lr_schedule import BaseLRSchedule, from_steps
from recorder import Recorder, learning_rate_in
from report import Job, read_job, require_equal, show


def stepped_by_hand(config: dict, updates: float) -> list[float]:
    """Return what OneCycleLR gives when it is stepped once an update, as in a loop of one's own."""
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))])
    arguments = {key: float(config[key]) for key in ("max_lr", "pct_start")}
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, total_steps=round(updates), **arguments)
    rates = scheduler.get_last_lr()
    for _ in range(round(updates) - 1):
        optimizer.step()
        scheduler.step()
        rates += scheduler.get_last_lr()
    return rates


def train(job: Job, title: str, schedule: BaseLRSchedule, by_hand: Callable[[int], float]) -> None:
    settings = {**job.config["ppo"], "learning_rate": schedule}
    env = make_vec_env(job.config["env_id"], n_envs=job.config["n_envs"], seed=job.config["seed"])
    model = PPO(env=env, seed=job.config["seed"], device="cpu", **settings)
    per_update = job.config["ppo"]["n_steps"] * job.config["n_envs"]
    recorder = Recorder(
        {
            "scheduled LR": schedule,
            "optimizer LR": lambda _: learning_rate_in(model.policy.optimizer),
            "stepped by hand": lambda _: by_hand(model.num_timesteps // per_update),
        }
    )
    model.learn(job.total_timesteps, callback=recorder, progress_bar=True)
    output = job.output / title
    output.mkdir(exist_ok=True)
    show(f"PPO on CartPole-v1 with {title}", recorder.rows, output)
    require_equal(recorder.rows, "scheduled LR", ["optimizer LR", "stepped by hand"])

    model.save(output / "model.zip")
    loaded = PPO.load(output / "model.zip", device="cpu").learning_rate
    if loaded != schedule:
        raise SystemExit(f"{title} came back as {loaded!r}")
    print(f"Loaded {title}: {type(loaded).__name__}, equal to the one saved\n")


def main() -> None:
    job = read_job(__file__, __doc__)
    updates = job.total_timesteps / (job.config["ppo"]["n_steps"] * job.config["n_envs"])

    # 1. A scheduler of torch, named in YAML. The steps of the schedule are updates, and need not be a whole number.
    one_cycle = BaseLRSchedule.create(job.config["learning_rate"], total_steps=updates)
    rates = stepped_by_hand(job.config["learning_rate"], updates)
    train(job, "one_cycle", one_cycle, lambda update: rates[min(update, len(rates) - 1)])

    # 2. Any function of the step, here one of optax.
    cosine = optax.warmup_cosine_decay_schedule(0.0, 3e-3, warmup_steps=5, decay_steps=round(updates), end_value=1e-5)
    train(job, "optax", from_steps(cosine, updates), lambda update: float(cosine(min(update, round(updates)))))


if __name__ == "__main__":
    main()
