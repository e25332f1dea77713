"""The kept teacher says of a view what the teacher itself says of it."""

import pytest
import torch

from asdcfer.augmentation.geometry import affine_maps
from asdcfer.augmentation.views import ViewMaker, ViewOptions
from asdcfer.errors import TrainingError
from asdcfer.methods.asdc import Asdc, AsdcOptions
from asdcfer.methods.teacher import Teacher
from asdcfer.methods.teacher_bank import TeacherBank
from asdcfer.models.encoder import Encoder, EncoderSpec
from asdcfer.models.heads import Projector
from asdcfer.models.preprocessing import Preprocessing
from asdcfer.models.registry import build_encoder

PLAIN = {"rotate": 0, "brightness": 0, "contrast": 0, "blur": 0, "aspect": (1, 1)}


def kept(mirror_mean=False, half=False):
    torch.manual_seed(0)
    arguments = {"width": 8, "stem": "stride2"}
    encoder = build_encoder(EncoderSpec(name="resnet18", arguments=arguments)).eval()
    teacher = Teacher(encoder, Projector(encoder.feature_dim, 8, 6), mirror_mean)
    bank = TeacherBank(teacher, (-3, -2), half)
    # Smooth faces: a map of noise differs by its own sampling.
    faces = torch.nn.functional.interpolate(torch.rand(6, 1, 6, 6), size=(48, 48), mode="bicubic")
    images = (255 * faces.clamp(0, 1)).round().to(torch.uint8)[:, 0]
    bank.fill(images)
    return bank, teacher, images


@pytest.mark.parametrize("mirror_mean", [False, True])
@pytest.mark.parametrize("mirrored", [False, True])
def test_of_the_whole_face_and_its_mirror_image_it_says_exactly_what_the_teacher_says(
    mirror_mean, mirrored
):
    bank, teacher, images = kept(mirror_mean)
    index = torch.tensor([4, 0, 3])
    x = teacher.encoder.preprocessing.batch(images[index])
    affine = torch.eye(2, 3).expand(3, 2, 3).clone()
    if mirrored:
        x, affine[:, 0, 0] = x.flip(-1), -1.0
    wanted, found = teacher(x), bank(index, affine)
    for number in (1, 2):
        torch.testing.assert_close(found.maps[number], wanted.maps[number], rtol=1e-4, atol=1e-4)
    assert found.maps[0].numel() == found.maps[3].numel() == 0
    if mirror_mean or not mirrored:
        torch.testing.assert_close(found.feature, wanted.feature, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(found.query, wanted.query, rtol=1e-4, atol=1e-4)


class ImageAsMap(Encoder):
    """A teacher whose map is the image, so that reading it is exact."""

    map_channels = (1,)
    feature_dim = 1

    def __init__(self):
        super().__init__()
        self.spec = EncoderSpec(name="image", preprocessing=Preprocessing(normalize="dataset"))
        self.unused = torch.nn.Parameter(torch.zeros(1))
        self.pooling = lambda maps: maps[0].mean(dim=(2, 3))

    def forward_maps(self, x):
        return [x]


@pytest.mark.parametrize("mirror_mean", [False, True])
@pytest.mark.parametrize(
    ("crop_area", "hflip", "rotate"),
    [((0.4, 0.6), 0, 0), ((0.4, 0.6), 1, 0), ((1, 1), 0, 30), ((0.4, 0.9), 0.5, 20)],
)
def test_a_map_that_is_the_image_is_read_as_the_view_was(mirror_mean, crop_area, hflip, rotate):
    teacher = Teacher(ImageAsMap(), mirror_mean=mirror_mean)
    bank = TeacherBank(teacher, (0,), half=False)
    images = torch.randint(0, 256, (9, 48, 48), dtype=torch.uint8)
    bank.fill(images)
    options = ViewOptions(
        views=1, **PLAIN | {"crop_area": crop_area, "hflip": hflip, "rotate": rotate}
    )
    generator = torch.Generator().manual_seed(1)
    index = torch.arange(9)
    views = ViewMaker(options)(images, teacher.encoder.preprocessing, generator, index)
    found, wanted = bank(index, views.geometry[0]).maps[0], teacher(views.crops[0]).maps[0]
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-3)


def test_of_a_crop_it_is_nearer_to_the_teacher_than_the_whole_face_is():
    bank, teacher, images = kept(mirror_mean=True)
    index = torch.arange(6)
    options = ViewOptions(views=1, crop_area=(0.5, 0.5), hflip=0.5, **PLAIN)
    generator = torch.Generator().manual_seed(1)
    views = ViewMaker(options)(images, teacher.encoder.preprocessing, generator, index)
    wanted = teacher(views.crops[0]).maps[1]
    whole = bank(index, torch.eye(2, 3).expand(6, 2, 3)).maps[1]
    found = bank(index, views.geometry[0]).maps[1]
    assert (found - wanted).square().mean() < 0.8 * (whole - wanted).square().mean()


def test_views_know_where_they_were_read():
    faces = torch.randint(0, 256, (3, 48, 48), dtype=torch.uint8)
    _, teacher, _ = kept()
    options = ViewOptions(views=2, hflip=1.0, crop_area=(0.6, 0.9))
    generator = torch.Generator().manual_seed(0)
    views = ViewMaker(options)(faces, teacher.encoder.preprocessing, generator)
    assert [tuple(maps.shape) for maps in views.geometry] == [(3, 2, 3)] * 2
    assert all((torch.linalg.det(maps[:, :, :2]) < 0).all() for maps in views.geometry)
    draws = torch.full((1, 6), 0.5)
    assert torch.linalg.det(affine_maps(draws, hflip=0.0)[:, :, :2]).item() > 0


def test_an_empty_bank_says_so():
    bank = TeacherBank(kept()[1], (-1,))
    with pytest.raises(TrainingError, match=r"call fill\(images\) first"):
        bank(torch.tensor([0]), torch.eye(2, 3)[None])


def test_a_student_of_the_kept_teacher_learns_from_every_term_and_needs_no_pass_of_it():
    _, teacher, images = kept()
    student = build_encoder(teacher.encoder.spec)
    options = AsdcOptions(
        projector_hidden=16,
        projector_dim=8,
        queue_size=8,
        teacher_views="sampled",
        teacher_mirror=True,
        query_form="regression",
        query_projector="own",
        query_layers=1,
        joint_cells=2,
        neighbors_ignored=0.2,
        student_maps=(1, 2),
        teacher_maps=(1, 2),
    )
    method = Asdc(student, teacher, options).train()
    assert not any("bank" in name for name in method.state_dict())
    method.prepare(images)
    passes = []
    teacher.encoder.register_forward_hook(lambda *_: passes.append(1))
    generator = torch.Generator().manual_seed(0)
    maker = ViewMaker(ViewOptions(views=2))
    index = torch.tensor([5, 2, 0, 1])
    views = maker(images[index], student.preprocessing, generator, index)
    result = method.training_step(views)
    result.loss.backward()
    assert torch.isfinite(result.loss)
    assert not passes
    assert {"contrastive", "joint", "query", "key"} <= result.parts.keys()
    trained = [name for name, p in method.named_parameters() if p.requires_grad and p.grad is None]
    assert trained == []
    method.check()
