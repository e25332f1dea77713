"""A recipe of seconds, for tests of training from Python."""

from asdcfer.training.pretrain.recipe import Recipe
from asdcfer.training.pretrain.recipe_files import load_recipe

TINY = (
    "{method: %s, encoder: {name: resnet18, arguments: {width: 4, stem: stride2}}, epochs: 1, "
    "batch_size: 32, views: {size: 32}, options: {queue_size: 32, projector_hidden: 16, "
    "projector_dim: 8}, health: {images: 64, knn_images: 64}}"
)


def recipe(*changes: str) -> Recipe:
    sections = [f"teacher={TINY % 'moco'}", f"student={TINY % 'asdc'}"]
    probes = "probes={encoders: [teacher], kinds: [knn], poolings: []}"
    return load_recipe("sample", [*sections, probes, *changes])
