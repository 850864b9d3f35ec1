"""Numbers and words as text: how a value is printed, and the templates all artefacts share."""

import json
import math
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

DASH = "–"  # a cell that is not there
_TEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "–": "--", "±": r"$\pm$"}
_TEX |= {"≤": r"$\leq$", "≥": r"$\geq$", "→": r"$\to$", "−": r"$-$", "∞": r"$\infty$"}
_TEX |= {"∪": r"$\cup$", "≠": r"$\neq$", "·": r"$\cdot$", "★": r"$\star$", "×": r"$\times$"} | {
    sign: f"\\{sign}" for sign in "&%$#_{}"
}


def number(value: float | None, digits: int = 1) -> str:
    """A number as the papers print it; a dash where there is none, never a minus zero."""
    if value is None or math.isnan(value):
        return DASH
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def spread(value: float | None, around: float | None, digits: int = 1) -> str:
    """Value ± deviation; the value alone where there is no deviation."""
    if value is None:
        return DASH
    alone = number(value, digits)
    return alone if around is None or math.isnan(around) else f"{alone} ± {number(around, digits)}"


def span(low: float | None, high: float | None, digits: int = 1) -> str:
    """[low, high], or nothing."""
    return "" if low is None or high is None else f"[{number(low, digits)}, {number(high, digits)}]"


def decimals(cell: Mapping[str, Any]) -> int:
    """How many a cell is printed with: shares of episodes won to the per cent, all else to a tenth."""
    return 2 if cell.get("metric") == "wins" else 1


def count(few: int, many: int) -> str:
    """One number, or the range from few to many."""
    return str(few) if few == many else f"{few}–{many}"


def whole(value: float | None) -> str:
    """A whole number with its thousands apart."""
    return DASH if value is None else f"{value:,.0f}".replace(",", " ")


def prefixed(value: float | None) -> str:
    """A count with three figures and a prefix: 1.55 G."""
    if value is None:
        return DASH
    rounded = float(f"{value:.3g}")
    power = min((len(f"{rounded:.0f}") - 1) // 3, 4)
    return f"{rounded / 1000**power:g} {' kMGT'[power]}".strip()


def tex(text: str) -> str:
    """Text safe inside LaTeX."""
    return "".join(_TEX.get(sign) or _greek(sign) or sign for sign in text)


def _greek(sign: str) -> str:
    """A Greek letter as LaTeX names it; nothing for any other sign."""
    kind, _, letter = unicodedata.name(sign, "").rpartition(" LETTER ")
    named = letter.lower().replace("lamda", "lambda")
    names = {"GREEK SMALL": named, "GREEK CAPITAL": named.capitalize()}
    return f"$\\{names[kind]}$" if kind in names and named.isalpha() else ""


def markdown(text: str) -> str:
    """Text safe inside a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " ")


def plain_json(data: Any) -> str:
    """JSON with sorted keys and null for what is not a number: the same data always give the same bytes."""
    return json.dumps(_nulled(data), indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def signed(value: float | None, digits: int = 1) -> str:
    """A difference with its sign, a plus where it is above zero."""
    alone = number(value, digits)
    return f"+{alone}" if value is not None and value > 0 and float(alone) != 0 else alone


def render(template: str, package: str = "quartet.artifacts", **names: Any) -> str:
    """Fill one of a package's templates; LaTeX ones use << >> and <% %> for its braces' sake."""
    return _environment(package, ".html" in template, ".tex" in template).get_template(template).render(**names)


_TEX_MARKS: dict[str, Any] = {
    "block_start_string": "<%",
    "block_end_string": "%>",
    "variable_start_string": "<<",
    "variable_end_string": ">>",
    "comment_start_string": "<#",
    "comment_end_string": "#>",
}


@cache
def _environment(package: str, html: bool, tex_: bool) -> Environment:
    environment = Environment(
        loader=PackageLoader(package),
        autoescape=html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        **(_TEX_MARKS if tex_ else {}),
    )
    environment.filters.update(number=number, signed=signed, whole=whole, prefixed=prefixed, tex=tex, markdown=markdown)
    environment.globals.update(spread=spread, span=span, decimals=decimals, dash=DASH)
    return environment


def _nulled(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {key: _nulled(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_nulled(value) for value in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data
