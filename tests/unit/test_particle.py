"""The physics, by hand."""

import math

import pytest
import torch

from quartet.tasks.particle import Body, Integration, World, length, rows, total

MOVER = Body("mover", radius=0.1, gain=5.0)
WALL = Body("wall", radius=0.2)
GHOST = Body("ghost", radius=0.2, collides=False)


def world_of(*bodies_and_places: tuple[Body, tuple[float, float]], cap: float = math.inf) -> World:
    bodies = [body for body, _ in bodies_and_places]
    world = World(bodies, dtype=torch.float64)
    places = torch.tensor([place for _, place in bodies_and_places], dtype=torch.float64)
    caps = torch.full((world.movers, 1), cap, dtype=torch.float64)
    world.place(places.t().unsqueeze(-1).contiguous(), caps)
    return world


def push(world: World, *actions: tuple[float, float]) -> None:
    world.step(torch.tensor(actions, dtype=torch.float64).t().unsqueeze(-1))


def test_velocity_is_damped_and_pushed_and_moves_the_body_at_once() -> None:
    world = world_of((MOVER, (0.0, 0.0)))
    push(world, (1.0, -0.5))
    assert world.velocity[:, 0, 0].tolist() == pytest.approx([0.5, -0.25])  # 5 a dt
    assert world.position[:, 0, 0].tolist() == pytest.approx([0.05, -0.025])  # v dt
    push(world, (0.0, 0.0))
    assert world.velocity[:, 0, 0].tolist() == pytest.approx([0.375, -0.1875])  # 3/4 of it is left
    assert world.position[:, 0, 0].tolist() == pytest.approx([0.0875, -0.04375])


def test_the_cap_shortens_the_velocity_and_keeps_its_direction() -> None:
    world = world_of((MOVER, (0.0, 0.0)), cap=0.25)
    push(world, (0.6, 0.8))
    assert world.velocity[:, 0, 0].tolist() == pytest.approx([0.15, 0.2])
    assert world.position[:, 0, 0].tolist() == pytest.approx([0.015, 0.02])


def test_without_a_cap_the_velocity_tends_to_force_over_damping() -> None:
    world = world_of((MOVER, (0.0, 0.0)))
    for _ in range(60):
        push(world, (1.0, 0.0))
    assert world.velocity[0, 0, 0].item() == pytest.approx(5 * 0.1 / 0.25)


def test_overlapping_discs_push_each_other_apart_with_opposite_forces() -> None:
    world = world_of((MOVER, (0.0, 0.0)), (MOVER, (0.15, 0.0)))
    push(world, (0.0, 0.0), (0.0, 0.0))
    force = 100 * 1e-3 * math.log1p(math.exp(0.05 / 1e-3))  # the discs overlap by .05
    assert force == pytest.approx(5.0)
    assert world.velocity[0, :, 0].tolist() == pytest.approx([-force * 0.1, force * 0.1])
    assert world.velocity[1, :, 0].tolist() == [0.0, 0.0]


def test_at_grazing_contact_half_the_softness_remains() -> None:
    world = world_of((MOVER, (0.0, 0.0)), (WALL, (0.0, 0.3)))
    push(world, (0.0, 0.0))
    assert world.velocity[1, 0, 0].item() == pytest.approx(-100 * 1e-3 * math.log(2) * 0.1)


def test_a_deep_overlap_pushes_in_proportion() -> None:
    world = world_of((MOVER, (0.0, 0.0)), (WALL, (0.0, 0.05)))
    push(world, (0.0, 0.0))
    assert world.velocity[1, 0, 0].item() == pytest.approx(-100 * 0.25 * 0.1)


def test_ghosts_and_distant_bodies_do_not_push() -> None:
    world = world_of((MOVER, (0.0, 0.0)), (GHOST, (0.1, 0.0)), (WALL, (0.9, 0.0)))
    push(world, (0.0, 0.0))
    assert world.velocity.abs().max().item() < 1e-12
    assert world.touching(0, 1).item()
    assert not world.touching(0, 2).item()


def test_discs_at_the_very_same_place_stay_finite() -> None:
    world = world_of((MOVER, (0.3, 0.3)), (MOVER, (0.3, 0.3)))
    push(world, (1.0, 0.0), (0.0, 0.0))
    assert torch.isfinite(world.position).all()


def test_bodies_that_move_come_first() -> None:
    with pytest.raises(ValueError, match="come before"):
        World([WALL, MOVER])


def test_offsets_point_from_the_observer() -> None:
    world = world_of((MOVER, (0.0, 0.0)), (MOVER, (0.5, 0.0)), (WALL, (0.0, -1.0)))
    assert rows(world.others())[..., 0].tolist() == [[0.5, 0.0], [-0.5, 0.0]]
    assert rows(world.fixtures())[..., 0].tolist() == [[0.0, -1.0], [-0.5, -1.0]]
    assert world.distance[0, :, 0].tolist() == [0.0, 0.5, 1.0]


def test_length_and_total() -> None:
    vectors = torch.tensor([[3.0, 5.0], [4.0, 12.0]])
    assert length(vectors).tolist() == [5.0, 13.0]
    assert total(vectors, 1).tolist() == [8.0, 16.0]


def test_a_sum_does_not_depend_on_how_many_worlds_there_are() -> None:
    terms = torch.randn(2, 4, 6, 100, generator=torch.Generator().manual_seed(0))
    together = total(terms, 2)
    for i in range(100):
        assert torch.equal(together[..., i : i + 1], total(terms[..., i : i + 1].contiguous(), 2))


def test_the_default_moves_with_the_new_velocity() -> None:
    assert World([MOVER]).integration is Integration.NEW_VELOCITY
