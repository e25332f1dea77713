import numpy as np
import pytest
from pydantic import ValidationError

from asdcfer.evaluation.probes.features import embed
from asdcfer.evaluation.probes.linear import LinearProbe, blocks_of
from tests.evaluation.standin import toy_context, toy_encoder, toy_pack


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return toy_pack(tmp_path_factory.mktemp("linear") / "pack")


@pytest.mark.slow
def test_mirror_options_are_named(pack) -> None:
    words = {
        "none": "training images",
        "features": "mean feature of image and mirror",
        "logits": "mean logits of image and mirror",
    }
    for tta, said in words.items():
        result = next(LinearProbe().run(toy_context(pack, tta=tta)))
        assert result.protocol.tta == tta
        assert said in str(result.protocol)
        assert ("mirror" in str(result.protocol)) == (tta != "none")
    with pytest.raises(ValidationError, match="tta"):
        toy_context(pack, tta="both")


@pytest.mark.slow
def test_blocks_are_one_feature_their_mean_or_both(pack) -> None:
    plain, mean, both = (
        blocks_of(toy_context(pack, tta=tta)).test for tta in ("none", "features", "logits")
    )
    assert (len(plain), len(mean), len(both)) == (1, 1, 2)
    np.testing.assert_array_equal(mean[0], (both[0] + both[1]) / 2)
    np.testing.assert_array_equal(plain[0], both[0])


def test_mirrored_features_are_the_same_for_an_image_and_its_mirror(pack) -> None:
    encoder = toy_encoder()
    image = pack.images[:1]
    both = embed(image, encoder) + embed(image[:, :, ::-1].copy(), encoder)
    again = embed(image[:, :, ::-1].copy(), encoder) + embed(image, encoder)
    np.testing.assert_allclose(both, again)


def test_solver_tells_every_penalty(pack) -> None:
    notes = []

    class Told:
        def __call__(self, stage, done, total, note=""):
            notes.append((stage, note))

        def message(self, text):
            raise AssertionError(text)

    probe = LinearProbe(penalties=(1.0, 0.1))
    result = next(probe.run(toy_context(pack, progress=Told(), stage="linear")))
    told = [note for stage, note in notes if note and stage == "linear"]
    assert [note.split(" %")[0].split()[1] for note in told] == ["1", "0.1"]
    assert [tried["penalty"] for tried in result.penalties] == [1.0, 0.1]
