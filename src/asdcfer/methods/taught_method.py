"""Base of methods whose student learns under a frozen teacher that sees the same views."""

from typing import ClassVar

from asdcfer.augmentation.views import Views
from asdcfer.methods.method import Method
from asdcfer.methods.teacher import Teacher, TeacherOutput
from asdcfer.models.encoder import Encoder


class TaughtMethod(Method):
    """A student under a frozen teacher.

    A subclass defines `encoder`, `projector` and `training_step`.

    Args:
        teacher: a frozen `Teacher`, or an encoder that becomes one.
    """

    needs_teacher: ClassVar[bool] = True

    def __init__(self, teacher: Teacher | Encoder) -> None:
        super().__init__()
        self.teacher = teacher if isinstance(teacher, Teacher) else Teacher(teacher)

    def teacher_outputs(self, views: Views, with_maps: bool = False) -> list[TeacherOutput]:
        """Return what the teacher makes of each view.

        Args:
            views: as the student sees them.
            with_maps: whether maps are asked for.
        """
        wanted = self.teacher.wanted(views, self.encoder.preprocessing)
        return [self.teacher(crop, with_maps=with_maps) for crop in wanted]

    def check(self) -> None:
        """Raise `TrainingError` where the frozen teacher has changed."""
        self.teacher.check()
