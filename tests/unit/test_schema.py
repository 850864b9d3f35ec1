"""Reading YAML: what is refused, and the one line the user then sees."""

import json
from pathlib import Path

import pytest

from quartet.errors import QuartetError
from quartet.schema import load_yaml, read_yaml

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["batch"],
    "properties": {
        "batch": {"type": "integer"},
        "rate": {"type": "number"},
        "scale": {"enum": ["quick", "laptop", "paper"]},
        "seeds": {"type": "array", "items": {"type": "integer"}},
        "sizes": {"type": "object", "additionalProperties": {"type": "integer"}},
    },
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "workflow/schemas").mkdir(parents=True)
    (tmp_path / "workflow/schemas/toy.schema.json").write_text(json.dumps(SCHEMA))
    return tmp_path


def load(root: Path, text: str) -> object:
    path = root / "toy.yaml"
    path.write_text(text)
    return load_yaml(path, "toy", root)


def test_valid_data_come_back_as_plain_data(root: Path) -> None:
    assert load(root, "batch: 3\nseeds: [1, 2]\n") == {"batch": 3, "seeds": [1, 2]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("batch: 3\nseed: [1]", "toy.yaml: unknown key 'seed'; did you mean 'seeds'?"),
        ("rate: 0.1", "toy.yaml: missing key 'batch'; add 'batch: ...'"),
        ("batch: many", "toy.yaml: batch: expected an integer, found the text 'many'"),
        ("batch: true", "toy.yaml: batch: expected an integer, found True"),
        ("batch: 3\nscale: quik", "toy.yaml: scale: unknown value 'quik'; did you mean 'quick'?"),
        ("batch: 3\nseeds: [1, x]", "toy.yaml: seeds[1]: expected an integer, found the text 'x'"),
        ("batch: 3\nsizes: {a: {}}", "toy.yaml: sizes.a: expected an integer, found a mapping"),
        ("batch: 3\nrate: 1e-3", "toy.yaml: rate: expected a number, found the text '1e-3' (YAML wants 1.0e-3"),
        ("", "toy.yaml: expected a mapping, found nothing"),
    ],
)
def test_a_wrong_file_gets_one_line_with_file_place_and_remedy(root: Path, text: str, expected: str) -> None:
    with pytest.raises(QuartetError) as caught:
        load(root, text)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: &x [1]\nb: *x", "toy.yaml:2: not valid YAML: aliases"),
        ("a: 1\na: 2", "toy.yaml:2: not valid YAML: key 'a' is given twice"),
        ("a: !!python/object/apply:os.getcwd []", "could not determine a constructor"),
        ("a: [1", "not valid YAML"),
        ("[" * 5000, "nested deeper than"),
        ("a: \x07", "characters YAML forbids"),
    ],
)
def test_dangerous_or_broken_yaml_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "toy.yaml"
    path.write_text(text)
    with pytest.raises(QuartetError, match=expected):
        read_yaml(path)


def test_an_absent_file_and_an_absent_schema_are_named(root: Path) -> None:
    with pytest.raises(QuartetError, match=r"gone.yaml: cannot read: no such file"):
        load_yaml(root / "gone.yaml", "toy", root)
    (root / "toy.yaml").write_text("batch: 1")
    with pytest.raises(QuartetError, match="schema 'toyy' not found"):
        load_yaml(root / "toy.yaml", "toyy", root)
