"""The names a cell may use; a new task or dataset quality is named here."""

from quartet.errors import QuartetError

DRONES = ("drones-4", "drones-8", "drones-16", "drones-32", "drones-64")  # DoF D.3.5: this many against as many
TASKS = ("tag", "world", "spread", "cheetah", "landmarks", "landmarks-covered", "spread-sparse", "spread-long", *DRONES)
_SHARED_MODULES = {
    "landmarks-covered": "landmarks",
    "spread-sparse": "spread_variants",
    "spread-long": "spread_variants",
    **dict.fromkeys(DRONES, "drones"),
}
NEED_PREY = ("tag", "world")  # tasks whose prey is trained once and then frozen
SCRIPTED = DRONES  # tasks whose data a fixed player collects: no behaviour is trained
QUALITIES = ("random", "random-medium", "medium-replay", "medium", "medium-expert", "expert")
MIXTURES = {"random-medium": ("random", "medium"), "medium-expert": ("medium", "expert")}  # 90 % and 10 %, DOM2 C.3
SETTINGS = ("standard", "shifted", "random", "extreme")
METRICS = ("return", "score", "best", "good", "strategies")

TRAINED = "trained"  # swept like a hyperparameter: the share of the training, in per cent, that a point has had

_PRINCIPLES = ("truth", "product", "joint", "independent", "madiff-c", "madiff-d", "sequential")  # toys/densities.py
_SUMS = ("additive", "concat", "wconcat", "atten")  # toys/payoff.py: DoF's h
_DECOMPOSITIONS = ("ind", "fac", "jal", "ssd")  # toys/policies.py: of scores and critics
_NOISES = ("concat", "wconcat", "normalised-wconcat", "dec-atten", "atten", "qmix")  # DoF's f
TOYS = {  # the methods that can play each toy
    "matrix-game": _PRINCIPLES + _NOISES,
    "bandit": _PRINCIPLES + _NOISES,
    "bandit-policies": _DECOMPOSITIONS,
    "bandit-policies-srpo": _DECOMPOSITIONS,
    "circle": ("truth", "upper", "lower", "unconditional", "both", "composed"),
    "payoff-1": _SUMS,
    "payoff-2": _SUMS,
    "payoff-sum": _SUMS,
}


def module_of(task: str) -> str:
    """The module that defines a task."""
    return f"quartet.tasks.{_SHARED_MODULES.get(task, task)}"


def settings_of(task: str) -> tuple[str, ...]:
    """The settings a task can be played in."""
    if task in DRONES:
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
