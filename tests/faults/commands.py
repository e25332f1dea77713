"""The commands that are disturbed, each with what it has to leave in the end."""

import csv
import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import yaml
from safetensors import safe_open

from asdcfer.data.pack import load_pack
from asdcfer.models.cards import read_weights
from asdcfer.models.weights import save_encoder, save_model
from tests.evaluation.standin import toy_encoder, toy_model, toy_pack
from tests.face_clips import write_clip

STAGE = {
    "encoder": {
        "name": "mobile",
        "arguments": {"width": 0.25},
        "pooling": "stages",
        "preprocessing": {"size": 32},
    },
    "options": {"queue_size": 40, "projector_hidden": 16, "projector_dim": 8},
    "views": {"size": 32, "warp_negatives": 1},
    "optimizer": {"learning_rate": 0.05, "warmup_epochs": 1},
    "epochs": 2,
    "batch_size": 20,
    "precision": "32",
    "log_every": 1,
    "checkpoint_every": 2,
    "health": {"every_epochs": 1, "images": 20, "knn_images": 20},
}
RECIPE = {
    "name": "tiny",
    "seed": 3,
    "data": {"pack": "pack", "splits": ["train"]},
    "teacher": {"method": "moco", **STAGE},
    "student": {"method": "asdc", **STAGE},
    "probes": {"kinds": ["knn", "linear"], "poolings": [], "encoders": ["student"]},
}


def make_inputs(folder: Path) -> None:
    """Write what all commands read: pack/, photos/, tree/, clips/, tiny.yaml, encoder and model."""
    folder.mkdir()
    pack = toy_pack(folder / "pack", {"train": 60, "public": 12, "private": 12})
    for number, image in enumerate(pack.images[:40]):
        label = pack.expressions[pack.labels[number]]
        (folder / "tree" / "train" / label).mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / "tree" / "train" / label / f"{number:03}.png"), image)
    (folder / "photos").mkdir()
    for number, image in enumerate(np.tile(pack.images[:48], (1, 2, 2))):
        cv2.imwrite(str(folder / "photos" / f"{number:03}.png"), image)
    for number, row in enumerate((1, 4, 7)):
        write_clip(folder / "clips" / f"{number}.mp4", [row], 2)
    # By JSON: references to one stage from two places are not read back.
    (folder / "tiny.yaml").write_text(yaml.safe_dump(json.loads(json.dumps(RECIPE))))
    save_encoder(folder / "encoder", toy_encoder(), {"recipe": "toy"})
    save_model(folder / "model", toy_model(), {"recipe": "toy"})


Outputs = Callable[[Path], dict[str, object]]


@dataclass(frozen=True)
class Command:
    """A command, run in the folder of the inputs.

    Attributes:
        name: of the verb.
        words: with OUT where the output is named.
        resume: words that are added to go on.
        outputs: what it has to leave, from the output; only what must be equal to the bit.
        again: what is said to go on after Ctrl-C.
        cost: processor seconds of one run, about.
        until: Ctrl-C comes before this share of an undisturbed run; less where part of the work is
            that of threads that have ended, which nobody counts while the run goes on.
    """

    name: str
    words: tuple[str, ...]
    outputs: Outputs
    resume: tuple[str, ...] = ()
    suffix: str = ""
    again: str = "--resume"
    at_most: int = field(default=10_000)
    until: float = 0.8

    def line(self, out: Path) -> list[str]:
        return [word.replace("OUT", str(out)) for word in self.words]

    def target(self, folder: Path) -> Path:
        return folder / f"out{self.suffix}"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def files(*patterns: str) -> Outputs:
    """Return the bytes of the files of an output folder, or of an output file and those beside."""

    def found(out: Path) -> dict[str, object]:
        base = out if out.is_dir() else out.parent
        paths = sorted(path for pattern in patterns for path in base.glob(pattern))
        assert paths, f"none of {patterns} in {base}"
        return {str(path.relative_to(base)): digest(path) for path in paths}

    return found


def steps(path: Path) -> list[tuple[str, str]]:
    """Return steps and losses of a log; its times differ."""
    rows = csv.DictReader(io.StringIO(path.read_text()))
    return [(row["step"], row["loss"]) for row in rows]


def of_a_run(out: Path) -> dict[str, object]:
    found = files("teacher/*.safetensors", "student/*.safetensors")(out)
    for name in ("teacher", "student"):
        found[f"{name} log"] = steps(out / name / "metrics.csv")
    for path in sorted((out / "probes").glob("*.json")):
        found[path.name] = json.loads(path.read_text())["accuracy"]
    assert (out / "report.html").is_file()
    assert json.loads((out / "run.json").read_text())["status"] == "finished"
    return found


