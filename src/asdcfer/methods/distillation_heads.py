"""Layers that bring features of student and teacher to a common shape for a distillation loss."""

from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from asdcfer.errors import TrainingError
from asdcfer.losses.attention import channel_attention, spatial_attention
from asdcfer.methods.map_alignment import resized_to
from asdcfer.methods.running_scaler import RunningScaler
from asdcfer.methods.teacher import Teacher, TeacherOutput
from asdcfer.models.encoder import Encoder
from asdcfer.models.feature_extraction import eval_mode
from asdcfer.models.heads import Projector

SKETCH_SEED = 20240
"""Seed of the fixed random projection that stands in for the projector a teacher lacks."""


@dataclass(frozen=True)
class Layer:
    """One pair of maps, at the student's size and with the teacher's channels.

    Attributes:
        own: (B,C_s,H,W) the student's map as it is, with gradient.
        aligned: (B,C_t,H,W) the student's map after the 1x1 convolution, with gradient; the map as
            it is where nothing needs its channels aligned.
        teacher: (B,C_t,H,W) the teacher's raw map, resized.
        target: (B,C_t,H,W) the teacher's map to be imitated, standardized or raw.
        spatial: (B,H,W) the teacher's spatial attention.
        channel: (B,C_t) the teacher's channel attention.
    """

    own: Tensor
    aligned: Tensor
    teacher: Tensor
    target: Tensor
    spatial: Tensor
    channel: Tensor


class MapHead(nn.Module):
    """Pair the chosen maps of student and teacher.

    Args:
        student, teacher: the encoders.
        student_maps, teacher_maps: indices of the maps that are paired, in order.
        temperature: tau_a of the attention.
        standardize: standardize the teacher's channels before they are imitated.
        align: learn the 1x1 convolutions C_s -> C_t; attention transfer alone needs none, and an
            unused layer would stall training on several devices.

    Raises:
        TrainingError: a map does not exist, or the maps cannot be aligned; found at construction by
            a trial on blank images.

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> def mobile(width):
        ...     return build_encoder(EncoderSpec(name="mobile", arguments={"width": width}))
        >>> student, encoder = mobile(0.25), mobile(0.5)
        >>> teacher, x = Teacher(encoder), torch.randn(2, 1, 48, 48)
        >>> (layer,) = MapHead(student, teacher, (-1,), (-1,))(student.forward_maps(x), teacher(x))
        >>> layer.own.shape[1] == student.map_channels[-1]
        True
        >>> layer.aligned.shape == layer.target.shape
        True
    """

    def __init__(
        self,
        student: Encoder,
        teacher: Teacher,
        student_maps: tuple[int, ...],
        teacher_maps: tuple[int, ...],
        temperature: float = 0.5,
        standardize: bool = True,
        align: bool = True,
    ) -> None:
        super().__init__()
        if len(student_maps) != len(teacher_maps) or not student_maps:
            raise TrainingError(
                f"student_maps {list(student_maps)} and teacher_maps {list(teacher_maps)} must "
                "name the same number of maps, at least one"
            )
        self.student_maps, self.teacher_maps, self.temperature = (
            student_maps,
            teacher_maps,
            temperature,
        )
        pairs = list(
            zip(
                trial_maps(student, "student", student_maps),
                trial_maps(teacher.encoder, "teacher", teacher_maps),
                strict=True,
            )
        )
        for own, theirs in pairs:
            resized_to(theirs, own)
        self.target_channels = [theirs.shape[1] for _, theirs in pairs]
        """Channels of the teacher's map in each pair."""
        self.align = nn.ModuleList(
            nn.Conv2d(own.shape[1], theirs.shape[1], kernel_size=1) if align else nn.Identity()
            for own, theirs in pairs
        )
        self.statistics = (
            nn.ModuleList(RunningScaler(theirs.shape[1]) for _, theirs in pairs)
            if standardize
            else None
        )

    def forward(self, student_maps: list[Tensor], taught: TeacherOutput) -> list[Layer]:
        """Return the paired maps of one view; each teacher map is resized once, here.

        Args:
            student_maps: all maps of the student, each (B,C,H,W).
            taught: what the teacher makes of the same faces, with its maps.

        Returns:
            One `Layer` for each pair.
        """
        layers = []
        for i, (mine, theirs) in enumerate(zip(self.student_maps, self.teacher_maps, strict=True)):
            own = student_maps[mine]
            teacher = resized_to(taught.maps[theirs], own)
            target = teacher
            if self.statistics is not None:
                scaler = cast(RunningScaler, self.statistics[i])
                if self.training:
                    scaler.observe(teacher)
                target = scaler(teacher)
            spatial, channel = (
                spatial_attention(teacher, self.temperature),
                channel_attention(teacher, self.temperature),
            )
            layers.append(Layer(own, self.align[i](own), teacher, target, spatial, channel))
        return layers

    def start_alike(self) -> None:
        """Begin with the map as it is, wherever a pair has as many channels on both sides."""
        for layer in self.align:
            if isinstance(layer, nn.Conv2d) and layer.in_channels == layer.out_channels:
                nn.init.dirac_(layer.weight)
                nn.init.zeros_(cast(Tensor, layer.bias))


