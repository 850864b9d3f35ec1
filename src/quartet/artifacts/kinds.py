"""The kinds of artifacts, and the module of this package that renders each.

A table's module has `view(order)`, plain data for the template of its kind, and `LONG`, the columns of its CSV;
a figure's has `draw(order)`. A new kind is a line here, a module, and its name in the schema.
"""

TABLES = {
    "table": "cells",
    "datasets": "cards",
    "settings": "settings",
    "costs": "costs",
    "printed": "printed",
    "toys": "toys",
    "examined": "examined",
    "measured": "measured",
    "ranking": "ranking",
}
FIGURES = {
    "chart": "chart",
    "portrait": "portrait",
    "curves": "curves",
    "bars": "bars",
    "lines": "lines",
    "network": "network",
    "diffusion": "process",
    "algorithm": "overview",
    "growth": "growth",
    "scatter": "scatter",
    "frames": "frames",
    "trajectories": "trajectories",
    "clouds": "clouds",
    "paths": "paths",
    "densities": "densities",
    "latency": "latency",
    "dots": "dots",
    "shares": "shares",
    "maps": "maps",
}
# Their rows are not cells: nothing is trained for them.
UNTRAINED = (
    *("settings", "costs", "growth", "frames", "printed", "toys", "examined"),
    *("clouds", "paths", "densities", "shares", "maps"),
)
CONFIGURED = ("settings", "network", "diffusion", "algorithm")  # they show what config/ says
WATCHED = ("trajectories", "dots")  # they show where teams go
COUNTED = ("costs", "growth")  # they show what algorithms cost
PLAYED = ("toys", "clouds", "paths")  # they show what methods make of toys
PORTRAYED = ("densities",)  # they show the joint actions of datasets
EXAMINED = ("examined", "shares", "maps")  # they show what examinations of enlarged datasets found
