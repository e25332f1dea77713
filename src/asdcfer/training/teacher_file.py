"""A teacher's file: read and hashed once, however many checks and stages of a run ask for it."""

import copy
from functools import cached_property
from pathlib import Path

import torch

from asdcfer.methods.teacher import Teacher
from asdcfer.models.encoder import Encoder
from asdcfer.models.heads import Projector
from asdcfer.models.registry import build_encoder
from asdcfer.models.weights import load_teacher, weights_hash


class TeacherFile:
    """Weights of a teacher, read when they are first asked for.

    Reading draws no random number that anything else sees.

    Args:
        place: a safetensors file, the folder of a run, or a name of `asdcfer models`.

    Example:
        >>> file = TeacherFile("light_encoder")
        >>> sorted(file.hashes), file.hashes["projector"]
        (['projector', 'teacher'], 'none')
        >>> file.teacher().encoder is file.teacher().encoder
        False
    """

    def __init__(self, place: str | Path) -> None:
        self.place = place

    @cached_property
    def _parts(self) -> tuple[Encoder, Projector | None]:
        with torch.random.fork_rng(devices=[]):
            return load_teacher(self.place)

    @property
    def encoder(self) -> Encoder:
        """The encoder as it was read; not to be changed.

        Raises:
            WeightsError: the file is missing, or cannot be read.
        """
        return self._parts[0]

    @cached_property
    def hashes(self) -> dict[str, str]:
        """Hashes of the encoder, "teacher", and of its projector, "none" without one."""
        encoder, projector = self._parts
        return {
            "teacher": weights_hash(encoder),
            "projector": "none" if projector is None else weights_hash(projector),
        }

    @property
    def neighbor(self) -> Path | None:
        """Where what it says of each face is kept, beside its file; None where it is a name."""
        path = Path(self.place)
        return path.parent / "faces.safetensors" if path.exists() else None

    def teacher(self) -> Teacher:
        """Return a frozen teacher, a copy that may be moved to another device."""
        return Teacher(*copy.deepcopy(self._parts))

    def draw_as_if_read(self) -> None:
        """Draw the random numbers that building its networks draws.

        A student's own networks follow them in the row of its seed's numbers: it begins with the
        weights that it had when its teacher's file was read at this moment.
        """
        encoder, projector = self._parts
        build_encoder(encoder.spec)
        if projector is not None:
            Projector(**projector.arguments)
