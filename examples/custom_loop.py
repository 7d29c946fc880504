"""REINFORCE on CartPole-v1 in plain PyTorch: a loop that asks its schedules for the value at each update."""

from collections import deque

import gymnasium
import numpy as np
import torch
from rich.progress import track
from torch import nn

from lr_schedule import BaseLRSchedule
from report import Row, read_job, require_equal, show


def discounted(rewards: np.ndarray, ended: np.ndarray, gamma: float) -> np.ndarray:
    """Return what each step earned up to the end of its episode or rollout; arrays are (steps, environments)."""
    returns = np.zeros_like(rewards)
    following = np.zeros(rewards.shape[1])
    for step in reversed(range(len(rewards))):
        following = rewards[step] + gamma * following * ~ended[step]
        returns[step] = following
    return returns


def main() -> None:
    job = read_job(__file__, __doc__)
    config = job.config
    schedules = {name: BaseLRSchedule.create(cfg, job.total_timesteps) for name, cfg in config["schedules"].items()}

    torch.manual_seed(config["seed"])
    envs = gymnasium.make_vec(config["env_id"], num_envs=config["n_envs"], vectorization_mode="sync")
    envs = gymnasium.wrappers.vector.RecordEpisodeStatistics(envs)
    policy = nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, 2))
    optimizer = torch.optim.Adam(policy.parameters())
    observation, _ = envs.reset(seed=config["seed"])
    rows: list[Row] = []
    latest = deque(maxlen=100)

    steps_per_update = config["rollout_steps"] * config["n_envs"]
    for update in track(range(1, job.total_timesteps // steps_per_update + 1), description="Training"):
        observations, actions, rewards, ended = [], [], [], []
        for _ in range(config["rollout_steps"]):
            with torch.no_grad():
                logits = policy(torch.as_tensor(observation))
            action = torch.distributions.Categorical(logits=logits).sample()
            observations.append(torch.as_tensor(observation))
            actions.append(action)
            observation, reward, terminated, truncated, info = envs.step(action.numpy())
            rewards.append(reward)
            ended.append(terminated | truncated)
            latest.extend(info["episode"]["r"][info["_episode"]] if "episode" in info else [])

        # The schedules: one call each, with the share of the run that is left.
        timesteps = update * steps_per_update
        progress = 1 - timesteps / job.total_timesteps
        learning_rate = schedules["learning_rate"](progress)
        entropy_coefficient = schedules["entropy_coefficient"](progress)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate

        returns = torch.as_tensor(discounted(np.array(rewards), np.array(ended), config["gamma"]), dtype=torch.float32)
        advantages = (returns - returns.mean()) / (returns.std() + 1e-8)
        distribution = torch.distributions.Categorical(logits=policy(torch.stack(observations)))
        gain = (distribution.log_prob(torch.stack(actions)) * advantages).mean()
        loss = -gain - entropy_coefficient * distribution.entropy().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        rows.append(
            {
                "timesteps": timesteps,
                "progress": progress,
                "scheduled LR": learning_rate,
                "optimizer LR": optimizer.param_groups[0]["lr"],
                "entropy coefficient": entropy_coefficient,
                "mean episode reward": float(np.mean(latest)) if latest else float("nan"),
            }
        )

    show("REINFORCE on CartPole-v1", rows, job.output)
    require_equal(rows, "scheduled LR", ["optimizer LR"])

    path = job.output / "checkpoint.pt"
    torch.save({"policy": policy.state_dict(), "schedules": {k: s.to_config() for k, s in schedules.items()}}, path)
    for name, cfg in torch.load(path, weights_only=True)["schedules"].items():
        if BaseLRSchedule.create(cfg) != schedules[name]:
            raise SystemExit(f"{name} came back as {cfg!r}")
        print(f"Loaded {name}: {cfg}, equal to the one saved")


if __name__ == "__main__":
    main()
