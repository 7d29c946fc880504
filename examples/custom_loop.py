"""Train REINFORCE on CartPole-v1 in plain PyTorch, with schedules for two hyperparameters."""

import argparse
from collections import deque

import gymnasium
import numpy as np
import torch
from torch import nn

from lr_schedule import BaseLRSchedule

SCHEDULES = {
    "learning_rate": {
        "type": "warmup_stable_decay",
        "initial_value": 1e-2,
        "final_value": 1e-4,
        "warmup_fraction": 0.1,
        "decay_fraction": 0.4,
    },
    "entropy_coefficient": [
        {"type": "constant", "initial_value": 0.02, "fraction": 0.3},
        {"type": "linear", "initial_value": 0.02, "final_value": 0.0, "fraction": 0.7},
    ],
}
N_ENVS, N_STEPS, GAMMA, SEED = 16, 64, 0.98, 1


def returns_of(rewards: np.ndarray, ended: np.ndarray) -> torch.Tensor:
    """Return the return of each step until its episode or rollout ends, from arrays (steps, environments)."""
    returns, following = np.zeros_like(rewards), np.zeros(rewards.shape[1])
    for step in reversed(range(len(rewards))):
        following = rewards[step] + GAMMA * following * ~ended[step]
        returns[step] = following
    return torch.as_tensor(returns, dtype=torch.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--total-timesteps", type=int, default=60_000, help="length of the run (%(default)s)")
    total = parser.parse_args().total_timesteps
    schedules = {name: BaseLRSchedule.create(cfg, total_steps=total) for name, cfg in SCHEDULES.items()}

    torch.manual_seed(SEED)
    envs = gymnasium.make_vec("CartPole-v1", num_envs=N_ENVS, vectorization_mode="sync")
    envs = gymnasium.wrappers.vector.RecordEpisodeStatistics(envs)
    policy = nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, 2))
    optimizer = torch.optim.Adam(policy.parameters())
    observation, _ = envs.reset(seed=SEED)
    latest = deque(maxlen=100)

    print("  timesteps  learning rate  entropy coefficient  mean reward")
    updates = total // (N_STEPS * N_ENVS)
    for update in range(1, updates + 1):
        observations, actions, rewards, ended = [], [], [], []
        for _ in range(N_STEPS):
            observations.append(torch.as_tensor(observation))
            with torch.no_grad():
                actions.append(torch.distributions.Categorical(logits=policy(observations[-1])).sample())
            observation, reward, terminated, truncated, info = envs.step(actions[-1].numpy())
            rewards.append(reward)
            ended.append(terminated | truncated)
            latest.extend(info["episode"]["r"][info["_episode"]] if "episode" in info else [])

        # Each schedule is called once per update, with the remaining fraction of the run.
        timesteps = update * N_STEPS * N_ENVS
        values = {name: schedule(1 - timesteps / total) for name, schedule in schedules.items()}
        for group in optimizer.param_groups:
            group["lr"] = values["learning_rate"]

        returns = returns_of(np.array(rewards), np.array(ended))
        advantages = (returns - returns.mean()) / (returns.std() + 1e-8)
        distribution = torch.distributions.Categorical(logits=policy(torch.stack(observations)))
        gain = (distribution.log_prob(torch.stack(actions)) * advantages).mean()
        loss = -gain - values["entropy_coefficient"] * distribution.entropy().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if update % max(1, updates // 10) == 0:
            rate, entropy = values.values()
            print(f"{timesteps:11,}{rate:15.6g}{entropy:21.6g}{np.mean(latest):13.1f}")


if __name__ == "__main__":
    main()
