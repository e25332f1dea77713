"""Registry of the probes: their contract, their names, and how settings become a probe.

It imports no probe until one is asked for by name, so that lists of names cost nothing.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from asdcfer.errors import DataError
from asdcfer.lazy_names import LazyClasses

if TYPE_CHECKING:
    from asdcfer.evaluation.probes.context import ProbeContext
    from asdcfer.evaluation.result import Result


class Probe(Protocol):
    """One way of measuring a frozen encoder with labels that it never saw.

    A probe is a frozen pydantic model, or any class with these two names. Its fields are its
    settings: `build_probes` gives each probe the settings that it has fields for.
    """

    @property
    def kind(self) -> str:
        """Name of the probe in `PROBES`."""

    def run(self, context: "ProbeContext") -> Iterator["Result"]:
        """Measure an encoder and give its results.

        Raises:
            DataError: the pack is unlabeled, or lacks a split.
        """


PROBES: LazyClasses[Probe] = LazyClasses(
    {
        "linear": "asdcfer.evaluation.probes.linear:LinearProbe",
        "knn": "asdcfer.evaluation.probes.knn:KnnProbe",
        "flattened": "asdcfer.evaluation.probes.flattened:FlattenedProbe",
        "few_labels": "asdcfer.evaluation.probes.few_labels:FewLabelsProbe",
        "few_shot": "asdcfer.evaluation.probes.few_shot:FewShotProbe",
    }
)
"""Name -> probe, in the order of reports: the only line that a new probe adds."""

DEFAULT_KINDS = ("knn", "linear")
"""Probes that are run where nobody says which."""


def build_probes(kinds: Iterable[str] = DEFAULT_KINDS, **settings: Any) -> list[Probe]:
    """Return probes by name.

    Args:
        kinds: names of `PROBES`.
        **settings: each goes to the probes that have a field of its name.

    Raises:
        DataError: an unknown kind, or a setting that no probe at all has.

    Example:
        >>> [probe.kind for probe in build_probes(["knn", "linear"], scalings=("whole",))]
        ['knn', 'linear']
    """
    kinds = list(kinds)
    unknown = [kind for kind in kinds if kind not in PROBES]
    if unknown:
        raise DataError(f"there is no probe {unknown[0]!r}; there are {', '.join(PROBES)}")
    names = {kind: set(settings_of(kind)) for kind in PROBES if settings or kind in kinds}
    foreign = [name for name in settings if not any(name in own for own in names.values())]
    if foreign:
        raise DataError(f"no probe has a setting {foreign[0]!r}")
    return [
        PROBES[kind](**{name: value for name, value in settings.items() if name in names[kind]})
        for kind in kinds
    ]


def settings_of(kind: str) -> tuple[str, ...]:
    """Return the names of a probe's settings.

    Example:
        >>> settings_of("few_labels")
        ('shares', 'per_class', 'draws', 'prior')
    """
    return tuple(getattr(PROBES[kind], "model_fields", ()))
