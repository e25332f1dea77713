"""What an update of every method costs, measured in one run: seconds at each side of the views.

    # docs/results/field_pace.json: some minutes; docs/results/field.md shows it from then on
    python benchmarks/field_pace.py --data packs/fer2013

Each method of the comparison in benchmarks/field.py takes some updates at each size of its views,
one method after the other, as `--budget` measures them before a run. The machine must do nothing
else meanwhile.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from asdcfer import api
from asdcfer.api.comparison.contestants import contestants_of
from asdcfer.api.comparison.shared_recipe import shared_recipe, trained_section
from asdcfer.api.data_inputs import pack_of
from asdcfer.api.training_run import TrainingRun
from asdcfer.data.pack import Pack
from asdcfer.errors import AsdcferError
from asdcfer.files import write_json
from asdcfer.methods.registry import METHODS
from asdcfer.provenance import commit
from asdcfer.training.engine.trainer import Workplace
from asdcfer.training.run_record import hardware

LONG = "60m"
"""A budget in which every method makes an epoch; nothing is trained."""


def pace_of(name: str, pack: Pack, settings: api.CompareSettings) -> dict[str, float]:
    """Return the seconds of an update of a method, by the side of its views in pixels.

    Raises:
        AsdcferError: it cannot be trained on these faces.
    """
    (contestant,) = contestants_of([name])
    recipe = shared_recipe(contestant, settings, pack, 0)
    sections = [each for each in ("teacher", "student") if getattr(recipe, each) is not None]
    with tempfile.TemporaryDirectory() as folder:
        run = TrainingRun(recipe, sections, Workplace(folder=Path(folder) / "run"))
        with run:
            stages: dict[str, Any] = run.record.values["stages"]
    steps = stages[trained_section(recipe)]["budget"]["steps"]
    return {str(side): round(seconds, 4) for side, seconds in steps.items()}


def main() -> None:
    """Measure every method and write what was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", required=True, help="a pack, or: sample")
    parser.add_argument("--methods", nargs="+", default=list(METHODS))
    parser.add_argument("--out", type=Path, default=Path("docs/results/field_pace.json"))
    options = parser.parse_args()
    pack = pack_of(options.data)
    settings = api.CompareSettings(budget=LONG, references=())
    found: dict[str, dict[str, float]] = {}
    for name in options.methods:
        try:
            found[name] = pace_of(name, pack, settings)
        except AsdcferError as error:
            print(f"{name}: left out: {error}", file=sys.stderr)
            continue
        print(name, found[name])
    command = f"python benchmarks/field_pace.py --data {options.data}"
    about = {"command": command, "commit": commit(), "hardware": hardware()}
    write_json(options.out, {**about, "seconds_an_update": found})


if __name__ == "__main__":
    main()
