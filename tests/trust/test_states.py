"""The state of a training under way: one that is damaged, of another training, or no state at all is one line."""

from pathlib import Path
from typing import Any

import pytest
import torch

from quartet.algorithms.learner import Learner, Settings
from quartet.errors import QuartetError
from quartet.nets.lanes import LaneRandom
from quartet.training import checkpoint, loop


def learner(width: int = 3) -> Learner:
    made = Learner(Settings(), torch.device("cpu"))
    made.add("policy", torch.zeros(2, width), rate=1.0e-3)
    return made


def state(**changed: Any) -> dict[str, Any]:
    whole = {"update": 5, "log": [], "random": LaneRandom([0], 2).state_dict(), "algorithm": learner().state_dict()}
    return whole | changed


def goes_on(path: Path) -> Any:
    return loop.train(learner(), _Nothing(), LaneRandom([0], 2), updates=5, batch=1, resume=path)


class _Nothing:
    def sample(self, random: LaneRandom, batch: int) -> None: ...


def test_a_training_that_was_done_goes_on_from_its_end(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "a.pt", state(log=[[5, "loss", [0.5, 0.5]]]))
    assert goes_on(tmp_path / "a.pt") == [[5, "loss", [0.5, 0.5]]]


@pytest.mark.parametrize(
    "changed",
    [
        {"algorithm": None},
        {"algorithm": {"networks": 3}},
        {"algorithm": learner(width=4).state_dict()},
        {"algorithm": learner().state_dict() | {"optimisers": {"policy": {}}}},
        {"random": []},
        {"random": [torch.zeros(3, dtype=torch.uint8)]},
        {"random": LaneRandom([0, 1], 2).state_dict()},
        {"update": "five"},
        {"log": None},
    ],
)
def test_a_state_that_does_not_fit_is_one_line(tmp_path: Path, changed: dict[str, Any]) -> None:
    checkpoint.save(tmp_path / "a.pt", state(**changed))
    with pytest.raises(QuartetError, match=r"a\.pt: .*; delete it: the training then begins anew") as caught:
        goes_on(tmp_path / "a.pt")
    assert "\n" not in str(caught.value)
