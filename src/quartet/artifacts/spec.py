"""Artifacts as data: a paper's tables and figures, read from its folder as grids of cells."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from quartet import paths
from quartet.artifacts.kinds import CONFIGURED, COUNTED, EXAMINED, PLAYED, PORTRAYED, UNTRAINED, WATCHED
from quartet.errors import QuartetError, unknown
from quartet.names import BATTLES, MEASURED, run_of
from quartet.schema import load_yaml

Where = Mapping[str, str]  # some of a cell's coordinates


def named(where: Where) -> dict[str, str]:
    """Coordinates in which a quality and what was made of it name a dataset together: poor and eaq are poor-eaq."""
    others = {name: place for name, place in where.items() if name not in ("quality", "made")}
    if len(others) == len(where):
        return others
    return {"dataset": f"{where['quality']}-{where['made']}", **others}


@dataclass(frozen=True, order=True)
class Cell:
    """The atom: what decides one number, and nothing else does."""

    task: str
    dataset: str
    algorithm: str
    variant: str
    setting: str
    metric: str

    @property
    def evaluation(self) -> dict[str, str]:
        """The names of the evaluation this cell is read from; a point of a sweep is evaluated with all of them."""
        names = asdict(replace(self, variant=run_of(self.variant)))
        del names["metric"]
        return names

    @property
    def point(self) -> str | None:
        """The point of a sweep that is read; None where the variant is a plain one."""
        return self.variant if "=" in self.variant else None

    @property
    def measurement(self) -> dict[str, str] | None:
        """The names of the measurement this cell is read from; None where it is read from what was trained."""
        if self.metric not in MEASURED:
            return None
        names = {name: getattr(self, name) for name in ("task", "dataset", "algorithm", "variant")}
        return {**names, "work": MEASURED[self.metric][0]}

    def file(self, results: Path) -> Path:
        """The file it is read from, under the results of one scale: an evaluation, trajectories or a measurement."""
        if self.measurement is not None:
            return results / paths.MEASUREMENT.format(**self.measurement)
        pattern = paths.TRAJECTORIES if self.metric == "strategies" else paths.EVALUATION
        return results / pattern.format(**self.evaluation)


@dataclass(frozen=True)
class Row:
    """One row: `id` is block/row, as in the published values."""

    id: str
    title: str
    block: str
    where: Where

    @property
    def task(self) -> str:
        """The row's task."""
        return self.where["task"]

    @property
    def dataset(self) -> str:
        """The row's dataset."""
        return self.where["dataset"]


@dataclass(frozen=True)
class Column:
    """One column; a reference column is ours alone: the paper prints nothing there and no claim counts it."""

    id: str
    title: str
    where: Where
    reference: bool
    point: str = ""  # the title of a point along a line; its columns share all but this and what it decides


