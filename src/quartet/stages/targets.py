"""What a command's target names, part by part."""

from quartet.errors import QuartetError

RUN = "TASK/DATASET/ALGORITHM/VARIANT"


def split(target: str, form: str) -> list[str]:
    """The names in a target of a form such as TASK/DATASET; another number of them is one line."""
    names, wanted = target.split("/"), form.count("/") + 1
    if len(names) != wanted:
        raise QuartetError(f"'{target}' has {len(names)} parts, needs {wanted}", mend=f"write {form}")
    return names
