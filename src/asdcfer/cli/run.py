"""`asdcfer run`: teacher, student, baseline, probes and report in one go."""

from asdcfer.cli.shared_options import FerPlusVotes
from asdcfer.cli.training_options import TrainingOptions, training_verb


@training_verb
def run(options: TrainingOptions, ferplus: FerPlusVotes = None) -> None:
    """Train a teacher, distill a student, probe them, and draw the report.

    Ends with a table and the path of an HTML report. Ctrl-C leaves a checkpoint; the same command
    with --resume continues from it.

    For example:

      asdcfer run

      asdcfer run --data packs/fer2013 --recipe fer2013_small --out runs/a

      asdcfer run --data packs/fer2013 --recipe fer2013_small seed=1 student.options.w_key=0

      asdcfer run --data ~/faces --out runs/mine teacher.epochs=50

      asdcfer run --data ~/faces --out runs/mine --budget 2h30m
    """
    from asdcfer import api
    from asdcfer.cli.console_progress import ConsoleProgress
    from asdcfer.cli.training_tables import print_run

    with ConsoleProgress("") as progress:
        found = api.run(**options.arguments(), votes=ferplus, progress=progress)
    print_run(found)
