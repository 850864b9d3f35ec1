"""Markdown as HTML: our own documents inside the report's pages."""

import re

from markdown_it import MarkdownIt
from markupsafe import Markup

_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")
_LINK = re.compile(r"\[([^\]]+)\]\((?!https?:)[^)]*\)")  # to a file of the repository, which the report leaves behind


def html(markdown: str) -> Markup:
    """A document of ours as HTML; links into the repository become plain words."""
    drawn = _MARKDOWN.render(_LINK.sub(r"\1", markdown))
    return Markup(drawn.replace("<table>", '<div class="wide"><table>').replace("</table>", "</table></div>"))


def inline(markdown: str) -> Markup:
    """One line of Markdown as HTML."""
    return Markup(_MARKDOWN.renderInline(_LINK.sub(r"\1", markdown)))


def sections(markdown: str, mentions: str) -> list[tuple[str, str]]:
    """Heading and text of every part of a document whose second-level heading mentions these words."""
    parts = [part.partition("\n") for part in re.split(r"^## ", markdown, flags=re.MULTILINE)[1:]]
    # An equation begins with blanks, so only the ends of lines are trimmed.
    return [(heading, body.strip("\n") + "\n") for heading, _, body in parts if mentions in heading]


def rows_about(markdown: str, words: str) -> list[list[str]]:
    """The rows of a document's tables in which a name stands as a word of its own, cell by cell."""
    named = re.compile(rf"(?<![\w-]){re.escape(words)}(?![\w+-])")
    rows = [line.strip("|").split("|") for line in markdown.splitlines() if line.startswith("|")]
    told = [[cell.strip() for cell in row] for row in rows if named.search(" ".join(row))]
    return [row for row in told if not set(row[0]) <= {*":- "}]
