"""The teacher of each stage of a run: given weights, those in its folder, or a stand-in."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from asdcfer.api.data_inputs import PathLike
from asdcfer.errors import RecipeError
from asdcfer.methods.teacher import Teacher
from asdcfer.models.heads import Projector
from asdcfer.models.weights import load_teacher
from asdcfer.training.engine.trainer import Workplace
from asdcfer.training.pretrain.dry_run import dry_run_method
from asdcfer.training.pretrain.recipe import Recipe
from asdcfer.training.pretrain.recipe_sections import new_encoder, stage_of
from asdcfer.training.pretrain.recipe_validation import FIT, KEEP, kept_options, needs_teacher
from asdcfer.training.teacher_file import TeacherFile

FEW = 64
"""Faces that a stand-in for a teacher without gradients is fitted to."""


class StageTeachers:
    """Which weights teach the stages of a run, before and after its own teacher is trained.

    A file is read once for all stages that ask for it.

    Args:
        recipe: what is trained.
        sections: the stages that this run trains, of `recipe.SECTIONS`.
        place: the run's folder, and whether to resume.
        given: weights that teach the stages which learn under one; None is the teacher in the
            folder.
    """

    def __init__(
        self, recipe: Recipe, sections: list[str], place: Workplace, given: PathLike | None = None
    ) -> None:
        self.recipe, self.sections, self.place = recipe, sections, place
        self._given = None if given is None else TeacherFile(str(given))
        self._own: TeacherFile | None = None
        self._fitted: Any = None

    def taught(self, section: str) -> bool:
        """Return whether a stage learns under a teacher."""
        return section != "teacher" and needs_teacher(stage_of(self.recipe, section))

    def finished(self, section: str) -> bool:
        """Return whether the folder holds the weights of a stage."""
        return (self.place.folder / section / "encoder.json").is_file()

    def file_of(self, section: str) -> TeacherFile | None:
        """Return the weights of a stage's teacher; None where it needs none.

        Raises:
            RecipeError: there are none yet.
        """
        if not self.taught(section):
            return None
        if self._given is not None:
            return self._given
        own = self.place.folder / "teacher" / "encoder.safetensors"
        if not own.is_file():
            raise RecipeError(
                f"there is no teacher at {own}; name one with `teacher`, or train one first: "
                f"asdcfer pretrain --out {self.place.folder}"
            )
        self._own = self._own or TeacherFile(own)
        return self._own

    def finished_file_of(self, section: str) -> TeacherFile | None:
        """Return the weights of a stage's teacher; None where this run still has to train it."""
        if self._given is None and not self.finished("teacher"):
            return None
        return self.file_of(section)

    def rehearsing(
        self, section: str, faces: Callable[[str, int], Tensor]
    ) -> TeacherFile | Teacher | None:
        """Return a stage's teacher; an untrained one stands in for one yet to be trained.

        One that is fitted is fitted to a few faces: its answers mean nothing, and take their time.

        Args:
            section: of the recipe.
            faces: gives some training faces, uint8 (N,H,W) or (N,H,W,3), for the encoder of a
                section.
        """
        if not self.taught(section):
            return None
        first = "teacher" in self.sections and not (self.place.resume and self.finished("teacher"))
        if not first or self.recipe.teacher is None:
            return self.file_of(section)
        if self.recipe.teacher.method == FIT:
            if self._fitted is None:
                stand_in: Any = new_encoder(self.recipe, "teacher")
                self._fitted = stand_in.fit(faces("teacher", FEW)).eval()
            return Teacher(self._fitted)
        if self.recipe.teacher.method != KEEP:
            method = dry_run_method(self.recipe, "teacher")
            return Teacher(method.encoder, method.projector)
        assert self.recipe.teacher.start is not None
        encoder, projector = load_teacher(self.recipe.teacher.start)
        dims = kept_options(self.recipe.teacher, "teacher").query_dims
        return Teacher(
            encoder, Projector(encoder.feature_dim, 1, dims, layers=1) if dims else projector
        )

    def forget_own(self) -> None:
        """Read the teacher in the folder anew when it is next asked for: it is about to change."""
        self._own = None
