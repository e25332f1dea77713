"""KDEF: files named by session, sex, subject, expression and angle (AF01ANS.JPG).

There is no official split: subjects are divided, see `by_subject`; the two sessions A and B of a
subject stay together. All five angles are read.
Source: Lundqvist, Flykt and Ohman, "The Karolinska Directed Emotional Faces", 1998. For research,
    by agreement with its authors.
"""

import re

from asdcfer.data.datasets.named_files import Names, named_source
from asdcfer.expressions import EXPRESSIONS, JAFFE_CODES

CODES = {code: name for code, name in JAFFE_CODES.items() if code != "FE"} | {"AF": "fear"}
"""KDEF's code -> expression; its AF is "afraid"."""

NAMES = Names(
    re.compile(
        r"[AB](?P<subject>[FM]\d\d)(?P<code>[A-Z]{2})(S|HL|HR|FL|FR)([ _-].*)?\.\w+", re.IGNORECASE
    ),
    CODES,
    "AF01ANS.JPG",
    {
        "name": "KDEF",
        "origin": "Lundqvist, Flykt and Ohman, Karolinska Institutet 1998",
        "license": "non-commercial research",
        "split": "every fifth subject is test",
    },
    EXPRESSIONS,
)

SOURCE = named_source("kdef", "KDEF files, divided by subject", NAMES)
