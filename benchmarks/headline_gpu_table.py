"""Tables of one run of headline_gpu.py; benchmarks/headline_gpu_table.py is part of headline.py."""

import math
import statistics
from typing import Any

PORTS = {"b61b4c3": "309d03f130f22431aa597d9484c3bcce51f3b9a3"}
"""Source of a run before the files moved -> the commit that holds the same code today."""
ENCODERS = {
    "imitation": "student, width 48, imitation of Fisher vectors",
    "deep_teacher": "deep teacher, width 96, imitation of Fisher vectors",
    "teacher_imitation": "the same student, imitation of the deep teacher's directions",
    "asdc": "**ASDC student, all four terms**, width 48, from that student under the teacher",
    "light_imitation": "light, width 24, imitation of the ASDC student",
    "light_encoder": "light, then all four terms under the ASDC student",
}


def table(rows: list[list[str]], head: list[str]) -> str:
    """Return rows as Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def number(value: float | None) -> str:
    """Return a percentage with two decimals.

    Example:
        >>> number(61.9), number(None)
        ('61.90', '')
    """
    return "" if value is None else f"{value:.2f}"


def spread(values: list[float]) -> str:
    """Return mean and deviation.

    Example:
        >>> spread([1.0, 2.0, 3.0])
        '2.00 +- 1.00'
    """
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{statistics.mean(values):.2f} +- {deviation:.2f}"


def encoders(found: dict[str, Any]) -> str:
    """Return the table of the frozen encoders."""
    rows = []
    for name, title in ENCODERS.items():
        if name in found:
            one = found[name]
            cost = f"{one['steps']:,} updates, {one['seconds']:.0f} s"
            rows.append(
                [title, f"{one['dim']:,}", number(one["private"]), number(one["public"]), cost]
            )
    return table(rows, ["frozen encoder", "numbers", "PrivateTest", "PublicTest", "training"])


def details(one: dict[str, Any]) -> str:
    """Return everything that was measured of the ASDC student."""
    mirror, mirrors = one["mirror_mean"], one["trained_with_mirrors"]
    rows = [
        ["linear probe, the face alone", number(one["private"]), number(one["public"])],
        ["the same without twins", number(one["private_without_twins"]), ""],
        ["both test lists (7,178 images)", number(one["union"]), ""],
        [
            "mean feature of face and mirror image",
            number(mirror["private"]),
            number(mirror["public"]),
        ],
        ["the same without twins", number(mirror["without_twins"]), ""],
        [
            "probe trained with mirror images, tested without",
            number(mirrors["private"]),
            number(mirrors["public"]),
        ],
        ["kNN", number(one["knn"]["private"]), number(one["knn"]["public"])],
        [
            "globally pooled, linear probe",
            number(one["global"]["private"]),
            number(one["global"]["public"]),
        ],
        [
            "FER+ labels (majority, 8 expressions)",
            number(one["ferplus"]["private"]),
            number(one["ferplus"]["public"]),
        ],
    ]
    return table(rows, ["ASDC student", "PrivateTest", "PublicTest"])


def of_arm(found: dict[str, Any], arm: str) -> list[dict[str, Any]]:
    """Return the results of an arm, a seed each."""
    return [one for name, one in found.items() if name.startswith(f"arm_{arm}_")]


def arms(found: dict[str, Any]) -> str:
    """Return the equal-time comparison."""
    sides = {arm: of_arm(found, arm) for arm in ("imitation", "asdc")}
    rows = [
        [
            arm,
            str(len(each)),
            spread([one["private"] for one in each]),
            spread([one["public"] for one in each]),
            spread([both_lists(one) for one in each]),
            f"{statistics.mean(one['steps'] for one in each):,.0f}",
            f"{statistics.mean(one['seconds'] for one in each):.0f} s",
        ]
        for arm, each in sides.items()
        if each
    ]
    head = ["arm", "seeds", "PrivateTest", "PublicTest", "both lists", "updates", "time"]
    return table(rows, head)


def both_lists(one: dict[str, Any]) -> float:
    """Return the accuracy over both test lists, which are of one size."""
    return float(one["private"] + one["public"]) / 2


def verdict(found: dict[str, Any]) -> str:
    """Return what the equal-time comparison says, over both test lists.

    Example:
        >>> one = {"private": 60.0, "public": 60.0}
        >>> other = {"private": 62.0, "public": 61.0}
        >>> verdict({"arm_asdc_0": one, "arm_imitation_0": other})
        'All four terms less imitation alone, over both test lists: -1.50 +- 0.00 points.'
    """
    ours, other = ([both_lists(one) for one in of_arm(found, arm)] for arm in ("asdc", "imitation"))
    gain = statistics.mean(ours) - statistics.mean(other)
    spreads = [statistics.stdev(each) if len(each) > 1 else 0.0 for each in (ours, other)]
    return (
        "All four terms less imitation alone, over both test lists: "
        f"{gain:+.2f} +- {math.hypot(*spreads):.2f} points."
    )


def singles(found: dict[str, Any], prefix: str, titles: dict[str, str]) -> str:
    """Return the table of trainings with one seed each, whose names begin alike.

    Args:
        found: all results.
        prefix: of their names.
        titles: rest of a name -> words.
    """
    rows = [
        [
            titles.get(name.removeprefix(prefix), name.removeprefix(prefix)),
            number(one["private"]),
            number(one["public"]),
            number(both_lists(one)),
            f"{one['steps']:,}",
            f"{one['seconds']:.0f} s",
        ]
        for name, one in found.items()
        if name.startswith(prefix)
    ]
    head = ["training", "PrivateTest", "PublicTest", "both lists", "updates", "time"]
    return table(rows, head)


def few(found: dict[str, Any]) -> str:
    """Return the results of 250 labels an expression."""
    each = [one for name, one in found.items() if name.startswith("few_labels_")]
    rows = [
        ["linear probe", spread([one["probe"]["private"] for one in each])],
        ["fine-tuned with the other faces unlabeled", ""],
    ]
    rows[1][1] = spread([one["private"]["one_pass"] for one in each])
    return table(rows, [f"250 labels an expression, {len(each)} draws", "PrivateTest"])
