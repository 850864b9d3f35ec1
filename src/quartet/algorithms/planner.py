"""What all planners share: a diffusion model of windows of observations, sampled anew at every step of an episode."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from quartet.algorithms.learner import Learner, Settings
from quartet.algorithms.team_model import Parts, TeamModel
from quartet.algorithms.teams import to_lanes, to_teams
from quartet.data.episodes import Episodes
from quartet.data.normaliser import NORMALISERS, Sight
from quartet.data.windows import Windows, WindowSampler
from quartet.diffusion import consistency, schedule
from quartet.diffusion.guidance import drop, guided
from quartet.diffusion.samplers import SAMPLERS, noise_of, strided
from quartet.errors import QuartetError, unknown
from quartet.nets.ema import Ema
from quartet.nets.lanes import LaneRandom
from quartet.nets.parameters import Terms
from quartet.nets.unet import TemporalUNet
from quartet.tasks.spec import TaskSpec

UNCLIPPED = float("inf")  # none of the papers clips gradients
OUTPUTS = ("noise", "data")
UNCONDITIONAL = ("forced", "random_dropout")
CONDITIONS = ("return and history", "return")
FORBIDDEN = -1e10  # what an illegal action's logit is in training (released codes)


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Hyperparameters of every planner."""

    SAMPLER: ClassVar[str] = "windows"

    width: int  # channels of the noise network at full length
    multipliers: tuple[int, ...]  # channels at each length of time, in widths
    full_skip: bool = False  # whether the noise network has a skip at full length; the released ones have none
    imagined: float = 1.0  # weight in training of rows whose history an agent does not know (MADIFF-D's alone)
    hidden: int  # width of the inverse dynamics
    visited: float  # share of the K levels that sampling visits
    average_start: int  # the update from which the average is more than a copy
    average_every: int  # updates from one step of the average to the next
    average_decay: float  # what the average keeps at a step
    rate: float  # Adam's learning rate
    horizon: int  # frames of a window from the present on
    history: int  # frames before the present
    gamma: float  # discount of the returns
    return_scale: float  # what returns are divided by
    target: float  # the scaled return that acting asks for
    steps: int  # K, levels of diffusion
    schedule: str  # one of diffusion.SCHEDULES
    sampler: str  # one of diffusion.SAMPLERS; with "consistency" the network is trained to jump to the data
    jumps: int  # how often a consistency model is called
    output: str  # what the network's output is read as, one of OUTPUTS
    normaliser: str  # one of data.normaliser.NORMALISERS
    identity: bool  # whether agents are told which of the team they are
    guidance: float  # w
    unconditional: str  # one of UNCONDITIONAL; DoF's released code drops at random
    dropout: float  # probability with which training drops the return
    condition: str  # one of CONDITIONS
    start_deviation: float  # deviation of the noise that a plan starts from
    step_deviation: float  # deviation of the noise that the sampler adds, in units of its own
    noise_factorization: str  # f, one of factorization.FACTORIZATIONS
    data_factorization: str  # h, likewise
    sharing: bool  # one noise network and inverse dynamics for all agents, or one each

    def channels(self, observation: int) -> int:
        """Numbers of a frame that are diffused, given those of an agent's observation."""
        return observation

    def told(self, agents: int) -> int:
        """The first numbers of a frame, which say whose it is and are known of every frame."""
        return agents * self.identity


@dataclass(frozen=True)
class Noise:
    """All random numbers of one update, drawn before anything is computed."""

    levels: Tensor  # (S, B) diffusion levels 1..K, one for the whole team (DoF Algorithm 1)
    epsilon: Tensor  # (S, B, N, T, o)
    keep: Tensor  # (S, B, N) 0 where an agent's return is dropped, else 1
    agents: Tensor  # (S, B) one agent of each team, where only one is to be seen


