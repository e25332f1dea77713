"""Build the modules that a card describes, and fill them from the tensors of its file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import torch
from pydantic import ValidationError
from torch import Tensor, nn

from asdcfer.errors import RecipeError, WeightsError
from asdcfer.models.built_size import no_larger_than
from asdcfer.models.encoder import CUSTOM, Encoder, EncoderSpec
from asdcfer.models.load_report import LoadReport
from asdcfer.models.registry import build_encoder


def named_tensors(group: str, module: nn.Module) -> dict[str, Tensor]:
    """Return the tensors of a module under the names that they have in a file."""
    return {f"{group}.{name}": tensor for name, tensor in module.state_dict().items()}


def count_numbers(tensors: Mapping[str, Tensor]) -> int:
    """Return how many numbers a file holds: no network that it describes is built larger."""
    return sum(tensor.numel() for tensor in tensors.values())


def described_encoder(
    path: Path, card: dict[str, Any], into: Encoder | None, numbers: int
) -> Encoder:
    """Return the encoder that a card describes, with random weights; or the one to fill.

    Raises:
        WeightsError: it cannot be built, or is another than the one to fill.
    """
    try:
        spec = EncoderSpec(**card["encoder"])
        if into is not None:
            if into.preprocessing != spec.preprocessing:
                raise WeightsError(
                    f"{path} was trained with {spec.preprocessing!r}; the encoder to fill wants "
                    f"{into.preprocessing!r}"
                )
            return into
        if spec.name == CUSTOM:
            raise WeightsError(
                f"{path} holds an encoder of your own making; give it to load: "
                f"load_encoder({str(path)!r}, into=wrap(your_module, ...))"
            )
        with no_larger_than(numbers):
            return build_encoder(spec)
    except (ValidationError, RecipeError, TypeError, ValueError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise WeightsError(
            f"the card of {path} describes an encoder that cannot be built: {reason}"
        ) from error


def described_part(
    path: Path, group: str, kind: type[nn.Module], arguments: Any, numbers: int
) -> Any:
    """Return a module that a card describes by its arguments, with random weights.

    Raises:
        WeightsError: it cannot be built.
    """
    try:
        with no_larger_than(numbers):
            return kind(**arguments)
    except (TypeError, ValueError, RuntimeError) as error:
        raise WeightsError(
            f"the card of {path} describes a {group} that cannot be built: {error}"
        ) from error


def fill(
    path: Path,
    tensors: dict[str, Tensor],
    card: dict[str, Any],
    parts: dict[str, nn.Module],
    verbose: bool,
) -> None:
    """Copy the tensors of each group into its module, all or nothing.

    The report is left on the encoder.

    Raises:
        WeightsError: tensors are missing, left over, of another shape, or not finite.
    """
    wrong: list[str] = []
    groups: dict[str, int] = {}
    for name in tensors:
        groups[name.split(".")[0]] = groups.get(name.split(".")[0], 0) + 1
    for group, module in parts.items():
        own = named_tensors(group, module)
        found = {name: t for name, t in tensors.items() if name.startswith(group + ".")}
        wrong += [f"{name} is missing" for name in own if name not in found]
        wrong += [f"{name} is not one of its tensors" for name in found if name not in own]
        wrong += [
            f"{name} has shape {tuple(found[name].shape)} where {tuple(own[name].shape)} is due"
            for name in own
            if name in found and found[name].shape != own[name].shape
        ]
        wrong += [
            f"{name} holds numbers that are not finite"
            for name, t in found.items()
            if t.is_floating_point() and not t.isfinite().all()
        ]
    if wrong:
        more = f" (and {len(wrong) - 3} more)" if len(wrong) > 3 else ""
        raise WeightsError(f"{path} does not fit: {'; '.join(wrong[:3])}{more}")
    loaded, numbers = {}, 0
    for group, module in parts.items():
        own = named_tensors(group, module)
        with torch.no_grad():
            for name, tensor in own.items():
                tensor.copy_(tensors[name])
        loaded[group] = len(own)
        numbers += sum(t.numel() for t in own.values())
    report = LoadReport(
        path, loaded, {g: n for g, n in groups.items() if g not in parts}, numbers, card
    )
    cast(Encoder, parts["encoder"]).load_report = report
    if verbose:
        print(report)
