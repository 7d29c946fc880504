"""PPO on CartPole-v1 in one file of plain PyTorch, driven by the schedules in cleanrl_style_ppo.yml."""

from collections import deque
from collections.abc import Iterator
from typing import Any

import gymnasium
import numpy as np
import torch
from rich.progress import track
from torch import nn
from torch.distributions import Categorical

from lr_schedule import BaseLRSchedule
from lr_schedule.optim import configure_lr_scheduler, configure_optimizer
from report import Row, read_job, require_equal, show


def layer(inputs: int, outputs: int, gain: float) -> nn.Linear:
    linear = nn.Linear(inputs, outputs)
    nn.init.orthogonal_(linear.weight, gain)
    nn.init.zeros_(linear.bias)
    return linear


def network(outputs: int, gain: float) -> nn.Sequential:
    hidden = 2**0.5
    return nn.Sequential(layer(4, 64, hidden), nn.Tanh(), layer(64, 64, hidden), nn.Tanh(), layer(64, outputs, gain))


class Agent(nn.Module):
    """An actor and a critic, each a network of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.actor = network(2, gain=0.01)
        self.critic = network(1, gain=1.0)

    def value(self, observation: torch.Tensor) -> torch.Tensor:
        return self.critic(observation).squeeze(-1)

    def evaluate(self, observation: torch.Tensor, action: torch.Tensor) -> tuple[torch.Tensor, ...]:
        logs = self.actor(observation).log_softmax(-1)
        chosen = logs.gather(-1, action[:, None]).squeeze(-1)
        return chosen, -(logs.exp() * logs).sum(-1), self.value(observation)


def experience(
    observations: torch.Tensor,
    actions: torch.Tensor,
    logs: torch.Tensor,
    rewards: torch.Tensor,
    values: torch.Tensor,
    ended: torch.Tensor,
    used: torch.Tensor,
    **target: Any,
) -> list[torch.Tensor]:
    """Return what an update learns from, one row per step; the arguments are (steps, environments)."""
    advantages = advantages_of(rewards.float(), values, ended.float(), **target)
    stored = (observations, actions, logs, advantages, advantages + values)
    return [item.flatten(0, 1)[used.flatten()] for item in stored]


def advantages_of(
    rewards: torch.Tensor, values: torch.Tensor, ended: torch.Tensor, last: torch.Tensor, gamma: float, decay: float
) -> torch.Tensor:
    """Return the generalised advantages (Schulman et al. 2015, arXiv 1506.02438)."""
    advantages, following, carried = torch.zeros_like(rewards), last, torch.zeros_like(last)
    for step in reversed(range(len(rewards))):
        alive = 1.0 - ended[step]
        surprise = rewards[step] + gamma * following * alive - values[step]
        advantages[step] = carried = surprise + gamma * decay * alive * carried
        following = values[step]
    return advantages


def minibatches(rollout: list[torch.Tensor], epochs: int, size: int) -> Iterator[list[torch.Tensor]]:
    """Yield whole minibatches only: a compiled function likes its inputs to have one shape."""
    for _ in range(epochs):
        for chosen in torch.randperm(len(rollout[0])).split(size):
            if len(chosen) == size:
                yield [item[chosen] for item in rollout]


def loss_of(
    agent: Agent, batch: list[torch.Tensor], clip: torch.Tensor, entropy_share: torch.Tensor, value_share: float
) -> torch.Tensor:
    """Return the clipped surrogate loss (Schulman et al. 2017, arXiv 1707.06347, equation 9)."""
    observation, action, old_log, advantage, target = batch
    log, entropy, value = agent.evaluate(observation, action)
    ratio = (log - old_log).exp()
    advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
    gain = torch.minimum(ratio * advantage, ratio.clamp(1.0 - clip, 1.0 + clip) * advantage).mean()
    return -gain - entropy_share * entropy.mean() + value_share * 0.5 * (value - target).square().mean()


def can_compile() -> bool:
    """Tell whether torch.compile works here: it needs a C++ compiler, and a Python that it knows."""
    try:
        torch.compile(lambda x: x + 1)(torch.zeros(1))
    except Exception as error:  # whatever is missing, the run goes on without it
        print(f"Training without torch.compile: {type(error).__name__}")
        return False
    return True


def main() -> None:
    job = read_job(__file__, __doc__)
    config = job.config
    torch.manual_seed(config["seed"])
    envs = gymnasium.make_vec(config["env_id"], num_envs=config["n_envs"], vectorization_mode="sync")
    envs = gymnasium.wrappers.vector.RecordEpisodeStatistics(envs)
    size = config["n_steps"] * config["n_envs"]
    updates = job.total_timesteps // size

    # The schedules. The learning rate is a tensor that is written in place: a compiled step is never compiled again.
    agent = Agent()
    settings = dict(config["optimizer"])
    optimizer = configure_optimizer(settings.pop("type"), agent.parameters(), lr=torch.tensor(0.0), **settings)
    scheduler = configure_lr_scheduler(optimizer, config["learning_rate"], updates)
    learning_rate = BaseLRSchedule.create(config["learning_rate"], updates)
    clip = BaseLRSchedule.create(config["clip_coefficient"], updates)
    entropy_share = BaseLRSchedule.create(config["entropy_coefficient"], updates)

    compiled = config["compile"] and can_compile()
    loss_function = torch.compile(loss_of) if compiled else loss_of
    step_optimizer = torch.compile(optimizer.step) if compiled else optimizer.step

    rows: list[Row] = []
    latest: deque[float] = deque(maxlen=100)
    observation, _ = envs.reset(seed=config["seed"])
    reset = np.zeros(config["n_envs"], dtype=bool)
    for update in track(range(updates), description="Training"):
        progress = 1 - update / updates
        observations, actions, logs, rewards, values, ended, used = [], [], [], [], [], [], []
        for _ in range(config["n_steps"]):
            seen = torch.as_tensor(observation)
            with torch.no_grad():
                distribution, value = Categorical(logits=agent.actor(seen)), agent.value(seen)
            action = distribution.sample()
            observation, reward, terminated, truncated, info = envs.step(action.numpy())
            # After an episode, gymnasium's next step only resets: it is no experience, and is left out.
            for store, item in zip(
                (observations, actions, logs, rewards, values, ended, used),
                (seen, action, distribution.log_prob(action), reward, value, terminated | truncated, ~reset),
                strict=True,
            ):
                store.append(torch.as_tensor(item))
            reset = terminated | truncated
            latest.extend(info["episode"]["r"][info["_episode"]] if "episode" in info else [])

        with torch.no_grad():
            last = agent.value(torch.as_tensor(observation))
        stores = [torch.stack(store) for store in (observations, actions, logs, rewards, values, ended, used)]
        rollout = experience(*stores, last=last, gamma=config["gamma"], decay=config["gae_lambda"])

        clip_now, entropy_now = torch.tensor(clip(progress)), torch.tensor(entropy_share(progress))
        for batch in minibatches(rollout, config["n_epochs"], config["minibatch_size"]):
            loss = loss_function(agent, batch, clip_now, entropy_now, config["value_coefficient"])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(agent.parameters(), config["max_grad_norm"])
            step_optimizer()
        rows.append(
            {
                "timesteps": (update + 1) * size,
                "progress": progress,
                "scheduled LR": torch.tensor(learning_rate(progress)).item(),
                "optimizer LR": optimizer.param_groups[0]["lr"].item(),
                "clip coefficient": clip(progress),
                "entropy coefficient": entropy_share(progress),
                "mean episode reward": float(np.mean(latest)) if latest else float("nan"),
            }
        )
        scheduler.step()

    show("PPO on CartPole-v1, in one file", rows, job.output)
    require_equal(rows, "scheduled LR", ["optimizer LR"])
    torch.save({"agent": agent.state_dict(), "scheduler": scheduler.state_dict()}, job.output / "checkpoint.pt")
    print(f"Mean reward of the last {len(latest)} episodes: {np.mean(latest):.1f}")


if __name__ == "__main__":
    main()
