"""FaceEncoder: features of faces as a transformer of scikit-learn."""

import os
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from asdcfer.devices import resolve_device
from asdcfer.evaluation.probes.features import embed
from asdcfer.models.encoder import Encoder
from asdcfer.models.weights import load_encoder, save_encoder
from asdcfer.sklearn.face_input import Faces, check_faces, pixels_of

CARD = "sklearn"
"""Where a card says what made it."""


class FaceEncoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Features of faces by a frozen encoder, as a transformer.

    Faces are uint8 (N,H,W), (N,H,W,3) or (N,S*S), lists of arrays, or paths of pictures; see
    `face_input.check_faces`. Nothing is learnt in `fit`: it loads the encoder.

    Args:
        model: what `load_encoder` takes (a name, a file, the folder of a run), or an `Encoder`.
        batch_size: faces computed at once; it changes speed and memory only.
        device: "auto", "cpu" or "cuda".

    Attributes:
        encoder_: the encoder, after `fit`.

    Raises:
        InputError: faces that are none, in `fit` and `transform`.
        WeightsError: no weights of that name, or at that path, in `fit`.

    Example:
        >>> faces = np.zeros((2, 48, 48), np.uint8)
        >>> encoder = FaceEncoder("nano").fit(faces)
        >>> encoder.transform(faces).shape, encoder.get_feature_names_out()[0]
        ((2, 1520), 'faceencoder0')
    """

    def __init__(
        self,
        model: str | os.PathLike[str] | Encoder = "light_encoder",
        *,
        batch_size: int = 256,
        device: str = "auto",
    ) -> None:
        self.model = model
        self.batch_size = batch_size
        self.device = device

    def fit(self, X: Any, y: object = None) -> Self:  # noqa: N803 - as scikit-learn calls it
        """Load the encoder; the faces are only looked at for their kind.

        Args:
            X: faces.
            y: not used.
        """
        self._checked(X, True)
        model = self.model
        encoder = model if isinstance(model, Encoder) else load_encoder(model)
        self.encoder_ = encoder.to(resolve_device(self.device)).eval()
        return self

    def transform(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return the features of faces.

        Args:
            X: faces.

        Returns:
            float32 (N,D); a table where `set_output` asks for one.
        """
        check_is_fitted(self)
        faces = self._checked(X, False)
        out = np.empty((len(faces), self.encoder_.feature_dim), np.float32)
        for first in range(0, len(faces), self.batch_size):
            last = first + self.batch_size
            pixels = pixels_of(faces, first, last, self.encoder_.preprocessing)
            out[first:last] = embed(pixels, self.encoder_, self.batch_size)
        return out

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the encoder as `PATH.safetensors` and `PATH.json`, which `load_encoder` reads, too.

        Args:
            path: with or without the suffix.
        """
        check_is_fitted(self)
        report = getattr(self.encoder_, "load_report", None)
        card = {} if report is None else {**report.card, CARD: {"batch_size": self.batch_size}}
        card.pop("hashes", None)
        save_encoder(path, self.encoder_, card)

    @classmethod
    def load(cls, path: str | os.PathLike[str], device: str = "auto") -> Self:
        """Return a fitted transformer of a saved encoder.

        Args:
            path: what `save` was given, or whatever `load_encoder` takes.
            device: "auto", "cpu" or "cuda".
        """
        encoder = load_encoder(path)
        told = encoder.load_report.card.get(CARD, {})
        loaded = cls(os.fspath(path), device=device, **told)
        loaded.encoder_ = encoder.to(resolve_device(device)).eval()
        return loaded

    def _checked(self, faces: Any, reset: bool) -> Faces:
        """Return faces in one of the forms that `pixels_of` takes.

        Args:
            faces: as they came.
            reset: they are those of `fit`, with which later ones have to agree.
        """
        return check_faces(faces)

    @property
    def _n_features_out(self) -> int:
        return int(self.encoder_.feature_dim)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        # Faces have two or three dimensions each, or are names of files.
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = []
        return tags
