"""Measure where YuNet finds landmarks and boxes in FER-2013, as shares of the image's side.

    python benchmarks/face_template.py [PACK] [--faces 1500]

The medians, made symmetric, are `asdcfer.recognition.alignment.TEMPLATE` and `BOX_TEMPLATE`. Faces
of 48 pixels fill their image, which YuNet never saw; so each is enlarged and given a margin first.
With the bundled sample instead of the whole training split the numbers move by about 0.01.
"""

import argparse

import cv2
import numpy as np

from asdcfer.data.pack import load_pack
from asdcfer.data.sample import sample_pack
from asdcfer.recognition.alignment import BOX_TEMPLATE, TEMPLATE
from asdcfer.recognition.detector import YuNet

ENLARGE, MARGIN = 3, 0.5


def measure(faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return landmarks (n,5,2) and boxes (n,4) of the faces found, as shares of the side."""
    find, points, boxes = YuNet(), [], []
    for face in faces:
        side = face.shape[0]
        margin = round(MARGIN * side)
        wide = cv2.copyMakeBorder(face, margin, margin, margin, margin, cv2.BORDER_REPLICATE)
        found = find(cv2.resize(wide, None, fx=ENLARGE, fy=ENLARGE, interpolation=cv2.INTER_CUBIC))
        if found:
            best = max(found, key=lambda d: d.score)
            points.append((best.landmarks / ENLARGE - margin) / side)
            boxes.append((np.array(best.box) / ENLARGE - [margin, margin, 0, 0]) / side)
    return np.array(points), np.array(boxes)


def symmetric(points: np.ndarray) -> np.ndarray:
    """Average landmarks (5,2) with their mirror image."""
    mirrored = points[[1, 0, 2, 4, 3]] * [-1, 1] + [1, 0]
    return (points + mirrored) / 2


def main() -> None:
    """Print what is measured beside what the package uses."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pack", nargs="?")
    parser.add_argument("--faces", type=int, default=1500)
    options = parser.parse_args()
    pack = load_pack(options.pack) if options.pack else sample_pack()
    rows = np.random.default_rng(0).permutation(pack.rows("train"))[: options.faces]
    points, boxes = measure(np.asarray(pack.images[np.sort(rows)]))
    print(f"YuNet finds {len(points)} of {len(rows)} faces")
    print("landmark      measured (median)   symmetric         used              spread")
    names = ("right eye", "left eye", "nose", "right mouth", "left mouth")
    median = np.median(points, 0)
    for name, a, b, c, d in zip(
        names, median, symmetric(median), TEMPLATE, points.std(0), strict=True
    ):
        print(
            f"{name:12}  {a[0]:.3f} {a[1]:.3f}         {b[0]:.3f} {b[1]:.3f}       {c[0]:.3f} "
            f"{c[1]:.3f}       {d[0]:.3f} {d[1]:.3f}"
        )
    print(
        "box           "
        + " ".join(f"{value:.3f}" for value in np.median(boxes, 0))
        + "   used "
        + " ".join(f"{value:.3f}" for value in BOX_TEMPLATE)
    )


if __name__ == "__main__":
    main()
