"""`asdcfer pretrain`: train a teacher."""

from asdcfer.cli.training_options import TrainingOptions, training_verb


@training_verb
def pretrain(options: TrainingOptions) -> None:
    """Train a teacher on unlabeled faces by momentum contrast: the teacher section of a recipe.

    Labels are trained on by the methods supcon and supervised alone; where the pack has some, the
    log shows an online kNN on the validation split. batch_size counts for each process.

    For example:

      asdcfer pretrain --data packs/fer2013 --recipe fer2013_small --out runs/a

      asdcfer pretrain --data ~/faces --out runs/mine teacher.epochs=50

      asdcfer pretrain --out runs/a --resume
    """
    from asdcfer import api
    from asdcfer.cli.console_progress import ConsoleProgress
    from asdcfer.cli.training_tables import say_trained

    with ConsoleProgress("steps") as progress:
        stage = api.pretrain(**options.arguments(), progress=progress)
    say_trained(stage)
