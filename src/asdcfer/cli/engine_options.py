"""Options of the verbs that spread their work over a cluster, and their tables over files."""

from typing import Annotated

import typer

_PANEL = "Cluster"

EngineName = Annotated[
    str,
    typer.Option(
        "--engine",
        help="local: this process; ray: workers of a Ray cluster, with the same results.",
        rich_help_panel=_PANEL,
    ),
]
Shard = Annotated[
    int | None,
    typer.Option(
        "--shard",
        help="Write --out as a folder of Parquet files of so many rows each.",
        min=1,
        show_default=False,
    ),
]
Address = Annotated[
    str,
    typer.Option(
        "--address",
        help=(
            "Of --engine ray: local starts workers on this machine; auto is the cluster that "
            "`ray start` made here; else HOST:PORT."
        ),
        rich_help_panel=_PANEL,
    ),
]
Workers = Annotated[
    int,
    typer.Option(
        "--workers",
        help="Of --engine ray: processes, each with its own model.",
        min=1,
        rich_help_panel=_PANEL,
    ),
]