class Planner(Learner):
    """One lane per seed; the algorithms differ in who sees what: `attention`, `known`, `plan`."""

    attention: ClassVar[bool] = False  # whether the noise network lets agents see each other

    def __init__(self, spec: TaskSpec, config: Config, seeds: tuple[int, ...], device: torch.device) -> None:
        super().__init__(config, device)
        self.config, self.seeds, self.agents, self.discrete = config, len(seeds), spec.agents, spec.choices > 0
        self.frames = config.history + config.horizon
        _check(config, self.frames, self.attention)
        self.model = team_model(spec, config, self.attention)
        self.observation = self.model.net.channels
        self.numbers = config.told(spec.agents)
        self.schedule = schedule(config.schedule, config.steps)
        self.alphas, self.sigmas = (
            torch.tensor(values, device=device) for values in (self.schedule.alphas, self.schedule.sigmas)
        )
        self.ema = Ema(config.average_decay, config.average_start, config.average_every)
        self.add("planner", self.model.init(seeds), config.rate)
        self.add("average", self.networks["planner"].clone())
        self.add("normaliser", torch.zeros(spec.observation, NORMALISERS[config.normaliser].KEPT))
        self.begin(0)

    def sampler(self, episodes: Episodes, weights: NDArray[np.float64]) -> WindowSampler:
        """The sampler that this planner is trained with; fits the normaliser to the dataset."""
        self.fit(episodes.observations.reshape(-1, episodes.spec.observation))
        settings = self.config
        return WindowSampler(
            episodes,
            weights,
            history=settings.history,
            horizon=settings.horizon,
            gamma=settings.gamma,
            scale=settings.return_scale,
            sight=self.sight,
            device=self.device,
        )

    def fit(self, observations: NDArray[np.float32]) -> None:
        """Fit the normaliser to observations (M, o)."""
        self.networks["normaliser"].copy_(NORMALISERS[self.config.normaliser].fit(observations).points)

    @property
    def sight(self) -> Sight:
        """How agents see observations, by the normaliser as fitted or loaded."""
        return Sight(NORMALISERS[self.config.normaliser](self.networks["normaliser"]), self.config.identity)

    def draw(self, rows: int, random: LaneRandom) -> Noise:
        """The random numbers of one update; every agent has its own, what concerns the team is its first agent's."""
        level, keep, agent = (to_teams(random.uniform(rows), self.agents) for _ in range(3))
        return Noise(
            levels=1 + (level[..., 0] * self.config.steps).long().clamp(max=self.config.steps - 1),
            epsilon=to_teams(random.normal(rows, self.frames, self.observation), self.agents),
            keep=drop(keep, self.config.dropout),
            agents=(agent[..., 0] * self.agents).long().clamp(max=self.agents - 1),
        )

    def update(self, batch: Windows, random: LaneRandom) -> dict[str, Tensor]:
        """One step down the losses, one of the average that will act."""
        noise = self.draw(batch.returns.shape[1], random)
        metrics = self.descend("planner", self.losses, batch, noise, norm=UNCLIPPED)
        step = self.optimisers["planner"].steps
        self.ema.update(step, self.networks["average"], self.networks["planner"])
        return metrics

    def losses(self, parameters: Tensor, batch: Windows, noise: Noise) -> Terms:
        """DoF Eq. C.49: both terms of every seed and agent, (S N,)."""
        parts = self.model.unpack(parameters)
        return {
            "diffusion": self.diffusion_loss(parts, batch, noise).flatten(),
            "inverse": self.inverse_loss(parts, batch).flatten(),
        }

    def diffusion_loss(self, parts: Parts, batch: Windows, noise: Noise) -> Tensor:
        """How far what f makes of the networks' outputs is from its aim where nothing is known, (S, N).

        E |eps - f(eps_1(x_1, y_1, k), ..., eps_N(x_N, y_N, k))|^2 where outputs are noise; else they are data, whose
        aim are the data themselves or, of a consistency model, the average's jump from one level below.
        """
        observations = self.encode(batch.observations)
        known = self.known(observations, noise.agents)

        def read(parts: Parts, levels: Tensor) -> Tensor:
            alphas, sigmas = (values[levels][..., None, None, None] for values in (self.alphas, self.sigmas))
            noised = self.put(known, alphas * observations + sigmas * noise.epsilon)
            predicted = self.model.predict(parts, noised, levels, batch.returns, noise.keep)
            mixed = self.model.mix(parts, predicted, known[..., batch.history, :])
            if self.config.output == "noise":
                return mixed
            return consistency.clean(self.from_present(mixed, known, alphas, sigmas), noised, alphas, sigmas)

        aim = noise.epsilon if self.config.output == "noise" else observations
        if self.config.sampler == "consistency":
            with torch.no_grad():
                aim = read(self.model.unpack(self.networks["average"]), noise.levels - 1)
        errors = (read(parts, noise.levels) - aim).square() * ~self.known_places
        return (errors.mean((3, 4)) * self.weights(noise.agents)).mean(1)

    def inverse_loss(self, parts: Parts, batch: Windows) -> Tensor:
        """E |u - D(h(o, o'))|^2 over pairs that are no padding, of discrete u -log D(u | h(o, o')), (S, N)."""
        frames, actions = batch.observations.transpose(2, 3), batch.actions.transpose(2, 3)[:, :, :-1]
        pairs = torch.cat([frames[:, :, :-1], frames[:, :, 1:]], dim=4)
        found = self.model.actions(parts, pairs.flatten(1, 2)).view_as(actions)
        if self.discrete:
            if batch.legal is not None:
                found = found.masked_fill(~batch.legal.transpose(2, 3)[:, :, :-1], FORBIDDEN)
            errors = -(actions * found.log_softmax(4)).sum(4) * batch.real[..., None]
        else:
            errors = (actions - found).square().mean(4) * batch.real[..., None]
        return errors.sum((1, 2)) / batch.real.sum((1, 2)).clamp(min=1)[:, None]

    def encode(self, observations: Tensor) -> Tensor:
        """What is diffused of observations (S, ..., o): here they themselves."""
        return observations

    def decode(self, frames: Tensor) -> Tensor:
        """The inverse of `encode`."""
        return frames

    @property
    def known_frames(self) -> Tensor:
        """Which frames of a window are known, (T,): up to the present, or none where the return alone is (DoF D.7)."""
        frames = torch.arange(self.frames, device=self.device)
        return (frames <= self.config.history) & (self.config.condition == "return and history")

    @property
    def known_places(self) -> Tensor:
        """What of a window is known, (T, o): the known frames and, of every frame, whose it is."""
        numbers = torch.arange(self.observation, device=self.device) < self.numbers
        return self.known_frames[:, None] | numbers

    def known(self, observations: Tensor, agents: Tensor) -> Tensor:  # noqa: ARG002
        """What the known frames of windows (S, B, N, T, o) hold: here every agent's own observations."""
        return observations

    def weights(self, agents: Tensor) -> Tensor:
        """How much the rows of windows count in training, (S, B, N): here all alike."""
        return torch.ones(*agents.shape, self.agents, device=self.device)

    def from_present(self, output: Tensor, known: Tensor, alpha: Tensor, sigma: Tensor) -> Tensor:
        """Outputs that are data, told from the present instead of from zero.

        Read as consistency models' are, c_skip x + c_out F (Song et al. 2023, Eq. 5), the data are the noised frame
        and, by 1 - c_skip, the present, corrected by the network: windows change little from frame to frame.
        """
        present = known[..., self.config.history, None, :] * self.known_frames[self.config.history]
        return output + consistency.out(alpha, sigma) / consistency.DATA_DEVIATION**2 * present

    def put(self, known: Tensor, x: Tensor) -> Tensor:
        """x with what is known in place."""
        return torch.where(self.known_places, known, x)

    def begin(self, episodes: int) -> None:
        """New episodes: nothing has been seen, and the whole return is to go."""
        self.seen = torch.empty(self.seeds, episodes, self.agents, 0, self.observation, device=self.device)
        self.wanted = torch.full((self.seeds, episodes, self.agents), self.config.target, device=self.device)

    def reward(self, rewards: Tensor) -> None:
        """What was paid, rewards (L, E), is no longer to go."""
        paid = to_teams(rewards, self.agents) / self.config.return_scale
        self.wanted = (self.wanted - paid) / self.config.gamma

    @torch.no_grad()
    def act(self, observations: Tensor, random: LaneRandom) -> Tensor:
        """Plan from what has been seen, and do what leads from the plan's present to its next frame.

        Of discrete actions these are the scores, of which the task takes the highest that is legal.
        """
        if self.seen.shape[1] != observations.shape[1]:
            self.begin(observations.shape[1])
        self.look(self.encode(self.sight(to_teams(observations, self.agents))))
        planned = self.plan(random)[..., self.config.history : self.config.history + 2, :]
        now, following = self.decode(planned).unbind(3)
        parts = self.model.unpack(self.networks["average"])
        actions = to_lanes(self.model.actions(parts, torch.cat([now, following], dim=3), acting=True))
        return actions if self.discrete else actions.clamp(-1, 1)

    def look(self, observations: Tensor) -> None:
        """Remember observations (S, E, N, o); before the first of an episode there was always the first."""
        missing = self.config.history + 1 - self.seen.shape[3]
        self.seen = torch.cat([self.seen[..., 1:, :], *[observations[..., None, :]] * max(1, missing)], dim=3)

    def remembered(self) -> Tensor:
        """Windows (S, E, N, T, o) of what has been seen, the present repeated until the end."""
        return torch.cat([self.seen, *[self.seen[..., -1:, :]] * (self.frames - self.seen.shape[3])], dim=3)

    def plan(self, random: LaneRandom) -> Tensor:
        """Every agent's window (S, E, N, T, o): one row of the noise network for each agent of each episode."""
        episodes = self.seen.shape[1]

        def fresh(drawing: Callable[..., Tensor], *shape: int) -> Tensor:
            return to_teams(drawing(episodes, *shape), self.agents)

        return self.sample(fresh, self.remembered(), self.wanted, random)

    def sample(self, fresh: Callable[..., Tensor], known: Tensor, wanted: Tensor, random: LaneRandom) -> Tensor:
        """Windows (S, R, N, T, o) by the reverse process, guided towards the wanted returns (S, R, N).

        `fresh` shapes what `random` draws for the rows: every agent draws for itself.
        """
        settings, parts = self.config, self.model.unpack(self.networks["average"])
        window = (self.frames, self.observation)

        def network(x: Tensor, level: int) -> Tensor:
            unconditional = torch.zeros_like(wanted)
            if settings.unconditional == "random_dropout":
                unconditional = drop(fresh(random.uniform), settings.dropout)
            keep, twice = torch.cat([torch.ones_like(wanted), unconditional], dim=1), torch.cat([wanted, wanted], dim=1)
            levels = torch.full(twice.shape[:2], level, device=self.device)
            predicted = self.model.predict(parts, torch.cat([x, x], dim=1), levels, twice, keep)
            with_return, without = predicted.chunk(2, dim=1)
            output = guided(with_return, without, settings.guidance)
            mixed = self.model.mix(parts, output, known[..., settings.history, :], acting=True)
            if settings.output == "noise":
                return mixed
            mixed = self.from_present(mixed, known, self.alphas[level], self.sigmas[level])
            if settings.sampler == "consistency":
                return mixed
            return noise_of(consistency.data_of(mixed, x, self.schedule, level), x, self.schedule, level)

        calls = settings.jumps if settings.sampler == "consistency" else round(settings.visited * settings.steps)
        return SAMPLERS[settings.sampler](
            network,
            settings.start_deviation * fresh(random.normal, *window),
            self.schedule,
            draw=lambda: settings.step_deviation * fresh(random.normal, *window),
            steps=strided(settings.steps, max(1, calls)),
            clip=NORMALISERS[settings.normaliser].BOUND,
            overwrite=lambda x: self.put(known, x),
        )


