"""PPO on CartPole-v1 in one file of plain PyTorch, with schedules for three of its hyperparameters."""

import argparse
from collections import deque
from collections.abc import Iterator

import gymnasium
import numpy as np
import torch
from torch import nn
from torch.distributions import Categorical

from lr_schedule import BaseLRSchedule
from lr_schedule.optim import configure_lr_scheduler, configure_optimizer

SEED, N_ENVS, N_STEPS, N_EPOCHS, MINIBATCH_SIZE = 1, 8, 64, 10, 128
GAMMA, GAE_LAMBDA, VALUE_COEFFICIENT, MAX_GRAD_NORM = 0.98, 0.8, 0.5, 0.5
LEARNING_RATE = [
    {"type": "linear", "initial_value": 1e-4, "final_value": 2e-3, "fraction": 0.05},
    {"type": "cosine", "initial_value": 2e-3, "final_value": 1e-5, "fraction": 0.95},
]
CLIP_COEFFICIENT = {"type": "linear", "initial_value": 0.2, "final_value": 0.05}
ENTROPY_COEFFICIENT = {"type": "linear", "initial_value": 0.01, "final_value": 0.0, "end_fraction": 0.5}


def layer(inputs: int, outputs: int, gain: float) -> nn.Linear:
    linear = nn.Linear(inputs, outputs)
    nn.init.orthogonal_(linear.weight, gain)
    nn.init.zeros_(linear.bias)
    return linear


def network(outputs: int, gain: float) -> nn.Sequential:
    hidden = 2**0.5
    return nn.Sequential(layer(4, 64, hidden), nn.Tanh(), layer(64, 64, hidden), nn.Tanh(), layer(64, outputs, gain))


class Agent(nn.Module):
    """An actor and a critic with separate networks."""

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


def advantages_of(rewards: torch.Tensor, values: torch.Tensor, ended: torch.Tensor, last: torch.Tensor) -> torch.Tensor:
    """Return the generalized advantages (Schulman et al. 2015, arXiv 1506.02438) of tensors (steps, environments)."""
    advantages, following, carried = torch.zeros_like(values), last, torch.zeros_like(last)
    for step in reversed(range(len(rewards))):
        alive = 1.0 - ended[step].float()
        surprise = rewards[step].float() + GAMMA * following * alive - values[step]
        advantages[step] = carried = surprise + GAMMA * GAE_LAMBDA * alive * carried
        following = values[step]
    return advantages


def minibatches(rollout: list[torch.Tensor]) -> Iterator[list[torch.Tensor]]:
    """Yield only full minibatches, because torch.compile compiles a function again for each new shape."""
    for _ in range(N_EPOCHS):
        for chosen in torch.randperm(len(rollout[0])).split(MINIBATCH_SIZE):
            if len(chosen) == MINIBATCH_SIZE:
                yield [item[chosen] for item in rollout]


def loss_of(
    agent: Agent, batch: list[torch.Tensor], clip: torch.Tensor, entropy_coefficient: torch.Tensor
) -> torch.Tensor:
    """Return the clipped surrogate loss (Schulman et al. 2017, arXiv 1707.06347, equation 9)."""
    observation, action, old_log, advantage, target = batch
    log, entropy, value = agent.evaluate(observation, action)
    ratio = (log - old_log).exp()
    advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
    gain = torch.minimum(ratio * advantage, ratio.clamp(1.0 - clip, 1.0 + clip) * advantage).mean()
    value_loss = 0.5 * (value - target).square().mean()
    return -gain - entropy_coefficient * entropy.mean() + VALUE_COEFFICIENT * value_loss


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--total-timesteps", type=int, default=100_000, help="length of the run (%(default)s)")
    parser.add_argument("--compile", action="store_true", help="use torch.compile, which needs a C++ compiler")
    arguments = parser.parse_args()
    torch.manual_seed(SEED)
    envs = gymnasium.make_vec("CartPole-v1", num_envs=N_ENVS, vectorization_mode="sync")
    envs = gymnasium.wrappers.vector.RecordEpisodeStatistics(envs)
    updates = arguments.total_timesteps // (N_STEPS * N_ENVS)

    # The learning rate is a tensor that the scheduler changes in place, so the optimizer step is compiled only once.
    agent = Agent()
    optimizer = configure_optimizer("adam", agent.parameters(), lr=torch.tensor(0.0), eps=1e-5)
    scheduler = configure_lr_scheduler(optimizer, LEARNING_RATE, updates)
    clip = BaseLRSchedule.create(CLIP_COEFFICIENT)
    entropy_coefficient = BaseLRSchedule.create(ENTROPY_COEFFICIENT)
    loss_function = torch.compile(loss_of) if arguments.compile else loss_of
    step_optimizer = torch.compile(optimizer.step) if arguments.compile else optimizer.step

    latest: deque[float] = deque(maxlen=100)
    observation, _ = envs.reset(seed=SEED)
    reset = np.zeros(N_ENVS, dtype=bool)
    print("  timesteps  learning rate  clip coefficient  entropy coefficient  mean reward")
    for update in range(updates):
        progress = 1 - update / updates
        steps = []
        for _ in range(N_STEPS):
            seen = torch.as_tensor(observation)
            with torch.no_grad():
                distribution, value = Categorical(logits=agent.actor(seen)), agent.value(seen)
            action = distribution.sample()
            observation, reward, terminated, truncated, info = envs.step(action.numpy())
            # After the end of an episode, gymnasium's next step only resets the environment. `used` leaves it out.
            step = (seen, action, distribution.log_prob(action), reward, value, terminated | truncated, ~reset)
            steps.append([torch.as_tensor(item) for item in step])
            reset = terminated | truncated
            latest.extend(info["episode"]["r"][info["_episode"]] if "episode" in info else [])

        observations, actions, logs, rewards, values, ended, used = (
            torch.stack(items) for items in zip(*steps, strict=True)
        )
        with torch.no_grad():
            last = agent.value(torch.as_tensor(observation))
        advantages = advantages_of(rewards, values, ended, last)
        rollout = [item[used] for item in (observations, actions, logs, advantages, advantages + values)]

        clip_now, entropy_now = torch.tensor(clip(progress)), torch.tensor(entropy_coefficient(progress))
        for batch in minibatches(rollout):
            loss = loss_function(agent, batch, clip_now, entropy_now)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(agent.parameters(), MAX_GRAD_NORM)
            step_optimizer()
        if (update + 1) % max(1, updates // 10) == 0:
            rate = optimizer.param_groups[0]["lr"].item()
            timesteps = (update + 1) * N_STEPS * N_ENVS
            print(f"{timesteps:11,}{rate:15.6g}{clip_now:18.6g}{entropy_now:21.6g}{np.mean(latest):13.1f}")
        scheduler.step()


if __name__ == "__main__":
    main()
