"""A few faces, a small encoder and model, and the promise that nothing is printed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from asdcfer.data.pack import Pack, load_pack
from asdcfer.data.pack_writing import PackItem, write_pack
from asdcfer.data.sample import sample_pack
from asdcfer.models.classifier import Classifier, ExpressionModel
from asdcfer.models.encoder import Encoder, EncoderSpec
from asdcfer.models.registry import build_encoder
from tests.factories import Heard


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture(autouse=True)
def nothing_is_printed(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[None]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield
    assert tuple(capfd.readouterr()) == ("", "")


@pytest.fixture(scope="package")
def few(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """Some faces of each split of the sample."""
    sample = sample_pack()
    items = [
        PackItem(sample.images[row], str(sample.ids[row]), split, int(sample.labels[row]))
        for split in sample.splits
        for row in sample.rows(split)[:84]
    ]
    path = tmp_path_factory.mktemp("few") / "few"
    write_pack(path, items, expressions=sample.expressions, source={"name": "few"})
    return load_pack(path)


@pytest.fixture
def encoder() -> Encoder:
    return build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25})).eval()


@pytest.fixture
def model(encoder: Encoder) -> ExpressionModel:
    expressions = sample_pack().expressions
    classifier = Classifier(encoder.feature_dim, len(expressions))
    return ExpressionModel(encoder, classifier, tuple(expressions)).eval()
