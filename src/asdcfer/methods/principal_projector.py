"""Principal queries: query vectors for a teacher that was trained without a projector."""

from collections.abc import Callable

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from asdcfer.models.encoder import Encoder
from asdcfer.models.feature_extraction import eval_mode
from asdcfer.models.heads import Projector

BATCH, SEED = 256, 20240


class PrincipalQueryOptions(BaseModel):
    """Settings of the queries that a kept teacher gets.

    Attributes:
        query_dims: principal directions of the teacher's feature, each a number of the query; 0
            leaves the teacher as it is.
        whitening: 0 leaves each direction its own width, 1 makes all equally wide.
        mirror: the directions are those of the mean over a face and its mirror image.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    query_dims: int = Field(0, ge=0)
    whitening: float = Field(0.5, ge=0, le=1)
    mirror: bool = True


@torch.no_grad()
def principal_projector(features: Tensor, dims: int, whitening: float = 0.5) -> Projector:
    """Return the linear projector to the principal directions of features.

        q = (f - mean) U diag(variance^(-whitening/2)) / scale

    With U the directions of largest variance. Over the features, q has mean 0 and mean square 1.

    Args:
        features: float (N,D).
        dims: directions kept, at most N and D.
        whitening: in 0..1, see `PrincipalQueryOptions`.

    Source: NOTE: our reading; it takes the place of a random projection, which loses much of what
        a wide feature says. Half-whitened Fisher vectors are imitated in the same way.

    Example:
        >>> features = torch.randn(100, 8) * torch.tensor([5.0, 3.0, *[0.1] * 6]) + 7
        >>> query = principal_projector(features, 2)(features)
        >>> [round(value.abs().item(), 3) for value in (query.mean(), query.square().mean())]
        [0.0, 1.0]
    """
    mean = features.mean(0)
    centered = features - mean
    dims = min(dims, *features.shape)
    # Random numbers are drawn here; training must find its own as they were.
    with torch.random.fork_rng(devices=[features.device] if features.is_cuda else []):
        torch.manual_seed(SEED)
        _, singular, directions = torch.svd_lowrank(
            centered, q=min(dims + 64, *features.shape), niter=4
        )
        projector = Projector(features.shape[1], 1, dims, layers=1).to(features.device)
    variances = (singular[:dims].square() / len(features)).clamp_min(1e-12)
    scaled = directions[:, :dims] * variances.pow(-whitening / 2)
    scaled = scaled / variances.pow(1 - whitening).mean().sqrt()
    linear = projector.network[0]
    assert isinstance(linear, torch.nn.Linear)
    linear.weight.copy_(scaled.T)
    linear.bias.copy_(-(mean @ scaled))
    return projector.eval()


def principal_queries(
    encoder: Encoder,
    images: Tensor,
    options: PrincipalQueryOptions,
    report: Callable[[int, int], None] | None = None,
) -> Projector:
    """Return the principal projector of an encoder's features of faces.

    Args:
        encoder: the teacher.
        images: uint8 (N,H,W) or (N,H,W,3), faces to learn the directions from, without labels.
        options: how many directions, and of what.
        report: called with (done, all).
    """
    found = []
    with eval_mode(encoder) as device, torch.no_grad():
        for start in range(0, len(images), BATCH):
            x = encoder.preprocessing.batch(images[start : start + BATCH]).to(device)
            feature = encoder(x).float()
            if options.mirror:
                feature = (feature + encoder(x.flip(-1)).float()) / 2
            found.append(feature)
            if report is not None:
                report(min(start + BATCH, len(images)), len(images))
    return principal_projector(torch.cat(found), options.query_dims, options.whitening)
