"""The progress of one training among several, told in the words of the whole adaptation."""

import re

from asdcfer.progress import Progress

_OF_ITSELF = re.compile(r"epoch \d+/\d+: |.*: interrupted; continue with the same")
"""Lines of a training that would be said once an epoch, or that tell how to go on with it alone."""


class PartProgress:
    """A `progress.Progress` for one training of an adaptation, which makes a dozen of them.

    Lines of several are cut to their first: the rest lies in the folder of the training.

    Args:
        progress: of the adaptation.
        name: of the training, which becomes its stage and begins its lines; "" keeps the own ones.

    Example:
        >>> from asdcfer.progress import Silent
        >>> class Lines(Silent):
        ...     def message(self, text):
        ...         print(text)
        >>> part = PartProgress(Lines(), "finetuned, fold 1 of 5")
        >>> part.message("epoch 1/20: loss 1.3")
        >>> part.message("finetune: collapsed: no spread")
        finetuned, fold 1 of 5: collapsed: no spread
    """

    def __init__(self, progress: Progress, name: str = "") -> None:
        self._progress, self._name = progress, name

    def __call__(self, stage: str, done: float, total: float, note: str = "") -> None:
        """Take how much of the training is done."""
        self._progress(self._name or stage, done, total, note)

    def message(self, text: str) -> None:
        """Take a line, or the first of several."""
        line = text.splitlines()[0].removesuffix(":") if text else text
        if _OF_ITSELF.match(line):
            return
        if self._name:
            line = f"{self._name}: {line.removeprefix('finetune: ')}"
        self._progress.message(line)
