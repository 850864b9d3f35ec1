"""Training through torch.compile: its compiler found beforehand, its cache kept between jobs, its damage named."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from quartet.config import Config
from quartet.errors import QuartetError


@contextmanager
def prepared(settings: Config) -> Iterator[None]:
    """Compile into the results folder; what cannot be compiled, or loaded again, is one clear line."""
    from torch._inductor.exc import InductorError  # seconds to import, so only where something is compiled

    where = f"config/scales/{settings.scale['name']}.yaml"
    if not any(shutil.which(name) for name in (os.environ.get("CXX", "g++"), "clang++", "c++")):
        raise QuartetError("torch.compile needs a C++ compiler", where=where, mend="install g++, or set compile: false")
    cache = str((settings.paths.base / ".compiled").resolve())
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = cache
    try:
        yield
    except InductorError as error:  # a run killed while it compiled leaves half-written code that does not load
        mend = f"delete that folder and run again, or set compile: false in {where}"
        raise QuartetError("what was compiled is damaged, or does not compile", where=cache, mend=mend) from error
