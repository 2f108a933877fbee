"""Values out of a fixed set: switches and enums, by their words, their glosses, their opposites and their meaning."""

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from mock_endpoint.models.offline.choose import alike
from mock_endpoint.models.offline.chunks import is_tool
from mock_endpoint.models.offline.entities import entities, unit_ideas
from mock_endpoint.models.offline.slots import Slot
from mock_endpoint.models.offline.text import JAPANESE, name_words, stem, stems, words

if TYPE_CHECKING:
    from mock_endpoint.models.offline.bind import Work

_NEAR, _AHEAD = 0.42, 0.06
"""How near in meaning an option must be, and how far ahead of the next one."""
Mention = tuple[int, int, Any]


def switches(work: "Work") -> None:
    """Yes or no for each boolean parameter that the text speaks of."""
    for slot in work.open("boolean"):
        value = _by_opposites(work, slot)
        if value is None:
            value = _by_label(work, slot)
        if value is not None:
            work.values[slot.path] = value


@cache
def _poles() -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    return [
        (
            tuple(
                each["yes"].replace("_", " ").split(" ")
                if False
                else [w.replace("_", " ") for w in each["yes"].split()]
            ),
            tuple(w.replace("_", " ") for w in each["no"].split()),
        )
        for each in words()["opposites"]
    ]


def _said(text: str, pole: tuple[str, ...]) -> tuple[int, int] | None:
    """Where a text uses a word of a pole: the longest one."""
    best: tuple[int, int] | None = None
    for word in pole:
        pattern = (
            re.escape(word)
            if JAPANESE.search(word)
            else rf"\b{re.escape(word).replace(chr(92) + ' ', r'(?: the| my)?(?: [a-z]+){0,3}? ') if ' ' in word else re.escape(word)}(?:s|ed|d|ped|ing)?\b"
        )
        match = re.search(pattern, text, re.I)
        if match and (best is None or len(word) > best[1] - best[0]):
            best = (match.start(), match.start() + len(word))
    return best


def pole_of(text: str, pair: int) -> bool | None:
    """Which side of a pair of opposites a text is on; None where it names neither."""
    yes, no = (_said(text, pole) for pole in _poles()[pair])
    if yes and no:
        inside = yes[0] >= no[0] and yes[1] <= no[1]
        within = no[0] >= yes[0] and no[1] <= yes[1]
        return False if inside else True if within else (yes[0] > no[0] if JAPANESE.search(text) else yes[0] < no[0])
    return None if not yes and not no else bool(yes)


def _by_opposites(work: "Work", slot: Slot) -> bool | None:
    told = re.search(r"([^、。]+)(?:なら|場合は?)true", slot.about) or re.search(
        r"true\W+(?:to |for |if |means? |when )?([^,;.]+)", slot.about, re.I
    )
    for meaning in (told[1] if told else "", slot.name):
        for pair in range(len(_poles())):
            side = pole_of(meaning, pair) if meaning else None
            if side is None:
                continue
            said = pole_of(work.text, pair)
            if said is None and slot.required and pair == 0:
                continue
            if said is not None and (slot.required or _by_label(work, slot) is not None):
                for pole in _poles()[pair]:
                    if (span := _said(work.text, pole)) and not JAPANESE.search(work.text):
                        work.take(*span)
                return said == side
    return None


def _by_label(work: "Work", slot: Slot) -> bool | None:
    """Whether the text names what the switch is for, and whether it wants it."""
    own = {word for word in stems(slot.name) if word not in ("include", "is", "on", "enabl", "want", "has")}
    if own and own & stems(work.text):
        place = min((work.text.casefold().find(word[:5]) for word in own & stems(work.text)), default=0)
    elif JAPANESE.search(work.text):
        pieces = [piece for piece in re.split(r"[、。をにでのは]|から|まで|だけ", work.text) if 1 < len(piece) < 15]
        near = [(alike(piece, slot.about), piece) for piece in pieces[:12]]
        known = [word for word in slot.names if JAPANESE.match(word) and len(word) > 1 and word in work.text]
        if not known and (not near or max(near)[0] < 0.47):
            return None
        place = work.text.find(known[0] if known else max(near)[1])
    else:
        return None
    around = work.text[max(place - 25, 0) : place + 25].casefold()
    no = any(
        re.search(rf"\b{re.escape(word)}\b" if word.isascii() else word, around) for word in words()["without"].split()
    )
    return not no


