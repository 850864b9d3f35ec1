"""What a team that learns online remembers: the last so many steps, in whole episodes."""

import torch
from torch import Tensor

from quartet.data.sequences import Rows, Sequences
from quartet.tasks.spec import TaskSpec
from quartet.training.rounds import Round


class Memory:
    """A ring of steps: the newest episodes take the place of the oldest."""

    def __init__(self, spec: TaskSpec, capacity: int, device: str = "cpu") -> None:
        def column(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
            return torch.zeros(capacity, *shape, dtype=dtype, device=device)

        self.capacity, self.written = capacity, 0
        self.first = self.lengths = torch.zeros(0, dtype=torch.int64, device=device)  # of the episodes still there
        self.rows = Rows(
            observations=column(spec.agents, spec.observation),
            actions=column(spec.agents, spec.choices, dtype=torch.uint8),
            rewards=column(),
            terminals=column(dtype=torch.bool),
            legal=column(spec.agents, spec.choices, dtype=torch.bool),
            states=column(spec.state) if spec.state else None,
        )

    def add(self, played: Round) -> None:
        """Note a round; what it overwrites is forgotten, whole episodes at a time."""
        steps = len(played.rewards)
        row = (self.written + torch.arange(steps, device=self.rows.rewards.device)) % self.capacity
        news = {"rewards": played.rewards.mean(1)}
        for name in ("observations", "actions", "terminals", "legal", "states"):
            news[name] = getattr(played, name)
        for name, values in news.items():
            if values is not None:
                getattr(self.rows, name)[row] = values
        self.first = torch.cat([self.first, self.written + played.lengths.cumsum(0) - played.lengths])
        self.lengths = torch.cat([self.lengths, played.lengths])
        self.written += steps
        there = self.first >= self.written - self.capacity
        self.first, self.lengths = self.first[there], self.lengths[there]

    def sample(self, batch: int, steps: int, period: int, generator: torch.Generator) -> Sequences:
        """Sequences for one seed that begin at every `period`-th step of an episode; every step counts alike."""
        ends = self.lengths.cumsum(0)
        drawn = torch.randint(int(ends[-1]), (1, batch), generator=generator, device=ends.device)
        episode = torch.searchsorted(ends, drawn, right=True)
        length = self.lengths[episode]
        start = (drawn - ends[episode] + length) // period * period
        return self.rows.read(self.first[episode], length, start, min(steps, int((length - start).max())))
