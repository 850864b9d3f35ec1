"""Reading files that anything may have happened to: what is not there, foreign, endless or misshapen is one line."""

import json
import stat
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from quartet.errors import QuartetError

MOST = 1 << 28  # bytes of a text: more than any file of ours, less than any machine's memory
Record = TypeVar("Record")


def text(path: Path) -> str:
    """A file's text. Pipes, devices and giants are refused unread."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > MOST:
            raise QuartetError(f"cannot read: no plain file of at most {MOST >> 20} MiB", where=str(path))
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise QuartetError(f"cannot read: {(error.strerror or 'error').lower()}", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise QuartetError("cannot read: not UTF-8 text", where=str(path)) from error


def data(path: Path, what: str, mend: str = "") -> Any:
    """The data in a JSON file; `what` says what is wrong where it holds none."""
    try:
        return json.loads(text(path))
    except (ValueError, RecursionError) as error:
        raise QuartetError(what, where=str(path), mend=mend) from error


def record(path: Path, kind: type[Record], what: str, mend: str) -> Record:
    """The dataclass that a JSON file holds, once every field is there and of its type."""
    found, hints = data(path, what, mend), get_type_hints(kind)
    needed = {field.name for field in fields(kind) if field.default is field.default_factory is MISSING}  # type: ignore[arg-type]
    if not isinstance(found, dict) or not needed <= found.keys() <= hints.keys():
        raise QuartetError(f"{what}: needs {', '.join(sorted(needed))}", where=str(path), mend=mend)
    for name, value in found.items():
        if not fits(value, hints[name]):
            raise QuartetError(f"{what}: '{name}' is of another type", where=str(path), mend=mend)
    return kind(**{name: tuple(v) if get_origin(hints[name]) is tuple else v for name, v in found.items()})


def fits(value: Any, hint: Any) -> bool:
    """Whether JSON data are of a type: numbers, texts, lists and mappings of them, or named fields with theirs."""
    if isinstance(hint, Mapping):
        return isinstance(value, dict) and all(name in value and fits(value[name], own) for name, own in hint.items())
    kind, inside = get_origin(hint), get_args(hint)
    if kind in (Union, UnionType):
        return any(fits(value, own) for own in inside)
    if kind in (list, tuple):
        return isinstance(value, list) and _all_fit(value, inside[0])
    if kind is dict:
        return isinstance(value, dict) and _all_fit(list(value.values()), inside[1])
    if hint is float:
        return type(value) in (int, float)
    return type(value) is (NoneType if hint is None else hint)


def _all_fit(values: list[Any], hint: Any) -> bool:
    if hint is float:  # most of what there is, and there is much of it
        return all(type(value) in (int, float) for value in values)
    return all(fits(value, hint) for value in values)
