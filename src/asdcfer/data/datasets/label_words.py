"""Words for expressions: how people call them, also in other languages, and how they misspell them.

`expressions.expression_of` knows the usual English words; what is understood here is told to the
user, because it is a reading of ours.
"""

import re
import unicodedata

from asdcfer.expressions import EXPRESSIONS_WITH_CONTEMPT, expression_of

_WORDS: dict[str, str] = {
    "angry": (
        "angrily anger angered rage fury furious colère colere fâché fache wut "
        "wütend wuetend ärger aerger zorn enojo enojado enfado ira rabia raiva "
        "zangado rabbia arrabbiato boos boosheid k\u0131zg\u0131n kizgin öfke ofke öfkeli "
        "złość zlosc gniew злость гнев злой 生气 愤怒 生氣 憤怒 怒り 怒 분노 화남 marah arg غضب "
        "गुस्सा क्रोध woede angriness hněv naštvaný kemarahan θυμός θυμωμένος כועס כעס غاضب โกรธ"
    ),
    "disgust": (
        "disgusted disgusting disgustedly dégoût degout dégoûté ekel asco nojo "
        "disgusto disgustato walging afschuw iğrenme igrenme tiksinme wstręt wstret "
        "отвращение 厌恶 厭惡 恶心 嫌悪 혐오 jijik äcklad اشمئزاز "
        "znechucení αηδία גועל รังเกียจ"
    ),
    "fear": (
        "fearful fearfully scared frightened terrified peur angst furcht ängstlich "
        "miedo temor medo paura korku korkmuş strach страх 恐惧 恐懼 害怕 恐れ 恐怖 공포 두려움 "
        "takut ketakutan rädd خوف خائف डर भय φόβος פחד กลัว"
    ),
    "happy": (
        "happily happiness joy joyful joie heureux heureuse freude glücklich "
        "gluecklich fröhlich feliz felicidad alegría alegria felicidade gioia "
        "felice felicità felicita blij blijdschap mutlu mutluluk radość radosc "
        "радость счастье 高兴 高興 开心 開心 快乐 快樂 喜び "
        "幸せ 喜 행복 기쁨 bahagia senang glad سعادة "
        "खुश खुशी سعيد vreugde vrolijk kebahagiaan χαρά χαρούμενος שמח שמחה ความสุข lykkelig "
        "iloinen öröm boldog fericit šťastný štěstí"
    ),
    "sad": (
        "sadly sadness sorrow sorrowful tristesse triste trauer traurig tristeza "
        "tristezza verdrietig verdriet üzgün uzgun üzüntü uzuntu smutek smutny "
        "грусть печаль грустный 悲伤 悲傷 伤心 傷心 难过 難過 悲しみ 悲 슬픔 sedih ledsen حزن उदास "
        "kesedihan حزين दुख λύπη λυπημένος עצוב เศร้า surullinen szomorú smutný"
    ),
    "surprise": (
        "surprised surprisedly surprising astonished surpris überraschung "
        "ueberraschung überrascht ueberrascht sorpresa sorprendido surpresa "
        "sorpreso verrassing verrast şaşk\u0131n saskin şaş\u0131rma sasirma zaskoczenie "
        "zdziwienie удивление 惊讶 驚訝 惊奇 驚奇 驚き 놀람 terkejut kaget förvånad مفاجأة "
        "आश्चर्य متفاجئ překvapení έκπληξη הפתעה ประหลาดใจ yllättynyt meglepett"
    ),
    "neutral": (
        "neutrality natural neutre neutro neutra neutrale neutraal nötr notr "
        "neutralny нейтральный нейтральное нейтраль 中性 平静 平靜 中立 無表情 중립 무표정 netral "
        "محايد neutrální ουδέτερο ניטרלי तटस्थ semleges"
    ),
    "contempt": (
        "contemptuous mépris mepris verachtung desprecio desprezo disprezzo "
        "minachting küçümseme kucumseme pogarda презрение 轻蔑 輕蔑 蔑视 蔑視 軽蔑 경멸 förakt "
        "opovržení περιφρόνηση בוז ازدراء"
    ),
}
"""Expression -> words for it; beside English, those of some twenty-five languages."""
_MEANING = {
    unicodedata.normalize("NFC", word).casefold(): name
    for name, text in _WORDS.items()
    for word in text.split()
}

_ASIDE = """
face faces facial img imgs image images pic pics picture pictures photo photos frame frames
emotion emotions expression expressions feeling mood look looking class cls category label people
person data dataset set folder crop crops cropped align aligned resize resized gray grey rgb new old
final sample samples aug augmented basic s
fer ferplus ck ckplus jaffe kdef raf rafdb db affectnet expw sfew afew
train training val valid validation dev test testing
"""
_BESIDE = frozenset(_ASIDE.split())
"""Words that stand beside the name of an expression and change nothing about it.

Names of data sets are among them, which joined trees leave in their folders.
"""


