"""Build the page that recognizes in the browser: a folder of files, for any server of files.

python -m browser.build [--out build/browser] [--model nano] [--tarball FILE.tgz]
"""

import argparse
import inspect
import json
import re
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import asdcfer
from asdcfer import api
from asdcfer.errors import AsdcferError
from asdcfer.export.onnx import require_onnx
from asdcfer.files import atomic_folder
from asdcfer.recognition import (
    alignment,
    detection,
    detector,
    face_search,
    low_light,
    yunet_networks,
)
from asdcfer.recognition.onnx_runtime import OnnxRuntime
from asdcfer.recognition.options import DetectionOptions
from asdcfer.recognition.palette import OTHER, looks
from browser.onnxruntime_web import extract, pin, tarball

ROOT = Path(__file__).resolve().parents[1]
PAGE = Path(__file__).with_name("page")
APP = Path(inspect.getfile(asdcfer)).parent / "app" / "static"
OF_THE_APP = (
    "camera.js",
    "chosen_file.js",
    "elements.js",
    "faces.js",
    "icon.svg",
    "page.css",
    "palette.js",
    "stage.js",
)
"""Files that the page shares with that of `asdcfer app`."""
NOTE = re.compile(r' *<section class="note".*?</section>\n', re.DOTALL)
"""What expression recognition cannot tell, in the page of `asdcfer app`."""
NOTE_HERE = "    <!-- what it cannot tell, in the words of the app -->\n"
"""Where the page has the same."""


def build(out: Path, model: str = "nano", given: Path | None = None) -> int:
    """Write the page with model, detector and ONNX Runtime; return the bytes of all its files.

    Args:
        out: folder to make; one that is there is replaced once the new one is whole.
        model: a name of `asdcfer models`, or weights with a classifier.
        given: tarball of onnxruntime-web; None has npm fetch it, once.

    Raises:
        AsdcferError: npm fetches nothing, or the model cannot be exported.
    """
    source = tarball(out.parent, given)
    with atomic_folder(out) as folder:
        for file in sorted(PAGE.iterdir()):
            shutil.copyfile(file, folder / file.name)
        for name in OF_THE_APP:
            shutil.copyfile(APP / name, folder / name)
        (folder / "index.html").write_text(with_note(), encoding="utf-8")
        extract(source, folder / "onnxruntime")
        _write_model(model, folder)
        write_detector(folder / "yunet.onnx")
        about = settings(folder / "model.onnx", model)
        (folder / "settings.json").write_text(json.dumps(about, indent=1), encoding="utf-8")
        (folder / "NOTICE.txt").write_text(notice(), encoding="utf-8")
        return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def with_note() -> str:
    """Return the page with the app's words on what it cannot tell: they stand in one place."""
    (note,) = NOTE.findall((APP / "index.html").read_text(encoding="utf-8"))
    page = (PAGE / "index.html").read_text(encoding="utf-8")
    before, after = page.split(NOTE_HERE)
    return f"{before}{note}{after}"


def _write_model(model: str, folder: Path) -> None:
    api.export(model, folder / "whole.onnx", api.ExportSettings(int8=True))
    (folder / "whole.onnx").unlink()
    (folder / "whole.int8.onnx").rename(folder / "model.onnx")


def write_detector(target: Path) -> None:
    """Write YuNet for pictures of any size; its file says 640 x 640, its layers do not mind."""
    onnx = require_onnx()
    graph = onnx.load(str(detector.yunet_path()))
    sides = graph.graph.input[0].type.tensor_type.shape.dim[2:]
    for side, name in zip(sides, ("height", "width"), strict=True):
        side.dim_param = name
    for output in graph.graph.output:
        output.type.tensor_type.shape.dim[1].dim_param = f"cells_{output.name}"
    del graph.graph.value_info[:]
    onnx.checker.check_model(graph)
    onnx.save(graph, str(target))


def settings(model: Path, name: str) -> dict[str, Any]:
    """Return the numbers by which Python recognizes, for the page: none is written twice."""
    runtime = OnnxRuntime(model, "cpu")
    defaults = DetectionOptions()
    overlap = inspect.signature(detector.YuNet).parameters["nms_threshold"].default
    wasm = pin()
    drawn = looks(runtime.expressions) | {"uncertain": OTHER}
    return {
        "expressions": list(runtime.expressions),
        "size": runtime.size,
        "channels": runtime.channels,
        "min_face": defaults.min_face,
        "looks": {expression: asdict(look) for expression, look in drawn.items()},
        "about": (
            f"asdcfer {asdcfer.__version__}, model {name} in int8; {wasm['package']} "
            f"{wasm['version']}"
        ),
        "alignment": {
            "template": alignment.TEMPLATE.tolist(),
            "box_template": alignment.BOX_TEMPLATE.tolist(),
            "most_supersampling": alignment.MOST_SUPERSAMPLING,
        },
        "detector": {
            "score_threshold": defaults.score_threshold,
            "nms_threshold": overlap,
            "least_side": yunet_networks.LEAST_SIDE,
            "long_side_photo": detector.LONG_SIDE_PHOTO,
            "long_side_video": detector.LONG_SIDE_VIDEO,
            "most_shrunk": detector.MOST_SHRUNK,
            "fine": detector.FINE,
            "sure": face_search.SURE,
            "close_up": face_search.CLOSE_UP,
            "close_up_side": face_search.CLOSE_UP_SIDE,
            "turned_share": face_search.TURNED_SHARE,
            "around": face_search.AROUND,
            "around_side": face_search.AROUND_SIDE,
            "most_alone": face_search.MOST_ALONE,
            "margin": face_search.MARGIN,
            "same": detection.SAME,
            "inside": detection.INSIDE,
            "dim": low_light.DIM,
            "light": low_light.LIGHT,
            "most_gain": low_light.MOST,
            "share": low_light.SHARE,
            "sampled": low_light.SAMPLED,
        },
    }


def notice() -> str:
    """Return the licences of what the page is made of."""
    wasm = pin()
    yunet = detector.yunet_path().with_name("THIRD_PARTY_NOTICE.txt")
    return "\n".join(
        (
            f"asdcfer {asdcfer.__version__}\n",
            (ROOT / "LICENSE").read_text(encoding="utf-8"),
            f"onnxruntime/: of {wasm['package']} {wasm['version']}, Copyright (c) Microsoft "
            f"Corporation, under the {wasm['license']} License, unchanged.\n",
            "yunet.onnx: the file below, its sizes made free.\n",
            yunet.read_text(encoding="utf-8"),
        )
    )


def main() -> None:
    """Build by the command line; what is missing is one line and exit status 2."""
    words = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    words.add_argument("--out", type=Path, default=ROOT / "build" / "browser")
    words.add_argument("--model", default="nano", help="a name of `asdcfer models`, or weights")
    words.add_argument("--tarball", type=Path, help="onnxruntime-web, fetched elsewhere")
    given = words.parse_args()
    try:
        size = build(given.out, given.model, given.tarball)
    except AsdcferError as error:
        print(f"browser: {error}", file=sys.stderr)
        sys.exit(2)
    print(f"{given.out}: {size / 1e6:.1f} MB; look at it by: python3 -m http.server -d {given.out}")


if __name__ == "__main__":
    main()
