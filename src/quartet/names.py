"""The names a cell may use; a new task or dataset quality is named here."""

TASKS = ("tag", "world", "spread")
NEED_PREY = ("tag", "world")  # tasks whose prey is trained once and then frozen
QUALITIES = ("random", "random-medium", "medium-replay", "medium", "medium-expert", "expert")
MIXTURES = {"random-medium": ("random", "medium"), "medium-expert": ("medium", "expert")}  # 90 % and 10 %, DOM2 C.3
SETTINGS = ("standard", "shifted")
