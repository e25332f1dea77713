"""Pure loss functions, one a file.

Some functions are named as their file: `asdcfer.losses.info_nce` is the function.
"""

from asdcfer.losses.attention import channel_attention, spatial_attention
from asdcfer.losses.attention_transfer import attention_transfer
from asdcfer.losses.centering import moved_center, sharpened_target
from asdcfer.losses.dense_contrast import dense_contrast, match_cells
from asdcfer.losses.facial_key_feature import (
    attention_disagreement,
    hidden_at,
    key_cosine_distance,
    key_positions,
    reconstruction_error,
)
from asdcfer.losses.feature_regression import feature_regression
from asdcfer.losses.float32 import in_float32
from asdcfer.losses.info_nce import info_nce
from asdcfer.losses.joint_feature import (
    joint_feature,
    joint_feature_distance,
    weighted_map_distance,
)
from asdcfer.losses.masked_reconstruction import masked_reconstruction
from asdcfer.losses.mirror_consistency import half_means, mirror_distance
from asdcfer.losses.nt_xent import nt_xent
from asdcfer.losses.occlusion_prediction import occlusion_prediction
from asdcfer.losses.pseudo_label import (
    adaptive_thresholds,
    align_to_prior,
    confidence_mask,
    estimated_prior,
    pseudo_label_loss,
    sharpen,
)
from asdcfer.losses.query_distillation import (
    distribution_query_distillation,
    query_distributions,
    squared_query_distillation,
)
from asdcfer.losses.queue_neighbors import false_negative_mask, nearest_positive, neighbor_mask
from asdcfer.losses.self_assignment import assigned_cross_entropy, self_assignment
from asdcfer.losses.sinkhorn import sinkhorn
from asdcfer.losses.soft_target import smoothed_target, soft_target_cross_entropy
from asdcfer.losses.supervised_contrast import supervised_contrast
from asdcfer.losses.vicreg import covariance_penalty, invariance, variance_hinge
from asdcfer.losses.warp_repulsion import warp_repulsion

__all__ = [
    "adaptive_thresholds",
    "align_to_prior",
    "assigned_cross_entropy",
    "attention_disagreement",
    "attention_transfer",
    "channel_attention",
    "confidence_mask",
    "covariance_penalty",
    "dense_contrast",
    "distribution_query_distillation",
    "estimated_prior",
    "false_negative_mask",
    "feature_regression",
    "half_means",
    "hidden_at",
    "in_float32",
    "info_nce",
    "invariance",
    "joint_feature",
    "joint_feature_distance",
    "key_cosine_distance",
    "key_positions",
    "masked_reconstruction",
    "match_cells",
    "mirror_distance",
    "moved_center",
    "nearest_positive",
    "neighbor_mask",
    "nt_xent",
    "occlusion_prediction",
    "pseudo_label_loss",
    "query_distributions",
    "reconstruction_error",
    "self_assignment",
    "sharpen",
    "sharpened_target",
    "sinkhorn",
    "smoothed_target",
    "soft_target_cross_entropy",
    "spatial_attention",
    "squared_query_distillation",
    "supervised_contrast",
    "variance_hinge",
    "warp_repulsion",
    "weighted_map_distance",
]
