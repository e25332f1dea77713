"""Teacher: an encoder that is frozen for ever, and proves it."""

import hashlib
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from asdcfer.augmentation.views import Views
from asdcfer.errors import TrainingError
from asdcfer.models.encoder import Encoder
from asdcfer.models.preprocessing import Preprocessing


@dataclass(frozen=True)
class TeacherOutput:
    """What a teacher makes of one view, all float32 and without gradient.

    Attributes:
        maps: feature maps, shallow to deep; empty where they are not asked for.
        feature: (B,F_t).
        query: (B,D_t), output of its projector; None without one.
    """

    maps: list[Tensor]
    feature: Tensor
    query: Tensor | None


class Teacher(nn.Module):
    """A frozen encoder with its projector, if it has one.

    It stays in evaluation mode whatever is called on the method around it, takes no gradient, and
    `check` compares all its tensors with those it was made with: public code of this kind has let
    the BatchNorm statistics of "frozen" teachers drift.

    Args:
        encoder: any that follows the encoder contract.
        projector: the one it was trained with, or None.
        mirror_mean: what it makes of a view is the mean over the view and its mirror image, so that
            a student which aims at it needs no second pass.

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> teacher = Teacher(build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25})))
        >>> teacher.train().encoder.training
        False
    """

    def __init__(
        self, encoder: Encoder, projector: nn.Module | None = None, mirror_mean: bool = False
    ) -> None:
        super().__init__()
        self.encoder, self.projector, self.mirror_mean = encoder, projector, mirror_mean
        self.requires_grad_(False)
        self.eval()
        self._made_with = self.fingerprint()

    def train(self, mode: bool = True) -> "Teacher":
        """Stay in evaluation mode."""
        return super().train(False)

    @torch.no_grad()
    def forward(self, x: Tensor, with_maps: bool = True) -> TeacherOutput:
        """Return what the teacher makes of a view (B,C,S,S), normalized as it wants it."""
        maps, feature = self.look(x, with_maps)
        if self.mirror_mean:
            # Not turned back: at each position the mean holds what is there and what is at its
            # mirror image, as a mean of features does.
            others, mirrored = self.look(x.flip(-1), with_maps)
            maps, feature = (
                [(a + b) / 2 for a, b in zip(maps, others, strict=True)],
                (feature + mirrored) / 2,
            )
        query = self.projector(feature) if self.projector is not None else None
        return TeacherOutput(
            [m.float() for m in maps], feature.float(), None if query is None else query.float()
        )

    @torch.no_grad()
    def look(self, x: Tensor, with_maps: bool = True) -> tuple[list[Tensor], Tensor]:
        """Return maps (none where they are not asked for) and feature of views, without mirroring.

        Args:
            x: (B,C,S,S), normalized as this teacher wants it.
            with_maps: whether maps are asked for.
        """
        # Somebody may have switched the encoder itself, which never passes through `train` above.
        self.eval()
        if not with_maps:
            return [], self.encoder(x)
        maps = self.encoder.forward_maps(x)
        # A teacher with a forward of its own (a Fisher vector, say) need not have its feature made
        # from these maps.
        plain = type(self.encoder).forward is Encoder.forward
        return maps, self.encoder.pooling(maps) if plain else self.encoder(x)

    def query_dim(self) -> int:
        """Return the width of its query vectors.

        Raises:
            TrainingError: it has no projector, or one that does not take its feature.
        """
        if self.projector is None:
            raise TrainingError(
                "the teacher has no projector, so it has no query vectors; a stage that keeps its "
                "weights can make some (method: keep, options: {query_dims: 512})"
            )
        feature = next(self.projector.parameters()).new_zeros(2, self.encoder.feature_dim)
        try:
            with torch.no_grad():
                width: int = self.projector(feature).shape[1]
                return width
        except RuntimeError as error:
            raise TrainingError(
                f"the teacher's projector does not take its feature of {feature.shape[1]} "
                "dimensions; save both from the same training"
            ) from error

    def fingerprint(self) -> str:
        """Return a hash of all parameters and buffers, with their names."""
        digest = hashlib.sha256()
        for name, tensor in [*self.named_parameters(), *self.named_buffers()]:
            digest.update(name.encode())
            digest.update(
                tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes()
                if tensor.numel()
                else b""
            )
        return digest.hexdigest()

    def check(self) -> None:
        """Raise `TrainingError` unless every parameter and buffer is bit for bit what it was."""
        if self.fingerprint() != self._made_with:
            raise TrainingError(
                "the frozen teacher has changed during training; the student's numbers cannot be "
                "trusted. Train it again from the teacher's file"
            )

    def wanted(
        self, views: Views, student: Preprocessing, side: Literal["own", "view"] = "own"
    ) -> list[Tensor]:
        """Return the views as this teacher wants them.

        They are the student's own where both preprocess alike, else made from the pixels.

        Args:
            views: normalized for the student.
            student: the student's preprocessing.
            side: "own" enlarges small views to the side that the teacher is made for; "view" shows
                them as they are.

        Raises:
            TrainingError: the two differ and the views carry no pixels.
        """
        size = views.crops[0].shape[-1]
        mine = (
            self.encoder.preprocessing
            if side == "own"
            else self.encoder.preprocessing.model_copy(update={"size": size})
        )
        if mine == student.model_copy(update={"size": size}):
            return views.crops
        if not views.pixels:
            raise TrainingError(
                "teacher and student preprocess images differently, and these views hold no "
                "pixels; make them with augmentation.views.ViewMaker"
            )
        with torch.autocast(views.pixels[0].device.type, enabled=False):
            return [
                mine.normalized(mine.resized(mine.in_channels(pixels))) for pixels in views.pixels
            ]
