"""TeacherAnswers: what a frozen teacher makes of views, looked at or read from what it kept."""

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor

from asdcfer.augmentation.views import Views
from asdcfer.errors import TrainingError
from asdcfer.methods.teacher import Teacher, TeacherOutput
from asdcfer.methods.teacher_bank import TeacherBank
from asdcfer.models.preprocessing import Preprocessing


class TeacherAnswers:
    """Ask a teacher about views, or about untouched faces.

    Args:
        teacher: frozen.
        preprocessing: the student's, which the views are normalized for.
        maps: indices of the maps that are asked for; empty for none.
        how: "computed" shows it every view; "sampled" asks it once for each face and its mirror
            image, and reads its maps with the geometry of a view.
        side: of views that it is shown, "own" its own, "view" that of the student's.

    Attributes:
        bank: what it said of all faces; None where views are computed.

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> answers = TeacherAnswers(Teacher(encoder), encoder.preprocessing, (-1,))
        >>> (taught,) = answers.of_views(Views([torch.randn(4, 1, 48, 48)]))
        >>> taught.maps[-1].shape
        torch.Size([4, 96, 3, 3])
    """

    def __init__(
        self,
        teacher: Teacher,
        preprocessing: Preprocessing,
        maps: Sequence[int],
        how: Literal["computed", "sampled"] = "computed",
        side: Literal["own", "view"] = "own",
    ) -> None:
        self.teacher, self.preprocessing = teacher, preprocessing
        self.with_maps, self.side = bool(maps), side
        self.bank = TeacherBank(teacher, maps) if how == "sampled" else None

    def prepare(self, images: Tensor, report: Callable[[int, int], None] | None = None) -> None:
        """Ask about every face, where views are sampled.

        Args:
            images: uint8 (N,H,W) or (N,H,W,3), in the order that `Views.index` counts.
            report: called with (done, all).
        """
        if self.bank is not None:
            self.bank.fill(images, report)

    def of_faces(self, rows: Tensor, faces: Tensor) -> TeacherOutput:
        """Return what the teacher makes of untouched faces; what is kept is not asked again.

        Args:
            rows: (B,) of the faces among all.
            faces: uint8 (B,H,W) or (B,H,W,3).
        """
        if self.bank is not None:
            whole = torch.eye(2, 3, device=rows.device).expand(len(rows), 2, 3)
            return self.bank(rows, whole)
        device = next(self.teacher.parameters()).device
        x = self.teacher.encoder.preprocessing.batch(faces).to(device)
        taught: TeacherOutput = self.teacher(x, self.with_maps)
        return taught

    def of_views(self, views: Views, count: int | None = None) -> list[TeacherOutput]:
        """Return what the teacher makes of the first `count` views, or of all.

        Raises:
            TrainingError: views are to be sampled and do not say of which faces they are.
        """
        if self.bank is None:
            wanted = self.teacher.wanted(views, self.preprocessing, self.side)
            return [self.teacher(crop, with_maps=self.with_maps) for crop in wanted[:count]]
        if views.index is None or len(views.geometry) != len(views.crops):
            raise TrainingError(
                "teacher_views=sampled needs views that know their faces and their geometry; make "
                "them with augmentation.views.ViewMaker and an index"
            )
        taught = []
        for number, geometry in enumerate(views.geometry[:count]):
            shown = views.rows_of(number)
            assert shown is not None
            taught.append(self.bank(shown.to(geometry.device), geometry))
        return taught
