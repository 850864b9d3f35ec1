"""YAML in, checked data out: the safe loader, a JSON schema, and one clear line when something is wrong."""

import json
import math
from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import Any, cast

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from quartet import reading
from quartet.errors import QuartetError, unknown

# What the loader lets through from the constructors of numbers and dates when their texts are none.
_IN_CONSTRUCTION = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError)
MAX_DEPTH = 32  # nesting no honest configuration reaches; beyond it the parser itself would overflow


class _PlainLoader(yaml.SafeLoader):
    """The safe loader without aliases (a few lines of them expand to gigabytes), repeated keys or absurd depth."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise self._refusal("aliases (*name) are not allowed")
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self._refusal(f"nested deeper than {MAX_DEPTH} levels")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def _refusal(self, reason: str) -> yaml.composer.ComposerError:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        return yaml.composer.ComposerError(None, None, reason, event.start_mark)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key '{name}' is given twice", key.start_mark)
            seen.add(name)
        return super().construct_mapping(node, deep)


def _finite(loader: _PlainLoader, node: yaml.ScalarNode) -> float:
    value: float = loader.construct_yaml_float(node)
    if not math.isfinite(value):
        raise yaml.constructor.ConstructorError(None, None, "numbers must be finite", node.start_mark)
    return value


_PlainLoader.add_constructor("tag:yaml.org,2002:float", _finite)


def read_yaml(path: str | Path) -> Any:
    """The plain data in a YAML file: no tags, no aliases, no key given twice."""
    text = reading.text(Path(path))
    try:
        return yaml.load(text, Loader=_PlainLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        raise QuartetError(f"not valid YAML: {error.problem}", where=place) from error
    except yaml.YAMLError as error:
        raise QuartetError("not valid YAML: it holds characters YAML forbids", where=str(path)) from error
    except _IN_CONSTRUCTION as error:
        what = "not valid YAML: a value is none of its kind, like the date 2001-13-99"
        raise QuartetError(what, where=str(path)) from error


def load_yaml(path: str | Path, schema: str, root: str | Path = ".") -> Any:
    """The data in a YAML file, after checking it against `<root>/workflow/schemas/<schema>.schema.json`."""
    data = read_yaml(path)
    validate(data, schema, root=root, where=str(path))
    return data


def validate(data: Any, schema: str, *, root: str | Path = ".", where: str) -> None:
    """Raise one QuartetError, with `where` and the path inside it, unless `data` satisfies the schema."""
    error = best_match(Draft202012Validator(read_schema(schema, root)).iter_errors(data))
    if error is not None:
        raise _one_line(error, where)


def read_schema(schema: str, root: str | Path = ".") -> dict[str, Any]:
    """The JSON schema of that name."""
    path = Path(root) / "workflow" / "schemas" / f"{schema}.schema.json"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise QuartetError(
            f"schema '{schema}' not found", where=str(path), mend="run from the repository root or name it"
        ) from error
    read: dict[str, Any] = json.loads(text)
    return read


def _one_line(error: ValidationError, where: str) -> QuartetError:
    """Turn a schema error into what / where / how to mend it, with the nearest right key or value suggested."""
    place = f"{where}: {_dotted(error.absolute_path)}" if error.absolute_path else where
    rule, found, schema = error.validator, error.instance, cast("dict[str, Any]", error.schema)
    demanded: Any = error.validator_value
    if rule == "additionalProperties" and isinstance(found, dict):
        known = schema.get("properties", {})
        extra = next(key for key in found if key not in known)
        return unknown("key", extra, known, where=place)
    if rule == "propertyNames":
        return QuartetError(f"'{found}' is not a name this place accepts", where=place)
    if rule == "required" and isinstance(found, dict):
        absent = next(key for key in demanded if key not in found)
        return QuartetError(f"missing key '{absent}'", where=place, mend=f"add '{absent}: ...'")
    if rule == "enum":
        return unknown("value", found, map(str, demanded), where=place)
    if rule == "type":
        return QuartetError(f"expected {_kinds(demanded)}, found {_shown(found)}", where=place)
    return QuartetError(" ".join(error.message.split())[:200], where=place)


def _dotted(path: Iterable[str | int]) -> str:
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in path]
    return "".join(parts).removeprefix(".")


def _kinds(kinds: str | list[str]) -> str:
    names = {"object": "a mapping", "array": "a list", "null": "nothing"}
    listed = [kinds] if isinstance(kinds, str) else kinds
    return " or ".join(names.get(kind, f"a {kind}" if kind != "integer" else "an integer") for kind in listed)


def _shown(found: Any) -> str:
    if isinstance(found, str):
        try:
            float(found)
        except ValueError:
            return f"the text '{found[:60]}'"
        return f"the text '{found}' (YAML wants 1.0e-3, not 1e-3, and no quotes, for a number)"
    if found is None:
        return "nothing"
    if isinstance(found, dict | list):
        return "a mapping" if isinstance(found, dict) else "a list"
    return repr(found)
