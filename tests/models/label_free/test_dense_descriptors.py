"""Dense descriptors against a slow loop."""

import numpy as np

from asdcfer.data.sample import sample_pack
from asdcfer.models.encoder import EncoderSpec
from asdcfer.models.label_free.dense_descriptors import _smoothed, gradient_descriptors, positions
from asdcfer.models.label_free.fisher import Fisher
from tests.reference.fisher import gradient_descriptor


def test_descriptor_agrees_with_the_loop() -> None:
    x = (
        Fisher(components=2, dims=2)
        .follow(EncoderSpec(name="fisher"))
        .preprocessing.batch(np.array(sample_pack().images[:1]))
    )
    cell = 4
    fast = gradient_descriptors(x, cell, stride=10)[0].numpy()
    smoothed = _smoothed(x, cell / 4)[0, 0].double().numpy()
    where = positions(48, cell, 10).tolist()
    for row in (0, 2, len(where) - 1):
        for column in (1, len(where) - 1):
            slow = gradient_descriptor(smoothed, where[row], where[column], cell)
            np.testing.assert_allclose(fast[row * len(where) + column], slow, atol=2e-4)
