"""The stage that runs the toys."""

from quartet import config, paths, provenance, toys
from quartet.config import Config, check
from quartet.errors import QuartetError
from quartet.names import TOYS
from quartet.nets.memory import hold_memory
from quartet.toys.result import write_result


def toy(settings: Config, target: str) -> None:
    """Train one method on one toy, all seeds as lanes, and keep its distances from the truth."""
    game, slash, method = target.partition("/")
    if not slash:
        raise QuartetError(f"toy '{target}' names no method", mend=f"try: quartet toy {target}/concat")
    check("toy", game, tuple(TOYS))
    check(f"method of {game}", method, TOYS[game])
    hold_memory()
    sizes, out = config.sized(settings.scale, "toys", game), settings.paths.at(paths.TOY, toy=game, method=method)
    with provenance.record([out], stage="toy", settings=sizes, inputs=[], modules=[toys.module_of(game)]):
        write_result(out, toys.play(game, method, sizes))