_OF_CLASSES = frozenset(["class", "cls", "category", "label", "emotion", "expression", "expr"])
"""Words that stand beside the number of a class."""


def words_of(name: str) -> list[str]:
    """Return the words of a name in lower case, without its digits and signs.

    Example:
        >>> words_of("03_HappyFaces"), words_of("FER2013Train")
        (['happy', 'faces'], ['fer', 'train'])
    """
    name = unicodedata.normalize("NFC", name)
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return re.findall(r"[^\W\d_]+", apart.casefold())


def expression_in(name: str) -> str | None:
    """Return the expression that a name holds beside numbers and words that change nothing.

    Two expressions, or a word that might turn the meaning, give None.

    Example:
        >>> [expression_in(name) for name in ("0_angry", "happy face", "Freude", "not_happy")]
        ['angry', 'happy', 'happy', None]
    """
    plain = expression_of(name) or _MEANING.get(unicodedata.normalize("NFC", name).casefold())
    if plain:
        return plain
    left = [word for word in words_of(name) if word not in _BESIDE]
    if len(left) != 1:
        return None
    return expression_of(left[0]) or _MEANING.get(left[0])


def number_in(name: str) -> int | None:
    """Return the number that a name is, alone or after a word for classes, or None.

    Example:
        >>> [number_in(name) for name in ("03", "3.0", "class-3", "S01", "3_happy", "-1")]
        [3, 3, 3, None, None, None]
    """
    numbers = re.findall(r"-?\d+", re.sub(r"(?<=\d)\.0+$", "", name))
    if len(numbers) != 1 or len(numbers[0]) > 6 or not numbers[0].isascii():
        return None
    # In "class-3" the sign divides, alone it is a minus.
    if name.strip().startswith("-"):
        return None
    return abs(int(numbers[0])) if set(words_of(name)) <= _OF_CLASSES else None


def misspelt(name: str) -> str | None:
    """Return the expression that a name means but for one or two letters, or None.

    Only to be asked of a name among others that are expressions.

    Example:
        >>> misspelt("hapy"), misspelt("suprised"), misspelt("tired")
        ('happy', 'surprise', None)
    """
    left = [word for word in words_of(name) if word not in _BESIDE]
    if len(left) != 1 or len(left[0]) < 3:
        return None
    word = left[0]
    best: dict[str, int] = {}
    for known, expression in _SPELT.items():
        steps = _steps(word, known)
        if steps <= (1 if min(len(word), len(known)) < 6 else 2):
            best[expression] = min(steps, best.get(expression, 9))
    nearest = [name for name, steps in best.items() if steps == min(best.values())]
    return nearest[0] if len(nearest) == 1 else None


def all_misspelt(names: set[str]) -> dict[str, str]:
    """Return the expression of each name where all of them are misspelt, three or more.

    Example:
        >>> all_misspelt({"hapiness", "sadnes", "angryy"})["hapiness"], all_misspelt({"hapy"})
        ('happy', {})
    """
    found = {name: meant for name in names if (meant := misspelt(name))}
    return found if len(set(found.values())) == len(names) >= 3 else {}


def abbreviated(names: set[str]) -> dict[str, str]:
    """Return the expression of each name where all of them are the beginnings of some.

    Example:
        >>> abbreviated({"AN", "hap", "Neu"})["hap"], abbreviated({"AN", "Bob", "Su"})
        ('happy', {})
    """
    found = {}
    for name in names:
        word = "".join(words_of(name))
        meant = [e for e in EXPRESSIONS_WITH_CONTEMPT if len(word) >= 2 and e.startswith(word)]
        if word == "af":  # KDEF's afraid
            meant = ["fear"]
        if len(meant) != 1:
            return {}
        found[name] = meant[0]
    return found if len(set(found.values())) == len(names) >= 3 else {}


_SPELT = {name: name for name in EXPRESSIONS_WITH_CONTEMPT} | {
    word: name
    for name, text in _WORDS.items()
    for word in text.split()
    if expression_of(word) == name
    or word in ("angrily", "happily", "sadly", "sadness", "surprised", "fearful")
}


def _steps(one: str, other: str) -> int:
    """Letters to add, drop, exchange or swap with the next, to make one word the other."""
    table = [list(range(len(other) + 1))]
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            cost = min(table[i - 1][j] + 1, row[j - 1] + 1, table[i - 1][j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, table[i - 2][j - 2] + 1)
            row.append(cost)
        table.append(row)
    return table[-1][-1]
