"""The words of a text for the lexical share of search: codes and names, which no vector knows.

FTS5 does the counting. What it cannot do is Japanese, which has no spaces: its kana and kanji go in as pairs of
neighbours, which need no dictionary.
"""

import re
import unicodedata

_KANA_KANJI = r"\u3005\u3040-\u30ff\u3400-\u9fff"
_OTHER = rf"[^\W{_KANA_KANJI}]+"
_RUN = re.compile(rf"[{_KANA_KANJI}]+|{_OTHER}(?:[-_./]{_OTHER})*")
_JAPANESE = re.compile(f"[{_KANA_KANJI}]")
_MOST = 64
"""Words of a query that are looked for."""
_ENGLISH = """a about after all also am an and any are as at be because been before but by can cannot could did do does
done for from get go got had has have he her here his how i if in into is it its just know like many may me mean means
might more most much must my need no not now of off on one only or our out over please said say says shall she should
so some such take tell than that the their them then there these they this those to too under until up us use used very
want was way we were what when where which while who whom whose why will with would you your"""
_PAIRS = """です ます ては には では から まで もの こと とは する した して すか ある いる れる られ たら ただ
よい いい ばい けま くだ ださ さい どう なぜ どこ いつ なん ませ せん でき きま 何で はど はな はい ので って"""
_SMALL = frozenset(_ENGLISH.split() + _PAIRS.split())
"""What is in every question, and says nothing."""


def words(text: str) -> list[str]:
    """The words; of a code such as `E-1042` the whole without its signs, and its parts."""
    found: list[str] = []
    for run in _RUN.findall(unicodedata.normalize("NFKC", text).casefold()):
        if _JAPANESE.match(run):
            found += [run[place : place + 2] for place in range(max(1, len(run) - 1))]
            continue
        parts = re.split(r"[-_./]", run)
        found += parts if len(parts) == 1 else ["".join(parts), *parts]
    return found


def asked(text: str) -> list[str]:
    """The words of a query that say something, each once."""
    said = dict.fromkeys(word for word in words(text) if word not in _SMALL)
    return list(said)[:_MOST]
