"""ExpressionClassifier: expressions from a few labels on frozen features, in scikit-learn."""

import os
from typing import Any, Self

import numpy as np
import torch
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import check_cv
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, check_X_y, validate_data

from asdcfer.errors import AsdcferError
from asdcfer.evaluation.probes.linear_selection import PENALTIES, penalty_path
from asdcfer.models.encoder import Encoder
from asdcfer.sklearn.classifier_files import SavedClassifier, read_classifier, write_classifier
from asdcfer.sklearn.face_encoder import FaceEncoder

FEW = 0.03
"""The penalty where a class has one face, so that nothing can be held out."""


class ExpressionClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Multinomial logistic regression on frozen features, its penalty chosen by cross-validation.

    With an encoder it takes faces, in the forms of `FaceEncoder`; without one it takes features,
    as behind a `FaceEncoder` in a pipeline. Features are divided by their own deviations. The
    penalty with the least held-out cross-entropy is taken.

    Args:
        encoder: what `load_encoder` takes, or an `Encoder`; None takes features (N,D).
        penalty: of the squared weights, above 0; "auto" chooses among `PENALTIES`.
        cv: folds, a splitter of scikit-learn, or pairs of indices; a number means stratified folds,
            no more than the rarest class has faces.
        batch_size: faces computed at once.
        device: "auto", "cpu" or "cuda", for the encoder.

    Attributes:
        classes_: the labels, sorted.
        penalty_: as given or chosen.
        coef_: float32 (C,D), of raw features.
        intercept_: float32 (C,).
        encoder_: the encoder, where there is one.

    Raises:
        ValueError: one class only, or a penalty that is none.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> features = rng.normal(size=(40, 5)) + np.arange(40)[:, None] % 2
        >>> names = ["sad", "happy"] * 20
        >>> model = ExpressionClassifier().fit(features, names)
        >>> model.classes_.tolist(), model.predict_proba(features).shape
        (['happy', 'sad'], (40, 2))
    """

    def __init__(
        self,
        encoder: str | os.PathLike[str] | Encoder | None = None,
        *,
        penalty: float | str = "auto",
        cv: Any = 5,
        batch_size: int = 256,
        device: str = "auto",
    ) -> None:
        self.encoder = encoder
        self.penalty = penalty
        self.cv = cv
        self.batch_size = batch_size
        self.device = device

    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803 - as scikit-learn calls it
        """Fit the classifier; the encoder is left as it is.

        Args:
            X: faces, or features (N,D) where there is no encoder.
            y: (N,), one label a face: names or numbers.
        """
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None")
        if self.encoder is not None:
            coder = FaceEncoder(self.encoder, batch_size=self.batch_size, device=self.device)
            features, y = check_X_y(np.asarray(coder.fit_transform(X)), y, dtype=np.float32)
            self.encoder_ = coder.encoder_
        else:
            features, y = validate_data(self, X, y, dtype=np.float32)
        check_classification_targets(y)
        self.classes_, numbers = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"all labels are {self.classes_[0]!r}; a classifier needs at least 2 classes, and "
                "got 1 class"
            )
        self.penalty_ = self._chosen(features, numbers)
        path = penalty_path(
            features, numbers, len(self.classes_), penalties=[self.penalty_], device="cpu"
        )
        fitted, _ = next(path)
        self.coef_, self.intercept_ = fitted.weight.T.numpy().copy(), fitted.bias.numpy()
        return self

    def decision_function(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return the logits.

        Args:
            X: faces, or features.

        Returns:
            float32 (N,C); of two classes (N,), above 0 for the second.
        """
        logits = self._logits(X)
        return logits[:, 1] - logits[:, 0] if logits.shape[1] == 2 else logits

    def predict_proba(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return the probability of each class.

        Args:
            X: faces, or features.

        Returns:
            float64 (N,C), in the order of `classes_`.
        """
        return np.asarray(softmax(self._logits(X).astype(np.float64), axis=1))

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return the likeliest class of each face.

        Args:
            X: faces, or features.

        Returns:
            (N,), of the kind of the labels.
        """
        best = self._logits(X).argmax(1)
        return np.asarray(self.classes_[best])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write `PATH.safetensors` and `PATH.json`.

        With an encoder it is a model as any other: `asdcfer predict --model PATH` takes it.

        Args:
            path: with or without the suffix.

        Raises:
            AsdcferError: two classes of one name, as 1 and "1".
        """
        check_is_fitted(self)
        encoder = getattr(self, "encoder_", None)
        labels = self.classes_.tolist()
        if not all(isinstance(label, str | int | float | bool) for label in labels):
            raise AsdcferError(
                f"labels of the kind {type(labels[0]).__name__} cannot be saved; use names or "
                "numbers"
            )
        options = {"penalty": self.penalty, "batch_size": self.batch_size}
        write_classifier(
            path,
            SavedClassifier(encoder, self.coef_, self.intercept_, labels, self.penalty_, options),
        )

    @classmethod
    def load(cls, path: str | os.PathLike[str], device: str = "auto") -> Self:
        """Return the fitted classifier of a file, without unpickling anything.

        Args:
            path: what `save` was given.
            device: "auto", "cpu" or "cuda", for the encoder.

        Raises:
            WeightsError: the file is missing, damaged, or of another kind.
        """
        found = read_classifier(path)
        loaded = cls(found.encoder, device=device, **found.options)
        if found.encoder is None:
            loaded.n_features_in_ = found.weight.shape[1]
        else:
            loaded.encoder_ = found.encoder
        loaded.coef_, loaded.intercept_, loaded.penalty_ = found.weight, found.bias, found.penalty
        loaded.classes_ = np.asarray(found.labels)
        return loaded

    def _chosen(self, features: np.ndarray, labels: np.ndarray) -> float:
        """Return the penalty: as given, or the one with the least held-out cross-entropy."""
        if self.penalty != "auto":
            if isinstance(self.penalty, str) or not self.penalty > 0:
                raise ValueError(f'penalty must be above 0 or "auto", not {self.penalty!r}')
            return float(self.penalty)
        rarest = int(np.bincount(labels).min())
        folds = self.cv
        if isinstance(folds, int):
            folds = min(folds, rarest)
            if folds < 2:
                return FEW
        costs = np.zeros(len(PENALTIES))
        classes = len(self.classes_)
        for train, held in check_cv(folds, labels, classifier=True).split(features, labels):
            path = penalty_path(features[train], labels[train], classes, device="cpu")
            for place, (fitted, _) in enumerate(path):
                logits = fitted.logits(features[held]).astype(np.float64)
                said = log_softmax(logits, axis=1)[np.arange(len(held)), labels[held]]
                costs[place] -= said.sum()
        return PENALTIES[int(costs.argmin())]

    def _logits(self, faces: Any) -> np.ndarray:
        check_is_fitted(self)
        if self.encoder is not None:
            coder = FaceEncoder(self.encoder_, batch_size=self.batch_size, device=self.device)
            features = np.asarray(coder.fit_transform(faces))
        else:
            features = validate_data(self, faces, dtype=np.float32, reset=False)
        with torch.no_grad():
            weight, bias = torch.from_numpy(self.coef_), torch.from_numpy(self.intercept_)
            return np.asarray(torch.from_numpy(np.array(features)) @ weight.T + bias)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        if self.encoder is not None:
            tags.input_tags.two_d_array = False
            tags.input_tags.three_d_array = True
            tags.input_tags.string = True
        return tags
