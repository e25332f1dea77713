"""The probes at the end of `run`: every encoder that a recipe names; unchanged ones are kept."""

from pathlib import Path
from typing import Any

from asdcfer.api.data_inputs import PathLike
from asdcfer.api.training_run import TrainingRun
from asdcfer.evaluation.probes.context import ProbeContext
from asdcfer.evaluation.probes.registry import build_probes
from asdcfer.evaluation.probes.run import for_pooling, run_probes
from asdcfer.evaluation.result import Result, read_result
from asdcfer.models.encoder import Encoder
from asdcfer.models.weights import load_encoder, weights_hash
from asdcfer.training.pretrain.recipe_sections import new_encoder


def probe_run(training: TrainingRun, votes: PathLike | None) -> list[Result]:
    """Return the results of the probes of every encoder of a run.

    Those of unchanged encoders, options and votes are read back from the run's folder.
    """
    options = training.recipe.probes
    before = training.record.values["stages"].get("probes", {})
    results: list[Result] = []
    done: dict[str, Any] = {}
    for name in options.encoders:
        if getattr(training.recipe, "student" if name == "random" else name) is None:
            continue
        encoder = _encoder(training, name)
        key = {
            "weights": weights_hash(encoder),
            "options": options.model_dump(mode="json"),
            "votes": str(votes),
        }
        found = _read_back(training.place.folder / "probes", before.get(name, {}), key)
        if not found:
            found = _measured(training, name, encoder, votes)
        results += found
        done[name] = {"key": key, "files": [f"{value.file_name}.json" for value in found]}
        training.record.stage("probes", **done)
    return results


def _encoder(training: TrainingRun, name: str) -> Encoder:
    if name == "random":
        return new_encoder(training.recipe, "student", untrained=True).eval()
    return load_encoder(training.place.folder / name / "encoder.safetensors")


def _read_back(folder: Path, before: dict[str, Any], key: dict[str, Any]) -> list[Result]:
    files = [folder / file for file in before.get("files", [])]
    if before.get("key") != key or not all(file.is_file() for file in files):
        return []
    return [read_result(file) for file in files]


def _measured(
    training: TrainingRun, name: str, encoder: Encoder, votes: PathLike | None
) -> list[Result]:
    options, recipe = training.recipe.probes, training.recipe
    probes = build_probes(
        options.kinds,
        shares=tuple(options.shares),
        per_class=tuple(options.labels_per_class),
        draws=tuple(range(options.draws)),
    )
    own = encoder.spec.pooling, dict(encoder.spec.pooling_arguments)
    others = [choice for choice in options.poolings if (choice.pooling, choice.arguments) != own]
    found: list[Result] = []
    for pooling in [None, *others]:
        context = ProbeContext(
            encoder=encoder,
            pack=training.pack,
            pooling=pooling,
            tta=options.tta,
            seed=recipe.seed,
            recipe=recipe.name,
            progress=training.place.heard,
        )
        # Costly probes are run once, for the encoder's own feature.
        found += run_probes(
            context,
            for_pooling(probes, own=pooling is None),
            name=name,
            out=training.place.folder / "probes",
            votes=votes,
            without_twins=options.without_twins,
        )
    return found