def choices(work: "Work") -> None:
    """The option that a text names, for each parameter with an enum."""
    slots = work.open("enum", "enums")
    taken: list[int] = []
    for slot in slots:
        found = [each for each in _mentions(work, slot) if each[0] not in taken and work.free(each[0], each[1])]
        if slot.kind == "enums":
            if found:
                work.values[slot.path] = list(dict.fromkeys(each[2] for each in sorted(found)))
            continue
        twins = [other for other in slots if other.options == slot.options]
        if len(twins) > 1:
            others = [work.values.get(other.path) for other in twins if other is not slot]
            found = [each for each in _by_role(work, slot, twins, found) if each[2] not in others]
        if not found:
            continue
        spoken = [each for each in found if len(work.text[: each[0]].split()) > 1]
        start, end, value = spoken[0] if spoken and len(twins) < 2 else found[0]
        taken.append(start)
        work.values[slot.path] = value
        if end > start and not isinstance(value, bool) and not _also_unit(work, slot):
            work.take(start, end)


def _also_unit(work: "Work", slot: Slot) -> bool:
    return bool(re.search(r"unit|currency", slot.name)) and any(each.kind == "number" for each in work.found)


def _by_role(work: "Work", slot: Slot, twins: list[Slot], found: list[Mention]) -> list[Mention]:
    """Of two parameters with the same options, the one that `from` or `to` stands before; the amount's own is `from`."""
    if not found:
        return []
    names = set(slot.name.split())
    wanted = (
        "from"
        if names & {"from", "source", "base", "old"}
        else "to"
        if names & {"to", "target", "quote", "new"}
        else ""
    )

    def role(mention: Mention) -> str:
        before, after = work.text[: mention[0]], work.text[mention[1] :]
        if (
            re.match(r"\s*(?:から|より|を(?!どこ))", after)
            or re.search(r"\bfrom (?:my |the )?$|\d[\d.,]*\s*(?:thousand|hundred|million)?\s*$|[$€£¥]$", before)
            or any(
                each.kind == "number" and not work.text[each.end : mention[0]].strip(" -")
                for each in work.found
                if each.end <= mention[0]
            )
        ):
            return "from"
        if re.match(r"\s*(?:に|へ|まで|で)", after) or re.search(
            r"\b(?:to|into|in|want|many|worth in) (?:my |the )?$|何$|いくら", before
        ):
            return "to"
        return ""

    sure = [each for each in found if role(each) == wanted]
    other = [each for each in found if role(each) and role(each) != wanted]
    if sure or len(found) < 2:
        return sure
    return [each for each in found if each not in other][:1]


def _mentions(work: "Work", slot: Slot) -> list[Mention]:
    """Where a text names which option: by its own word first, then by opposites, then by meaning."""
    found = [each for option in slot.options if isinstance(option, str) for each in _named(work.text, option, slot)]
    if found:
        found.sort(key=lambda each: (-(each[1] - each[0]), each[0]))
        kept: list[Mention] = []
        for each in found:
            if not any(each[0] < other[1] and other[0] < each[1] for other in kept):
                kept.append(each)
        return sorted(kept, key=lambda each: each[0])
    if JAPANESE.search(work.text) and (
        near := [
            each
            for each in _by_meaning(work, slot)
            if alike(work.text[each[0] : each[1]] or "?", _meaning(slot, each[2])) > 0.6
        ]
    ):
        return near
    for pair in range(len(_poles())):
        sides = {pole_of(name_words(str(option)), pair): option for option in slot.options}
        said = pole_of(work.text, pair) if True in sides and False in sides else None
        if said is not None:
            return [(0, 0, sides[said])]
    units = frozenset().union(
        *(
            unit_ideas(each.unit)
            for text in work.texts
            for each in entities(text)
            if each.kind == "number" and each.unit
        )
    )
    for option in slot.options:
        if units and isinstance(option, str) and stems(option) & units:
            return [(0, 0, option)]
    told = {
        option: stems(_meaning(slot, option).partition(": ")[2]) for option in slot.options if isinstance(option, str)
    }
    said = stems(" ".join(work.texts))
    for option, gloss in told.items():
        own = {word for word in gloss if len(word) > 4} - set().union(
            *(other for name, other in told.items() if name != option)
        )
        if own & said:
            return [(0, 0, option)]
    return _by_meaning(work, slot)


