"""FaceEncoder: features of faces however scikit-learn hands them over; its own checks."""

import pickle

import numpy as np
import pytest
from PIL import Image
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator, parametrize_with_checks
from sklearn.utils.validation import validate_data

import asdcfer
from asdcfer.errors import InputError, WeightsError
from asdcfer.sklearn import FaceEncoder
from tests.evaluation.standin import toy_encoder, toy_pack


class RowEncoder(FaceEncoder):
    """A FaceEncoder whose faces are rows of numbers, as scikit-learn's checks send them.

    Everything but the reading of faces is FaceEncoder's own. Each number becomes a square of 8
    pixels, its gray the number's place between -10 and 10.
    """

    def _checked(self, faces, reset):
        rows = validate_data(self, faces, reset=reset, dtype=np.float64)
        gray = np.clip((rows + 10) * 12, 0, 255).astype(np.uint8)
        return np.kron(gray[:, None], np.ones((1, 8, 8), np.uint8)).astype(np.uint8)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        return tags


EXCEPTIONS = {
    "check_methods_subset_invariance": "a network sums in another order in batches of another "
    "size: features differ by some 1e-6, where the check allows 1e-7",
}
"""Check -> why images do not allow it."""


@pytest.mark.slow
@parametrize_with_checks(
    [RowEncoder("nano", device="cpu")], expected_failed_checks=lambda estimator: EXCEPTIONS
)
def test_it_is_a_transformer_as_scikit_learn_wants_them(estimator, check):
    check(estimator)


@pytest.fixture
def pack(tmp_path):
    return toy_pack(tmp_path / "pack", {"train": 9})


@pytest.fixture
def encoder():
    return FaceEncoder(toy_encoder(), device="cpu", batch_size=4)


def test_every_form_of_faces_gives_the_same_features(pack, encoder, tmp_path):
    images = np.asarray(pack.images)
    wanted = asdcfer.embed(images, toy_encoder())
    forms = [images, list(images), images.reshape(9, -1)]
    import torch

    forms.append(torch.from_numpy(images.copy()))
    for form in forms:
        found = encoder.fit_transform(form)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_paths_are_read_as_prepare_reads_them(encoder, tmp_path):
    rng = np.random.default_rng(0)
    for name, shape in (("a.png", (40, 30)), ("b.png", (64, 64, 3))):
        Image.fromarray(rng.integers(0, 256, shape, np.uint8)).save(tmp_path / name)
    api_pack = asdcfer.api.prepare(
        tmp_path, tmp_path / "p", asdcfer.api.PrepareSettings(kind="unlabeled", size=32)
    )
    paths = [str(tmp_path / name) for name in api_pack.ids]
    wanted = asdcfer.embed(api_pack.images, toy_encoder())
    column = np.array(paths, object)[:, None]
    for form in (paths, [tmp_path / name for name in api_pack.ids], np.array(paths), column):
        np.testing.assert_allclose(encoder.fit_transform(form), wanted, atol=1e-5)


def test_tables_come_out_with_names(pack, encoder):
    pandas = pytest.importorskip("pandas")
    found = encoder.set_output(transform="pandas").fit_transform(np.asarray(pack.images))
    assert isinstance(found, pandas.DataFrame)
    assert list(found)[:2] == ["faceencoder0", "faceencoder1"]
    assert len(found) == 9


def test_a_column_of_paths_in_a_table(encoder, tmp_path):
    pandas = pytest.importorskip("pandas")
    Image.new("L", (32, 32)).save(tmp_path / "a.png")
    table = pandas.DataFrame({"file": [str(tmp_path / "a.png")] * 2, "age": [1.0, 2.0]})
    both = ColumnTransformer([("faces", encoder, ["file"]), ("age", StandardScaler(), ["age"])])
    assert both.fit_transform(table).shape == (2, toy_encoder().feature_dim + 1)
    assert encoder.fit_transform(table["file"]).shape == (2, toy_encoder().feature_dim)


def test_names_of_features(pack, encoder):
    names = encoder.fit(pack.images).get_feature_names_out()
    assert names.tolist() == [f"faceencoder{i}" for i in range(toy_encoder().feature_dim)]
    steps = make_pipeline(encoder, StandardScaler()).fit(np.asarray(pack.images))
    assert steps.get_feature_names_out().tolist() == names.tolist()


def test_images_are_not_rows_and_scikit_learn_is_told_so(encoder):
    with pytest.warns(UserWarning, match="Can't test estimator FaceEncoder"):
        check_estimator(encoder)
    assert encoder.__sklearn_tags__().input_tags.three_d_array


def test_what_is_wrong_is_told_in_a_line(pack, encoder):
    with pytest.raises(NotFittedError):
        encoder.transform(pack.images)
    with pytest.raises(WeightsError, match="no weights 'nani'"):
        FaceEncoder("nani").fit(pack.images)
    with pytest.raises(InputError, match=r"multiply by 255"):
        encoder.fit(pack.images).transform(pack.images / 255)
    with pytest.raises(InputError, match="no such file"):
        encoder.transform(["none.png"])


def test_cloned_pickled_and_saved_it_gives_the_same(pack, encoder, tmp_path):
    wanted = encoder.fit_transform(pack.images)
    assert np.array_equal(clone(encoder).fit(pack.images).transform(pack.images), wanted)
    assert np.array_equal(pickle.loads(pickle.dumps(encoder)).transform(pack.images), wanted)
    encoder.save(tmp_path / "one")
    loaded = FaceEncoder.load(tmp_path / "one", device="cpu")
    assert np.array_equal(loaded.transform(pack.images), wanted)
    assert np.array_equal(clone(loaded).fit(pack.images).transform(pack.images), wanted)
    assert asdcfer.load_encoder(tmp_path / "one").feature_dim == wanted.shape[1]
    with pytest.raises(NotFittedError):
        clone(encoder).save(tmp_path / "two")


def test_the_package_and_its_part_for_scikit_learn_are_light():
    import subprocess
    import sys

    code = (
        "import sys, asdcfer.sklearn; "
        "print([m for m in ('torch', 'numpy', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
