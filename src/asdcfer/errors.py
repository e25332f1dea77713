"""The few errors a user may catch; each message says what was wrong and what to do.

A message names an argument of Python in backticks, with the value to give it: `force=True`,
`device="cpu"`, another `out`. The command line prints the message of an `AsdcferError` as one line,
its arguments as options (`cli.option_words`), and exits with status 2; anything else is a bug and
keeps its traceback.
"""


class AsdcferError(Exception):
    """Base of the errors that are the fault of an input, a setting or the machine.

    Every other error is a fault of this package.
    """


class DataError(AsdcferError):
    """A source, pack or image cannot be used: missing, malformed, unlabeled, half-written."""


class RecipeError(AsdcferError):
    """A recipe or an override names an unknown key or holds an impossible value."""


class WeightsError(AsdcferError):
    """A weights file or its card is missing, corrupt, foreign, or does not fit the encoder."""


class TrainingError(AsdcferError):
    """Training cannot go on.

    A loss is not finite, maps cannot be aligned, or a checkpoint is of another recipe.
    """


class MissingPackageError(AsdcferError):
    """An optional package is not installed; the message names the extra that brings it."""


class InputError(AsdcferError):
    """A photo, video or camera given to recognition cannot be read."""