@dataclass(frozen=True)
class Artifact:
    """One table or figure: rows x columns of cells, what the paper printed there, the claims it supports."""

    id: str
    paper: str
    kind: str
    number: str
    caption: str
    where: Where
    rows: tuple[Row, ...]
    columns: tuple[Column, ...]
    published: tuple[Path, ...]
    claims: tuple[str, ...]
    of: tuple[str, ...] = ()  # the tables that a figure draws
    along: str = ""  # what the points along a line are
    level: bool = False  # whether the mean of each panel's dataset stands beside its lines
    normalised: bool = False  # whether averages are of normalised scores
    beside: "Artifact | None" = None  # the table whose printed values stand beside the same cells
    unrun: tuple[tuple[str, str], ...] = ()  # row and column ids of cells that are shown, but not run

    def cell(self, row: Row, column: Column) -> Cell:
        """The cell at a row and column; the more specific of artifact, row and column wins."""
        return Cell(**named({**self.where, **row.where, **column.where}))

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """Every cell of the grid, row by row."""
        if self.kind in UNTRAINED:
            return ()
        pairs = ((row, column) for row in self.rows for column in self.columns)
        return tuple(self.cell(row, column) for row, column in pairs if (row.id, column.id) not in self.unrun)

    @cached_property
    def datasets(self) -> tuple[tuple[str, str], ...]:
        """The (task, dataset) cards it reads: its rows'; for a table, the ends of the score, but of battles."""
        if self.kind in UNTRAINED:
            return ()
        shown = self.kind == "scatter" or self.level or not self.cells
        own = [(row.task, row.dataset) for row in self.rows] if shown else []
        tasks = dict.fromkeys(cell.task for cell in self.cells if cell.measurement is None)
        ends = [(task, end) for task in tasks if task not in BATTLES for end in ("random", "expert")]
        return tuple(dict.fromkeys(own + ends))

    @property
    def watched(self) -> tuple[dict[str, str], ...]:
        """The names of the runs whose trajectories it shows."""
        cells = self.cells if self.kind in WATCHED else ()
        return tuple({name: place for name, place in cell.evaluation.items() if name != "setting"} for cell in cells)

    @property
    def configured(self) -> tuple[str, ...]:
        """The files under config/ whose values it shows: the algorithm's; for the network, its sizes too."""
        algorithm = self.where.get("algorithm") if self.kind in CONFIGURED else None
        sizes = ("scales/paper.yaml",) if self.kind == "network" else ()
        return (f"algorithms/{algorithm}.yaml", *sizes) if algorithm else ()

    @property
    def counted(self) -> tuple[str, ...]:
        """The algorithms whose cost it shows."""
        return tuple(column.where["algorithm"] for column in self.columns) if self.kind in COUNTED else ()

    @property
    def played(self) -> tuple[tuple[str, str], ...]:
        """The toys and methods it shows."""
        rows = self.rows if self.kind in PLAYED else ()
        pairs = ((row.where["toy"], column.where["method"]) for row in rows for column in self.columns)
        return tuple(dict.fromkeys(pairs))

    @property
    def portrayed(self) -> tuple[tuple[str, str], ...]:
        """The datasets whose joint actions it shows."""
        return self._datasets_of(PORTRAYED)

    @property
    def examined(self) -> tuple[tuple[str, str], ...]:
        """The datasets made larger whose examination it shows."""
        return self._datasets_of(EXAMINED)

    def _datasets_of(self, kinds: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        """Task and dataset of every row and column, where it is of one of these kinds."""
        rows = self.rows if self.kind in kinds else ()
        wheres = [named({**self.where, **row.where, **column.where}) for row in rows for column in self.columns]
        return tuple(dict.fromkeys((where["task"], where["dataset"]) for where in wheres))

    def result(self, row: Row, column: Column) -> str:
        """The file, under the results of one scale, of a toy's method, or of a dataset's examination."""
        where = named({**self.where, **row.where, **column.where})
        if self.kind in PLAYED:
            return paths.TOY.format(toy=where["toy"], method=where["method"])
        return paths.EXAMINATION.format(task=where["task"], dataset=where["dataset"])

    @property
    def printed(self) -> tuple[Path, ...]:
        """The files of printed values it shows."""
        return self.published if self.beside is None else self.beside.published

    @property
    def lines(self) -> dict[str, tuple[Column, ...]]:
        """The columns by title: one a title, but for a figure of lines, where they are the points of each."""
        titles = dict.fromkeys(column.title for column in self.columns)
        return {title: tuple(column for column in self.columns if column.title == title) for title in titles}

    @property
    def blocks(self) -> tuple[tuple[str, tuple[Row, ...]], ...]:
        """The rows, by the title of their block."""
        titles = dict.fromkeys(row.block for row in self.rows)
        return tuple((title, tuple(row for row in self.rows if row.block == title)) for title in titles)


@dataclass(frozen=True)
class Paper:
    """A paper's folder: its artifacts, how its names are printed, its own ends of the normalised score."""

    id: str
    title: str
    titles: Mapping[str, str]
    scores: Mapping[str, Mapping[str, float]]
    seeds: int  # seeds behind a printed mean and spread
    artifacts: tuple[Artifact, ...]
    source: str = ""  # where the paper can be found
    absent: Mapping[str, str] = field(default_factory=dict)  # numbered tables and figures without an artifact, and why

    def artifact(self, name: str) -> Artifact:
        """The artifact of that id, or the nearest one suggested."""
        for artifact in self.artifacts:
            if artifact.id == name:
                return artifact
        raise unknown("artifact", name, (artifact.id for artifact in self.artifacts))


def load_artifacts(paper_dir: Path, root: Path = Path(".")) -> tuple[Artifact, ...]:
    """The artifacts that a paper's folder declares."""
    return load_paper(paper_dir, root).artifacts


def load_paper(paper_dir: Path, root: Path = Path(".")) -> Paper:
    """Read and check `<paper_dir>/artifacts.yaml`; schemas are those of the repository at `root`."""
    file = paper_dir / "artifacts.yaml"
    return _paper(file, root, file.read_bytes() if file.is_file() else b"")


@cache
def _paper(file: Path, root: Path, _content: bytes) -> Paper:
    """The same, read once in a process as long as it says the same: every artifact asks for all papers."""
    data = load_yaml(file, "artifacts", root)
    titles = data.get("titles", {})
    declared = data["artifacts"]
    artifacts = [_artifact(name, given, data["paper"], titles, file) for name, given in declared.items()]
    grids = {artifact.id: artifact for artifact in artifacts if not artifact.of}
    drawn = tuple(_drawn(artifact, declared[artifact.id], grids, file) for artifact in artifacts)
    told = {key: data[key] for key in ("source", "absent") if key in data}
    return Paper(data["paper"], data["title"], titles, data.get("scores", {}), data["seeds"], drawn, **told)


def _artifact(name: str, given: dict[str, Any], paper: str, titles: Where, file: Path) -> Artifact:
    place = f"{file}: artifacts.{name}"
    reference = given.get("reference", [])
    entries = _axis(given.get("columns", []), titles, f"{place}.columns")
    for absent in set(reference) - {entry.id for entry in entries}:
        raise unknown("column", absent, (entry.id for entry in entries), where=f"{place}.reference")
    columns = tuple(Column(entry.id, entry.title, entry.where, entry.id in reference) for entry in entries)
    if "points" in given:
        columns = _along(columns, _axis(given["points"], titles, f"{place}.points"))
    where = given.get("cell", {})
    rows = tuple(
        Row(f"{block.id}/{row.id}", row.title, block.title, {**where, **block.where, **row.where})
        for block in _axis(given.get("blocks", []), titles, f"{place}.blocks")
        for row in _axis(given.get("rows", []), titles, f"{place}.rows")
    )
    published = (file.parent / given["published"],) if "published" in given else ()
    claims = tuple(given.get("claims", ()))
    texts = given["kind"], given["number"], given["caption"]
    shown = {key: given[key] for key in ("along", "level", "normalised") if key in given}
    of = tuple(given.get("of", ()))
    unrun = tuple((row, column) for row, names in given.get("unrun", {}).items() for column in names)
    artifact = Artifact(name, paper, *texts, where, rows, columns, published, claims, of, unrun=unrun, **shown)
    _decided(artifact, place)
    return artifact


@dataclass(frozen=True)
class _Entry:
    id: str
    title: str
    where: Where


def _axis(given: dict[str, list[str]] | list[dict[str, Any]], titles: Where, place: str) -> tuple[_Entry, ...]:
    """The entries along an axis: one coordinate's values, or entries spelt out."""
    if isinstance(given, dict):
        ((coordinate, values),) = given.items()
        return tuple(_Entry(value, titles.get(value, value), {coordinate: value}) for value in values)
    ids = [entry["id"] for entry in given]
    for repeated in {name for name in ids if ids.count(name) > 1}:
        raise QuartetError(f"id '{repeated}' is given twice", where=place)
    return tuple(
        _Entry(entry["id"], entry.get("title", titles.get(entry["id"], entry["id"])), entry["cell"]) for entry in given
    )


def _along(columns: tuple[Column, ...], points: tuple[_Entry, ...]) -> tuple[Column, ...]:
    """Every column at every point of its line."""
    return tuple(
        replace(column, id=f"{column.id}@{point.id}", where={**column.where, **point.where}, point=point.title)
        for column in columns
        for point in points
    )


def _decided(artifact: Artifact, place: str) -> None:
    """Every cell of a table, and the task and dataset of every other row, must be decided by now."""
    if artifact.kind in UNTRAINED:
        return
    needed = {entry.name for entry in fields(Cell)} if artifact.columns else {"task", "dataset"}
    for row in artifact.rows:
        for where in [column.where for column in artifact.columns] or [{}]:
            absent = needed - named({**artifact.where, **row.where, **where}).keys()
            if absent:
                raise QuartetError(
                    f"row '{row.id}' leaves {', '.join(sorted(absent))} open", where=place, mend="add it under 'cell'"
                )


def _drawn(artifact: Artifact, given: dict[str, Any], grids: Mapping[str, Artifact], file: Path) -> Artifact:
    """A figure takes the grids and printed values of the tables it draws, or the values of the table beside it."""
    place = f"{file}: artifacts.{artifact.id}"
    for key, names in (("of", artifact.of), ("beside", given.get("beside", "").split())):
        for name in names:
            if name not in grids:
                raise unknown("table", name, grids, where=f"{place}.{key}")
    if "beside" in given:
        artifact = replace(artifact, beside=grids[given["beside"]])
    if not artifact.of:
        return artifact
    tables = [grids[name] for name in artifact.of]
    rows = [row for table in tables for row in table.rows]
    panels = given.get("panels", [row.id.split("/")[0] for row in rows])
    for absent in set(panels) - {row.id.split("/")[0] for row in rows}:
        raise unknown("block", absent, {row.id.split("/")[0] for row in rows}, where=f"{place}.panels")
    return replace(
        artifact,
        where={**tables[0].where, **artifact.where},
        rows=tuple(row for row in rows if row.id.split("/")[0] in panels),
        columns=tables[0].columns,
        published=tuple(path for table in tables for path in table.published),
    )
