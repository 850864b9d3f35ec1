"""The names a cell may use; a new task or dataset quality is named here."""

from quartet.errors import QuartetError

DRONES = ("drones-4", "drones-8", "drones-16", "drones-32", "drones-64")  # DoF D.3.5: this many against as many
BATTLES = (  # SMAC's names of its maps and OG-MARL's of SMACv2's
    *("3m", "8m", "5m_vs_6m", "2s3z", "3s5z_vs_3s6z", "2c_vs_64zg"),
    *("terran_5_vs_5", "zerg_5_vs_5", "terran_10_vs_10"),
)
_PARTICLES = ("tag", "world", "spread", "landmarks", "landmarks-covered", "spread-sparse", "spread-long")
TASKS = (*_PARTICLES, "cheetah", *DRONES, *BATTLES)
# behaviour and datasets of a task from another seed, by how much it is another; and those of several seeds together
RESEEDED = {"cheetah-seed1": 1, "cheetah-seed2": 2}
SEEDS_MIXED = {"cheetah-seeds": ("cheetah", *RESEEDED)}
SOURCES = (*TASKS, *RESEEDED, *SEEDS_MIXED)  # what behaviour and datasets are kept by
_LEARNED = ("bandit-learned", "bandit-learned-srpo")  # toys whose agents are trained by the algorithms themselves
GROUPS = {  # configured together, `by` that name
    **dict.fromkeys(_PARTICLES, "particles"),
    **dict.fromkeys(DRONES, "drones"),
    **dict.fromkeys(BATTLES, "battles"),
    **dict.fromkeys(_LEARNED, "learned"),
    **dict.fromkeys((*RESEEDED, *SEEDS_MIXED), "cheetah"),
}
_SHARED_MODULES = {
    "landmarks-covered": "landmarks",
    "spread-sparse": "spread_variants",
    "spread-long": "spread_variants",
    **dict.fromkeys(DRONES, "drones"),
    **dict.fromkeys(BATTLES, "battle"),
}
NEED_PREY = ("tag", "world")  # tasks whose prey is trained once and then frozen
BATTLE_QUALITIES = ("good", "medium", "poor", "replay")  # OG-MARL: three by their mean return; of SMACv2 the replay
QUALITIES: tuple[str, ...] = (
    "random",
    "random-medium",
    "medium-replay",
    "medium",
    "medium-expert",
    "expert",
    "good",
    "poor",
    "replay",
)
MIXTURES = {"random-medium": ("random", "medium"), "medium-expert": ("medium", "expert")}  # 90 % and 10 %, DOM2 C.3
# EAQ: `medium-few` is 3 % of medium, whole episodes, several times over; every other one is that and more made of it
_BY_MODEL = {"eaq": "default", "eaq-strong": "strong", "eaq-weak": "weak", "eaq-no-q": "no-q", "eaq-no-q-best": "no-q"}
_MADE = ("few-x5", "few-best", "rad-s", "rad-m", *_BY_MODEL)
AUGMENTED = {f"{whole}-few": whole for whole in ("medium", "poor")}
FEW = tuple(AUGMENTED)
AUGMENTED |= {f"{AUGMENTED[few]}-{made}": few for few in FEW for made in _MADE}  # what each is made of
# those that hold generated episodes, and the variant of EAQ's models that generates them
GENERATED = {f"{AUGMENTED[few]}-{made}": variant for few in FEW for made, variant in _BY_MODEL.items()}
QUALITIES += tuple(AUGMENTED)
SETTINGS = ("standard", "shifted", "random", "extreme")
# metrics of what a task counts of every episode: its attribute, which is the evaluation's column
COUNTED = {"wins": "won", "collisions": "collisions"}
MEASURED = {  # metrics of work that a process is timed at: which work, and what of it; of untrained networks
    "seconds": ("decision", "seconds"),
    "memory": ("decision", "memory"),
    "parameters": ("decision", "parameters"),
    "update-seconds": ("update", "seconds"),
}
LATE = 90  # metric `late`: the return averaged over the stops in the last tenth of a training (OMSD Table 2)
METRICS = ("return", "score", "late", "best", "good", "strategies", *COUNTED, *MEASURED)

TRAINED = "trained"  # swept like a hyperparameter: the share of the training, in per cent, that a point has had

_PRINCIPLES = ("truth", "product", "joint", "independent", "madiff-c", "madiff-d", "sequential")  # toys/densities.py
_SUMS = ("additive", "concat", "wconcat", "atten")  # toys/payoff.py: DoF's h
_DECOMPOSITIONS = ("ind", "fac", "jal", "ssd")  # toys/{policies,learned}.py: of scores and critics
_NOISES = ("concat", "wconcat", "normalised-wconcat", "dec-atten", "atten", "qmix")  # DoF's f
TOYS = {  # the methods that can play each toy
    "matrix-game": _PRINCIPLES + _NOISES,
    "bandit": _PRINCIPLES + _NOISES,
    "bandit-policies": _DECOMPOSITIONS,
    "bandit-policies-srpo": _DECOMPOSITIONS,
    **dict.fromkeys(_LEARNED, _DECOMPOSITIONS),
    "players": ("formula", "fac", "ssd"),  # toys/players.py: OMSD's Proposition 3
    "circle": ("truth", "upper", "lower", "unconditional", "both", "composed"),
    "payoff-1": _SUMS,
    "payoff-2": _SUMS,
    "payoff-sum": _SUMS,
}


def task_of(source: str) -> str:
    """The task whose behaviour and datasets are kept by this name."""
    return source if source in TASKS else GROUPS[source]


def parts_of(source: str, quality: str) -> tuple[tuple[str, str], ...]:
    """The datasets that a mixture is made of, each by what it is kept by and its quality; none of another dataset."""
    if source in SEEDS_MIXED:
        return tuple((seed, quality) for seed in SEEDS_MIXED[source])
    return tuple((source, part) for part in MIXTURES.get(quality, ()))


def module_of(task: str) -> str:
    """The module that defines a task."""
    return f"quartet.tasks.{_SHARED_MODULES.get(task, task)}"


def behaviour_of(task: str) -> str:
    """The module that trains a task's behaviour policies."""
    own = {"drones": "drone_behaviour", "battles": "battles"}
    return f"quartet.training.{own.get(GROUPS.get(task, ''), 'behaviour')}"


def collector_of(task: str) -> str:
    """The module that collects a task's datasets."""
    return behaviour_of(task) if task in BATTLES else "quartet.training.collect"


def settings_of(task: str) -> tuple[str, ...]:
    """The settings a task can be played in."""
    if task in (*DRONES, *BATTLES):
        return ("standard",)
    return ("standard", "random", "extreme") if task == "cheetah" else ("standard", "shifted")


def run_of(variant: str) -> str:
    """The run a variant belongs to: all points of a sweep (`eta=0.5`) are trained in one (`eta`)."""
    return variant.partition("=")[0]


def attempts(setting: str) -> tuple[str, int]:
    """A setting and K: `shifted@10` is ten attempts from each start of `shifted`, `shifted` one."""
    name, at, count = setting.partition("@")
    if at and not (count.isdecimal() and int(count)):
        raise QuartetError(f"'{setting}' does not say how many attempts", mend=f"write {name}@10")
    return name, int(count or 1)
