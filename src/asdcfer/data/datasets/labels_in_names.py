"""Images whose file names are their labels: happy_012.jpg, 3-sad.png, in one folder or by split.

Read by itself only where nearly all names hold an expression and nothing else, and several
expressions occur: "angry_actor_104.jpg" may say what was searched for and not what is shown. Asked
for by name, words beside an expression, and abbreviations (1001_DFA_ANG_XX.jpg), are read as well.
"""

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

from asdcfer.data.datasets.class_folders import ClassFolders
from asdcfer.data.datasets.folder_dataset import Plan, folder_source, reading, readings_told
from asdcfer.data.datasets.folder_walk import Item
from asdcfer.data.datasets.label_words import abbreviated, expression_in, words_of
from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.named_files import MOST_OF
from asdcfer.data.datasets.places import Place, Places
from asdcfer.data.datasets.source import Options, Reading
from asdcfer.data.datasets.split_words import split_in
from asdcfer.data.pack_writing import Skipped
from asdcfer.errors import DataError
from asdcfer.expressions import EXPRESSIONS_WITH_CONTEMPT

EXPECTED = "files named like happy_012.jpg"
_TURNS = frozenset(["not", "no", "non", "un", "nicht", "pas"])
"""Words that may turn the meaning of the next one."""


def in_names(layout: Layout) -> dict[Path, str]:
    """Return the expression in each file name, whatever else it holds, of names that hold one.

    None are given where few names hold an expression, or only one expression occurs.
    """
    places = layout.images
    meant = {place.path: found for place in places if (found := _among(place.stem))}
    kinds = len(set(meant.values()))
    most = kinds > 1 and len(meant) >= MOST_OF * len(places)
    if most or (kinds > 2 and 4 * len(meant) >= len(places)):
        return meant
    return _by_letters(places) or _by_codes(places)


def _among(stem: str) -> str | None:
    words = words_of(stem)
    found = {meant for word in words if (meant := expression_in(word))}
    return found.pop() if len(found) == 1 and not _TURNS & set(words) else None


def _by_letters(places: Places) -> dict[Path, str]:
    """Return the expression of each name of a set that says it in a letter or two."""
    for pattern, codes in _LETTERS:
        meant = {
            place.path: codes[match["code"].lower()]
            for place in places
            if (match := pattern.fullmatch(place.stem))
        }
        if len(set(meant.values())) > 1 and 2 * len(meant) > len(places):
            return meant
    return {}


_LETTERS = (
    (  # FACES (Ebner et al., Behavior Research Methods 2010): 004_o_m_a_a.jpg
        re.compile(r"\d{3}_[ymo]_[mf]_(?P<code>[adfhns])_[ab]", re.IGNORECASE),
        dict(zip("adfhns", ("angry", "disgust", "fear", "happy", "neutral", "sad"), strict=True)),
    ),
    (  # Chicago Face Database (Ma et al., 2015): CFD-WM-001-014-HC.jpg
        re.compile(r"CFD-[A-Z]{2}-\d{3}-\d{3}-(?P<code>N|A|F|HC|HO)", re.IGNORECASE),
        {"n": "neutral", "a": "angry", "f": "fear", "hc": "happy", "ho": "happy"},
    ),
)
"""Manners of naming -> codes; too short to be told from initials without the rest of the name."""


def _by_codes(places: Places) -> dict[Path, str]:
    """Return the expression of each name in which one place holds abbreviations of several."""
    widths = {len(_tokens(place)) for place in places}
    for number in range(widths.pop() if len(widths) == 1 else 0):
        at = Counter(_tokens(place)[number] for place in places)
        known = {
            code: name
            for name in EXPRESSIONS_WITH_CONTEMPT
            for code in at
            if 2 <= len(code) <= 4 and abbreviated({code, *_FILLING[name]}).get(code) == name
        }
        if len(set(known.values())) == len(known) > 3 and 2 * sum(at[code] for code in known) > len(
            places
        ):
            return {
                place.path: known[code]
                for code in known
                for place in places
                if _tokens(place)[number] == code
            }
    return {}


def _tokens(place: Place) -> list[str]:
    return re.findall(r"[A-Za-z]+", place.stem)


_FILLING = {
    name: [other for other in EXPRESSIONS_WITH_CONTEMPT if other != name][:2]
    for name in EXPRESSIONS_WITH_CONTEMPT
}
"""Two other expressions for each, in whose company an abbreviation is understood."""


def _plan(layout: Layout, options: Options) -> Plan | None:
    meant = {
        place.path: found
        for place in layout.images
        if (found := expression_in(place.stem)) is not None
    }
    if len(set(meant.values())) < 2 or len(meant) < MOST_OF * len(layout.images):
        return None
    return _planned(layout, meant)


def _planned(layout: Layout, meant: dict[Path, str]) -> Plan:
    named = [place for place in layout.images if place.path in meant]
    folders = ClassFolders(layout.images.folders)
    plan = Plan(f"files named like {named[0].path.name}", {"name": "images named by expression"})
    for place in named:
        split = folders.of(place.parts[:-1]).split or split_in(place.stem) or "train"
        plan.add(Item(place.path, place.name, split), meant[place.path])
    words = {" ".join(words_of(place.stem)): meant[place.path] for place in named}
    plan.notes = readings_told(dict(sorted(words.items())))
    plan.skipped = [
        Skipped(place.name, "outside the layout: its name is no expression")
        for place in layout.images
        if place.path not in meant
    ]
    return plan


def _read(layout: Layout, options: Options) -> Reading:
    layout.require_folder()
    plan = _plan(layout, options)
    if plan is None:
        meant = in_names(layout)
        if not meant:
            raise DataError(f"{layout.path} holds no {EXPECTED}")
        plan = _planned(layout, meant)
    return reading(plan, layout, options)


SOURCE = replace(
    folder_source("names", "images named by their expression", _plan, EXPECTED), read=_read
)
