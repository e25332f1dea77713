"""JAFFE: files named by subject, expression and number (KA.HA1.29.tiff), in one folder or below it.

There is no official split: subjects are divided, see `by_subject`.
Source: Lyons, Akamatsu, Kamachi and Gyoba, "Coding facial expressions with Gabor wavelets", FG
    1998.
"""

import re

from asdcfer.data.datasets.named_files import Names, named_source
from asdcfer.expressions import EXPRESSIONS, JAFFE_CODES

NAMES = Names(
    re.compile(r"(?P<subject>[A-Z]{2})[.-](?P<code>[A-Z]{2})\d+[.-]\d+\.\w+", re.IGNORECASE),
    JAFFE_CODES,
    "KA.HA1.29.tiff",
    {
        "name": "JAFFE",
        "origin": "Lyons et al., FG 1998",
        "license": "non-commercial research",
        "split": "every fifth subject is test",
    },
    EXPRESSIONS,
)

SOURCE = named_source("jaffe", "JAFFE files, divided by subject", NAMES)
