"""From faces of one's own and few labels to a model: what `asdcfer adapt` is made of."""

from typing import TYPE_CHECKING

from asdcfer.lazy_names import lazy_names

if TYPE_CHECKING:
    from asdcfer.adaptation.batch_statistics import refreshed_encoder as refreshed_encoder
    from asdcfer.adaptation.candidate import Candidate as Candidate
    from asdcfer.adaptation.candidate import best_of as best_of
    from asdcfer.adaptation.candidate import kept_of as kept_of
    from asdcfer.adaptation.folds import folds_of as folds_of
    from asdcfer.adaptation.given_labels import GivenLabels as GivenLabels
    from asdcfer.adaptation.given_labels import given_labels as given_labels
    from asdcfer.adaptation.given_labels import labels_of_pack as labels_of_pack
    from asdcfer.adaptation.label_list import read_labels as read_labels
    from asdcfer.adaptation.linear_heads import cross_validated_head as cross_validated_head

_MODULES = {
    "Candidate": "asdcfer.adaptation.candidate",
    "GivenLabels": "asdcfer.adaptation.given_labels",
    "best_of": "asdcfer.adaptation.candidate",
    "cross_validated_head": "asdcfer.adaptation.linear_heads",
    "folds_of": "asdcfer.adaptation.folds",
    "given_labels": "asdcfer.adaptation.given_labels",
    "kept_of": "asdcfer.adaptation.candidate",
    "labels_of_pack": "asdcfer.adaptation.given_labels",
    "read_labels": "asdcfer.adaptation.label_list",
    "refreshed_encoder": "asdcfer.adaptation.batch_statistics",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _MODULES)