def _named(text: str, option: str, slot: Slot) -> list[Mention]:
    names = [option, *_glosses(slot, option)]
    names += [words()["called"][option]] if option in words()["called"] else []
    days = words()["en"]["weekdays"].split()
    if option.casefold() in (*days, *(day[:3] for day in days)):
        names.append("月火水木金土日"[[day[:3] for day in days].index(option[:3].casefold())] + "曜")
    if re.fullmatch(r"[A-Z]{3}", option):
        names = [option, *_currency(option, tuple(map(str, slot.options)))]
    found = []
    for name in names:
        if len(name) < 3 and name.isascii() and name.upper() == name:
            pattern, flags = rf"(?<![A-Za-z0-9'])(?:{re.escape(name)})(?![A-Za-z0-9'])", 0
        elif JAPANESE.search(name):
            pattern, flags = re.escape(name), 0
        else:
            spoken = name_words(name) if name == option else name
            ends = (
                r"\w*"
                if len(spoken) == 3 and spoken in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
                else r"(?:s|es|ed|d|ing|ly|way)?"
            )
            pattern, flags = rf"(?<![A-Za-z0-9]){re.escape(spoken)}{ends}(?![A-Za-z0-9])", re.I
        found += [(match.start(), match.end(), option) for match in re.finditer(pattern, text, flags)]
    if not found and re.fullmatch(r"[a-z]{4,}", option):
        found = [
            (match.start(), match.end(), option)
            for match in re.finditer(r"[A-Za-z]+", text)
            if len(match[0]) > 3 and stem(match[0]) == stem(option)
        ]
    return found


def _glosses(slot: Slot, option: str) -> list[str]:
    """What the description calls an option: `savings = 普通預金`, `vacation 有給休暇`."""
    match = re.search(
        rf"(?<![\w]){re.escape(option)}\s*(?:=|:|\(|は|–)?\s*([^,;、。()]+)", str(slot.schema.get("description") or "")
    )
    gloss = match[1].strip() if match else ""
    return [gloss] if gloss and JAPANESE.search(gloss) and len(gloss) < 12 else []


def _meaning(slot: Slot, option: str) -> str:
    match = re.search(rf"(?<![\w]){re.escape(option)}\s*[:=]\s*([^;。]+)", str(slot.schema.get("description") or ""))
    return f"{name_words(option)}: {match[1].strip()}" if match else name_words(option)


def _by_meaning(work: "Work", slot: Slot) -> list[Mention]:
    options = [option for option in slot.options if isinstance(option, str) and len(option) > 2][:12]
    if not options or (not JAPANESE.search(work.text) and ":" not in str(slot.schema.get("description"))):
        return []
    whole = any(":" in _meaning(slot, option) for option in options)
    pieces = (
        [
            (part, 0)
            for text in work.texts
            for part in re.split(r"[,、。;.]|\b(?:and|because|so|but)\b", text)
            if len(part) > 3
        ][:12]
        if whole
        else [
            (match[0], match.start())
            for match in re.finditer(r"[一-鿿々ァ-ヺー]{2,}|[一-鿿](?=[でにはをが、。い]|$)", work.text)
            if work.free(*match.span()) and not is_tool(work, match[0])
        ][:12]
    )
    near = 0.2 if whole and slot.required else _NEAR
    found = []
    for piece, start in pieces:
        first, second, *_ = sorted(
            ((alike(piece, _meaning(slot, option)), option) for option in options), reverse=True
        ) + [(0.0, "")]
        if first[0] >= near and first[0] - second[0] >= (_AHEAD if slot.required else 0.15):
            found.append((first[0], (start, start if whole else start + len(piece), first[1])))
    found.sort(key=lambda each: -each[0])
    return [mention for _, mention in found]


@cache
def _currency(code: str, codes: tuple[str, ...]) -> list[str]:
    """The names of a currency, its last word alone where no other code shares it."""
    from babel.core import UnknownLocaleError
    from babel.numbers import get_currency_name, get_currency_symbol

    try:
        names = {
            one: [get_currency_name(one, count=count, locale=tongue) for tongue in ("en", "ja") for count in (1, 2)]
            for one in codes
        }
        symbol = get_currency_symbol(code, locale="en")
    except (UnknownLocaleError, ValueError):
        return []
    short = {one: {word.casefold() for name in found for word in name.split()[-1:]} for one, found in names.items()}
    others = set().union(*(each for one, each in short.items() if one != code))
    bare = [word for word in short[code] - others] + (
        [word[1:] for word in short[code] if word in ("米ドル", "英ポンド", "日本円")]
    )
    return [
        name
        for name in (
            *names[code],
            *bare,
            *([symbol] if not symbol.isalpha() else []),
            *({"JPY": ["円"], "USD": ["ドル", "dollars", "dollar"], "GBP": ["ポンド", "pounds"]}.get(code, [])),
        )
        if name != code
    ]