def team_model(spec: TaskSpec, config: Config, attention: bool) -> TeamModel:
    """The networks of a planner's team, which sees its observations and, where it is told, its agents' numbers."""
    seen = replace(spec, observation=spec.observation + spec.agents * config.identity)
    net = TemporalUNet(config.channels(seen.observation), config.width, config.multipliers, attention, config.full_skip)
    f, h = config.noise_factorization, config.data_factorization
    frames = config.history + config.horizon
    return TeamModel(seen, net, config.hidden, frames, f, h, sharing=config.sharing)


def _check(config: Config, frames: int, attention: bool) -> None:
    """Refuse settings that no planner can be made with."""
    choices = {"unconditional": UNCONDITIONAL, "condition": CONDITIONS, "output": OUTPUTS, "normaliser": NORMALISERS}
    for name, known in (choices | {"sampler": SAMPLERS}).items():
        if getattr(config, name) not in known:
            raise unknown(name, getattr(config, name), known)
    if config.sampler == "consistency" and config.output != "data":
        raise QuartetError("a consistency model predicts data, not noise", mend="set output to data")
    if frames % 2 ** (len(config.multipliers) - 1):
        raise QuartetError(
            f"a window of {frames} frames cannot be halved {len(config.multipliers) - 1} times",
            mend="change history or horizon",
        )
    if attention and not config.sharing:
        raise QuartetError("agents that see each other share one noise network", mend="set sharing to true")
