"""ELAN: events as a file of the annotation tool of that name, one tier a person."""

import mimetypes
import os
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path, PurePath

from asdcfer.files import atomic_write
from asdcfer.summary.events import Event

SCHEMA = "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"


def write_elan(path: str | os.PathLike[str], events: Sequence[Event]) -> None:
    """Write events as .eaf; times in whole milliseconds, tiers by person.

    Events of one file link it by its name, so that ELAN plays it where it lies beside the .eaf.
    Where events are of several files, none is linked, and a tier is named by person and file.

    Args:
        path: ends in .eaf.
        events: of any number of persons; those of one person never overlap.

    Source: the annotation format EAF 3.0 of ELAN, Max Planck Institute for Psycholinguistics.
    """
    document = ET.Element(
        "ANNOTATION_DOCUMENT",
        {
            "AUTHOR": "asdcfer",
            "DATE": "1970-01-01T00:00:00+00:00",
            "FORMAT": "3.0",
            "VERSION": "3.0",
            "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
            "xsi:noNamespaceSchemaLocation": SCHEMA,
        },
    )
    files = list(dict.fromkeys(event.file for event in events))
    several = len(files) > 1
    header = ET.SubElement(document, "HEADER", {"MEDIA_FILE": "", "TIME_UNITS": "milliseconds"})
    if len(files) == 1:
        ET.SubElement(header, "MEDIA_DESCRIPTOR", _media(files[0]))
    order = ET.SubElement(document, "TIME_ORDER")
    tiers: dict[str, list[Event]] = {}
    for event in events:
        name = f"{event.person} ({event.file})" if several else event.person
        tiers.setdefault(name, []).append(event)
    slots = annotations = 0
    for name, each in tiers.items():
        tier = ET.SubElement(
            document, "TIER", {"LINGUISTIC_TYPE_REF": "expression", "TIER_ID": name}
        )
        for event in each:
            references = []
            for moment in (event.start, event.end):
                slots += 1
                value = str(round(1000 * moment))
                ET.SubElement(
                    order, "TIME_SLOT", {"TIME_SLOT_ID": f"ts{slots}", "TIME_VALUE": value}
                )
                references.append(f"ts{slots}")
            annotations += 1
            holder = ET.SubElement(tier, "ANNOTATION")
            marked = ET.SubElement(
                holder,
                "ALIGNABLE_ANNOTATION",
                {
                    "ANNOTATION_ID": f"a{annotations}",
                    "TIME_SLOT_REF1": references[0],
                    "TIME_SLOT_REF2": references[1],
                },
            )
            ET.SubElement(marked, "ANNOTATION_VALUE").text = event.expression
    ET.SubElement(
        document,
        "LINGUISTIC_TYPE",
        {
            "GRAPHIC_REFERENCES": "false",
            "LINGUISTIC_TYPE_ID": "expression",
            "TIME_ALIGNABLE": "true",
        },
    )
    ET.indent(document)
    with atomic_write(Path(path)) as temporary:
        ET.ElementTree(document).write(temporary, encoding="utf-8", xml_declaration=True)


def _media(file: str) -> dict[str, str]:
    """Return the attributes that link a file which lies beside the annotations."""
    beside = f"./{PurePath(file.replace(chr(92), '/')).name}"
    kind = mimetypes.guess_type(beside)[0] or "unknown"
    return {"MEDIA_URL": beside, "RELATIVE_MEDIA_URL": beside, "MIME_TYPE": kind}
