"""Face likeness: label-free features by which pictures of one person in one recording are alike.

They were learnt without names or labels, for expressions, and are no face identification: they know
a face under the same hair, light and pose again, and rarely in another photo.
"""

from functools import cache

import numpy as np
import torch

from asdcfer.data.sample import sample_pack
from asdcfer.models.encoder import Encoder
from asdcfer.models.find_weights import find_encoder
from asdcfer.models.weights import load_encoder

ENCODER = "light_encoder"
MAP = 1
"""Which map of the encoder, from shallow to deep. Measured in docs/results/people.md: un-pooled
early maps tell persons apart best, pooled and late ones join by expression.
"""
_REFERENCE_FACES = 200
_BATCH = 64


class FaceLikeness:
    """Features of aligned faces, and the vectors of tracks that are compared by their cosine.

    Args:
        encoder: a label-free encoder of the package, a path, or an `Encoder` itself.

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> found = FaceLikeness(encoder).features(np.zeros((2, 48, 48), np.uint8))
        >>> len(found)
        2
    """

    def __init__(self, encoder: str | Encoder = ENCODER) -> None:
        if isinstance(encoder, str):
            encoder = load_encoder(find_encoder(encoder))
        self.encoder = encoder.eval()
        self.reference = self.features(_reference_faces()).mean(0)

    @property
    def size(self) -> int:
        """Side of the crops, pixels."""
        return int(self.encoder.preprocessing.size)

    def features(self, crops: np.ndarray) -> np.ndarray:
        """Return float32 (N,D), each of length 1.

        Args:
            crops: uint8 (N,S,S), aligned gray faces.
        """
        found = []
        for start in range(0, len(crops), _BATCH):
            with torch.inference_mode():
                x = self.encoder.preprocessing.batch(crops[start : start + _BATCH])
                map_ = self.encoder.forward_maps(x)[MAP].flatten(1)
                found.append(torch.nn.functional.normalize(map_, dim=1).float().numpy())
        result: np.ndarray = np.concatenate(found)
        return result

    def vectors(self, means: np.ndarray) -> np.ndarray:
        """Return what makes each face unlike others, (T,D) of length 1.

        Args:
            means: (T,D), mean features of tracks.
        """
        apart = means - self.reference
        result: np.ndarray = apart / np.maximum(np.linalg.norm(apart, axis=1, keepdims=True), 1e-9)
        return result


@cache
def _reference_faces() -> np.ndarray:
    """Return faces of many persons, whose mean feature is that of a face as such."""
    pack = sample_pack()
    return np.asarray(pack.images[pack.rows("train")[:_REFERENCE_FACES]])