def of_a_finetune(out: Path) -> dict[str, object]:
    found = files("*.safetensors")(out) | {"log": steps(out / "metrics.csv")}
    for path in sorted((out / "probes").glob("*.json")):
        found[path.name] = json.loads(path.read_text())["accuracy"]
    return found


def of_a_comparison(out: Path) -> dict[str, object]:
    found = files("rows/*/*/encoder.safetensors", "rows/*/finetune/model.safetensors")(out)
    for path in sorted(out.glob("rows/*/row.json")):
        row = json.loads(path.read_text())
        assert row["status"] == "finished", row
        found[path.parent.name] = [result["accuracy"] for result in row["results"]]
    assert (out / "comparison.html").is_file()
    assert not list(out.glob("rows/*/*/checkpoint"))
    return found


def of_an_adaptation(out: Path) -> dict[str, object]:
    found = files("model.safetensors")(out)
    for path in sorted((out / "results").glob("*.json")):
        found[path.name] = json.loads(path.read_text())["accuracy"]
    assert json.loads((out / "adapt.json").read_text())["status"] == "finished"
    return found


def words(line: str) -> tuple[str, ...]:
    return tuple(line.split())


COMMANDS = {
    command.name: command
    for command in (
        Command(
            "prepare",
            words("prepare tree OUT --size 32"),
            files("*"),
            again="run the same command again",
        ),
        Command(
            "prepare_videos",
            words("prepare clips OUT --detect --fps 2 --min-change 0"),
            files("*"),
            again="the same command goes on where it stopped",
            until=0.3,
        ),
        Command(
            "run",
            words("run --recipe tiny.yaml --out OUT --device cpu"),
            of_a_run,
            ("--resume",),
        ),
        Command(
            "finetune",
            words(
                "finetune encoder --data pack --out OUT --device cpu"
                " epochs=3 batch_size=15 learning_rate=0.01"
            ),
            of_a_finetune,
            ("--resume",),
        ),
        Command(
            "compare",
            words(
                "compare simclr --data pack --out OUT --steps 3 --device cpu"
                " --encoder mobile --encoder-option width=0.25 --view-option size=32"
                " --batch-size 20 --references random --shots 2 --trials 2 --draws 1"
                " --shares 50 --robustness-images 0 --finetune-epochs 1"
            ),
            of_a_comparison,
            again="the same command goes on",
        ),
        Command(
            "adapt",
            words(
                "adapt pack --out OUT --labels pack --model model --splits train --images 60"
                " --epochs 3 --no-finetune --folds 2 --device cpu"
            ),
            of_an_adaptation,
            ("--resume",),
        ),
        Command(
            "predict",
            words("predict photos --no-detect --model model --out OUT --annotate OUT.copies"),
            files("out.csv", "out.csv.copies/*"),
            ("--resume",),
            suffix=".csv",
        ),
        Command(
            "embed",
            words("embed photos --model encoder --out OUT"),
            files("out.npy", "out.ids.csv"),
            ("--resume",),
            suffix=".npy",
        ),
        Command(
            "export",
            words("export model OUT --data pack"),
            files("out.onnx"),
            suffix=".onnx",
            again="run the same command again",
            at_most=15,
        ),
    )
}


def check_nothing_is_half_written(folder: Path) -> None:
    """Read every file that has its own name; temporary names and logs of lines are passed over."""
    for path in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if hidden or not path.is_file() or ".partial" in str(path):
            continue
        if path.suffix == ".json":
            json.loads(path.read_text())
        elif path.suffix == ".safetensors":
            with safe_open(path, "np") as tensors:
                assert len(list(tensors.keys())) > 0
            if path.with_suffix(".json").is_file() and path.stem != "state":
                read_weights(path)
        elif path.suffix == ".npy":
            np.load(path)
        elif path.suffix == ".onnx":
            from asdcfer.recognition.onnx_runtime import OnnxRuntime

            OnnxRuntime(path, "cpu")
        elif path.suffix == ".yaml":
            assert yaml.safe_load(path.read_text())["name"]
        elif path.suffix == ".png":
            assert cv2.imread(str(path)) is not None
        elif path.name == "pack.json":
            load_pack(path.parent, verify=True)


def leftovers(folder: Path) -> list[str]:
    """Return temporary files, locks and journals, of which a finished command leaves none."""
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if ".tmp" in path.name or path.name.endswith((".lock", ".partial"))
    )
