"""Images whose file names are their labels: happy_012.jpg, 3-sad.png, in one folder or by split.

Read only where nearly all names hold an expression and nothing else, and several expressions occur:
"angry_actor_104.jpg" says what was searched for and not what is shown.
"""

from asdcfer.data.datasets.class_folders import ClassFolders
from asdcfer.data.datasets.folder_dataset import Plan, folder_source, readings_told
from asdcfer.data.datasets.folder_walk import Item
from asdcfer.data.datasets.label_words import expression_in, words_of
from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.named_files import MOST_OF
from asdcfer.data.datasets.source import Options
from asdcfer.data.datasets.split_words import split_in
from asdcfer.data.pack import Skipped


def _plan(layout: Layout, options: Options) -> Plan | None:
    meant = {place.path: expression_in(place.path.stem) for place in layout.images}
    named = [place for place in layout.images if meant[place.path]]
    if len({name for name in meant.values() if name}) < 2:
        return None
    if len(named) < MOST_OF * len(layout.images):
        return None
    folders = ClassFolders({place.parts[:-1] for place in layout.images})
    plan = Plan(f"files named like {named[0].path.name}", {"name": "images named by expression"})
    for place in named:
        split = folders.of(place.parts[:-1]).split or split_in(place.path.stem) or "train"
        plan.found.append((Item(place.path, place.name, split), meant[place.path]))
    words = {" ".join(words_of(place.path.stem)): str(meant[place.path]) for place in named}
    plan.notes = readings_told(dict(sorted(words.items())))
    plan.skipped = [
        Skipped(place.name, "outside the layout: its name is no expression")
        for place in layout.images
        if not meant[place.path]
    ]
    return plan


SOURCE = folder_source(
    "names", "images named by their expression", _plan, "files named like happy_012.jpg"
)
