"""Encoders and classifiers of faces that work inside scikit-learn; loaded when used.

Example:
    >>> from sklearn.pipeline import make_pipeline
    >>> from asdcfer.sklearn import ExpressionClassifier, FaceEncoder
    >>> from asdcfer.data import sample_pack
    >>> faces = sample_pack()
    >>> names = [faces.expressions[label] for label in faces.labels[:40]]
    >>> pipeline = make_pipeline(FaceEncoder("nano"), ExpressionClassifier())
    >>> pipeline.fit(faces.images[:40], names).predict_proba(faces.images[40:43]).shape[0]
    3
"""

from typing import TYPE_CHECKING

from asdcfer.lazy_names import lazy_names

if TYPE_CHECKING:
    from asdcfer.sklearn.expression_classifier import ExpressionClassifier as ExpressionClassifier
    from asdcfer.sklearn.face_encoder import FaceEncoder as FaceEncoder

_MODULES = {
    "ExpressionClassifier": "asdcfer.sklearn.expression_classifier",
    "FaceEncoder": "asdcfer.sklearn.face_encoder",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _MODULES)