class QueryHead(nn.Module):
    """Bring the student's comparison query to the width of the teacher's.

    The student's own projection is used where it has the teacher's width (DisCo); otherwise a
    projector of its own is learnt from the student's feature. A teacher without projector is asked
    for its standardized feature under a fixed random projection, which keeps the angles between
    faces.

    Args:
        feature_dim: width of the student's feature.
        projection_dim: width of the student's projection.
        teacher: the frozen teacher.
        teacher_query_dim: width of the teacher's projection, None without projector.
        sketch_dim: width of the random projection.
        hidden_dim: hidden width of a projector of its own.
        own: learn a projector of its own even where the widths agree.
        layers: of that projector; 1 is linear, so that the teacher's query must be linearly
            readable in the student's feature.

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> teacher = Teacher(build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25})))
        >>> head = QueryHead(32, 16, teacher, teacher_query_dim=None, sketch_dim=24, hidden_dim=64)
        >>> own = head.student(torch.randn(4, 32), torch.randn(4, 16))
        >>> own.shape == head.teacher(teacher(torch.randn(4, 1, 48, 48))).shape == (4, 24)
        True
    """

    sketch: Tensor

    def __init__(
        self,
        feature_dim: int,
        projection_dim: int,
        teacher: Teacher,
        teacher_query_dim: int | None,
        sketch_dim: int,
        hidden_dim: int,
        own: bool = False,
        layers: int = 2,
    ) -> None:
        super().__init__()
        self.statistics: RunningScaler | None = None
        if teacher_query_dim is None:
            width = teacher.encoder.feature_dim
            generator = torch.Generator().manual_seed(SKETCH_SEED)
            self.register_buffer(
                "sketch", torch.randn(width, sketch_dim, generator=generator) / width**0.5
            )
            self.statistics = RunningScaler(width)
            teacher_query_dim = sketch_dim
        self.dim = teacher_query_dim
        shared = projection_dim == teacher_query_dim and teacher.projector is not None and not own
        self.projector = (
            None if shared else Projector(feature_dim, hidden_dim, teacher_query_dim, layers)
        )

    def student(self, feature: Tensor, projection: Tensor) -> Tensor:
        """Return the student's query (B,D_t), of any length."""
        return projection if self.projector is None else self.projector(feature)

    def start_alike(self, teacher: Teacher) -> None:
        """Begin with the teacher's own projector, where it has the shape of this one."""
        if self.projector is None or teacher.projector is None:
            return
        own, theirs = self.projector.state_dict(), teacher.projector.state_dict()
        if {n: t.shape for n, t in own.items()} == {n: t.shape for n, t in theirs.items()}:
            self.projector.load_state_dict(theirs)

    @torch.no_grad()
    def teacher(self, taught: TeacherOutput, unit: bool = True) -> Tensor:
        """Return the teacher's query, (B,D_t) float32.

        Args:
            taught: what the teacher makes of a view.
            unit: scale it to unit length; False gives the teacher's projection, its own or the
                random one, as it is.
        """
        if self.statistics is None:
            # Built for a teacher with a projector, whose answer always holds a query.
            query = cast(Tensor, taught.query)
            return F.normalize(query, dim=1) if unit else query
        if self.training:
            self.statistics.observe(taught.feature)
        with torch.autocast(taught.feature.device.type, enabled=False):
            query = self.statistics(taught.feature) @ self.sketch
            return F.normalize(query, dim=1) if unit else query


class FeatureHead(nn.Module):
    """Predict the teacher's standardized feature from the student's by one linear layer."""

    def __init__(self, feature_dim: int, teacher_dim: int) -> None:
        super().__init__()
        self.statistics = RunningScaler(teacher_dim)
        self.linear = nn.Linear(feature_dim, teacher_dim)

    def forward(self, feature: Tensor, taught: TeacherOutput) -> tuple[Tensor, Tensor]:
        """Return the prediction and the standardized feature, both (B,D_t)."""
        if self.training:
            self.statistics.observe(taught.feature)
        return self.linear(feature), self.statistics(taught.feature)


def generator(channels: int) -> nn.Module:
    """Return a network that makes up a teacher's hidden features from what is around them.

    Source: MGD (Yang et al., ECCV 2022): conv3x3, ReLU, conv3x3.
    """
    return nn.Sequential(
        nn.Conv2d(channels, channels, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(channels, channels, 3, padding=1),
    )


@torch.no_grad()
def trial_maps(encoder: Encoder, role: str, wanted: tuple[int, ...]) -> list[Tensor]:
    """Return the wanted maps of two blank images.

    So a teacher that does not fit is refused before training starts.

    Raises:
        TrainingError: the encoder has no such maps.
    """
    prep = encoder.preprocessing
    try:
        with eval_mode(encoder) as device:
            maps = encoder.forward_maps(
                torch.zeros(2, prep.channels, prep.size, prep.size, device=device)
            )
        return [maps[index] for index in wanted]
    except (IndexError, NotImplementedError) as error:
        count = (
            f"{len(maps)} map{'s' * (len(maps) != 1)}"
            if isinstance(error, IndexError)
            else "no maps"
        )
        raise TrainingError(
            f"the {role}'s maps cannot be aligned: it has {count}, but {role}_maps asks for "
            f"{list(wanted)}; "
            "name maps that exist, or set w_joint, w_key and w_attention_transfer to 0 to train "
            "without maps"
        ) from error
