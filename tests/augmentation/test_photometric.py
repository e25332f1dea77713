"""Light and blur against their formulas."""

import torch

from asdcfer.augmentation.photometric import relight, soften
from tests.reference import views as slow


def rand(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def test_the_blur_equals_the_pixel_by_pixel_version_and_leaves_the_others_alone():
    images, draws = rand(4, 1, 5, 6), torch.tensor([[0.1, 0.9], [0.9, 0.9], [0.2, 0.0], [0.3, 0.5]])
    soft = soften(images, draws, probability=0.5, sigma=0.8)
    for i in (0, 3):
        torch.testing.assert_close(
            soft[i, 0], torch.tensor(slow.blurred(images[i, 0].tolist(), 0.8 * draws[i, 1].item()))
        )
    assert torch.equal(soft[1], images[1])
    torch.testing.assert_close(soft[2], images[2])


def test_light_follows_its_formula():
    images, draws = 0.3 + 0.4 * rand(3, 1, 4, 4), rand(3, 5, seed=1)
    ours = relight(images.clone(), draws, brightness=0.2, contrast=0.3, gamma=0.4, shading=0.1)
    line = torch.linspace(-1, 1, 4)
    for i in range(3):
        b, c, g, sx, sy = ((2 * draws[i] - 1) * torch.tensor([0.2, 0.3, 0.4, 0.1, 0.1])).tolist()
        toned = images[i, 0] ** torch.exp(torch.tensor(g))
        mean = toned.mean()
        expected = (
            (toned - mean) * (1 + c) + mean * (1 + b) + sx * line[None] + sy * line[:, None]
        ).clamp(0, 1)
        torch.testing.assert_close(ours[i, 0], expected)
    assert relight(images, draws, 0, 0) is images
