"""Values out of a fixed set: switches and enums, by their words, their glosses, their opposites and their meaning."""

import re
from functools import cache

from mock_endpoint.models.offline.choose import alike
from mock_endpoint.models.offline.chunks import is_tool
from mock_endpoint.models.offline.entities import entities
from mock_endpoint.models.offline.slots import Slot
from mock_endpoint.models.offline.text import JAPANESE, listed, name_words, nouns, pattern, stem, stems, words
from mock_endpoint.models.offline.work import Work

_NEAR, _NEAR_TO_A_GLOSS, _NEAR_TO_A_SWITCH, _CERTAIN = 0.42, 0.25, 0.47, 0.6
"""How near in meaning an option, its gloss or a switch must be; and from where it precedes the opposites."""
_AHEAD, _FAR_AHEAD = 0.06, 0.15
"""How far ahead of the next option: of a required parameter, and of another."""
Mention = tuple[int, int, str]
"""Where an option is named, and which."""


def switches(work: Work) -> None:
    """Yes or no for each boolean parameter that the text speaks of."""
    for slot in work.open("boolean"):
        value = _by_opposites(work, slot)
        value = _by_label(work, slot) if value is None else value
        if value is not None:
            work.values[slot.path] = value


@cache
def _poles() -> list[tuple[list[str], list[str]]]:
    pairs = [[each[side].split() for side in ("yes", "no")] for each in words()["opposites"]]
    return [([word.replace("_", " ") for word in yes], [word.replace("_", " ") for word in no]) for yes, no in pairs]


def _said(text: str, pole: list[str]) -> tuple[int, int] | None:
    """Where a text uses a word of a pole: the longest one."""
    found = []
    for word in pole:
        spoken = re.escape(word).replace(r"\ ", r"(?: the| my)?(?: [a-z]+){0,3}? ")
        form = word if JAPANESE.search(word) else rf"\b{spoken}(?:s|ed|d|ped|ing)?\b"
        if match := re.search(form, text, re.I):
            found.append((len(word), match.start()))
    length, start = max(found, default=(0, 0), key=lambda each: each[0])
    return (start, start + length) if found else None


def _side(text: str, pair: int) -> bool | None:
    """Which side of a pair of opposites a text is on; None where it names neither."""
    yes, no = (_said(text, pole) for pole in _poles()[pair])
    if yes and no and not (no[0] <= yes[0] and yes[1] <= no[1]):  # `unlock` holds `lock`
        inside = yes[0] <= no[0] and no[1] <= yes[1]
        return inside or (yes[0] > no[0] if JAPANESE.search(text) else yes[0] < no[0])
    return False if no else True if yes else None


def _by_opposites(work: Work, slot: Slot) -> bool | None:
    told = pattern("value", "meant_true").search(slot.about)
    for meaning in (told[1] or told[2] if told else "", slot.name):
        for pair in range(len(_poles())):
            side, said = _side(meaning, pair), _side(work.text, pair)
            if side is None or said is None or not (slot.required or _by_label(work, slot) is not None):
                continue
            for pole in _poles()[pair] if not work.japanese else ():
                if span := _said(work.text, pole):
                    work.take(*span)
            return said == side
    return None


def _by_label(work: Work, slot: Slot) -> bool | None:
    """Whether a part of the text speaks of what the switch is for, and whether it wants it."""
    own = stems(slot.name) - {"includ", "is", "on", "enabl", "want", "ha"}
    labels = [word for word in slot.names if JAPANESE.match(word) and len(word) > 1]

    def near(piece: str) -> float:
        named = (
            (own and own <= stems(piece))
            or (len(own) == 1 and slot.names & stems(piece))
            or any(word in piece for word in labels)
        )
        return 1.0 if named else alike(piece, slot.about)

    parts = pattern("value", "parts").split(work.text)[:12]
    found = [(near(part) - 0.08, part, part) for part in parts]
    found += [
        (near(noun[1]), part, noun[1]) for part in parts for noun in nouns(part)[:6] if not is_tool(work, noun[1])
    ]
    best, part, noun = max(found)
    if best < _NEAR_TO_A_SWITCH or best < alike(noun, work.function.title):
        return None
    around = pattern("value", "polite_no_ja").sub("", part.casefold())
    without = (rf"\b{re.escape(word)}\b" if word.isascii() else word for word in words()["without"].split())
    negated = any(re.search(word, around) for word in without)
    if set(slot.name.split()) & listed("", "avoiding"):
        return negated or None
    if verb := re.search(r"(\w{1,4}?)(?:ないで|ないよう|ずに)", around.removeprefix(noun)):
        return alike(verb[1], slot.name) < 0.42  # whether it denies the switch itself, or the opposite of it
    return not negated


def choices(work: Work) -> None:
    """The option that a text names, for each parameter with an enum."""
    slots = work.open("enum", "enums")
    taken: set[int] = set()
    for slot in slots:
        found = [each for each in _mentions(work, slot) if each[0] not in taken and work.free(each[0], each[1])]
        if slot.kind == "enums":
            if found:
                work.values[slot.path] = list(dict.fromkeys(each[2] for each in sorted(found)))
            continue
        twins = [other for other in slots if other.options == slot.options and other is not slot]
        if twins:
            others = [work.values.get(other.path) for other in twins]
            found = [each for each in _by_role(work, slot, found) if each[2] not in others]
        if found:
            spoken = [each for each in found if len(work.text[: each[0]].split()) > 1]
            start, end, value = spoken[0] if spoken and not twins else found[0]
            taken.add(start)
            work.values[slot.path] = value
            if not (slot.measures and any(each.kind == "number" for each in work.found)):
                work.take(start, end)


def _by_role(work: Work, slot: Slot, found: list[Mention]) -> list[Mention]:
    """Of two parameters with the same options, the one that `from` or `to` stands before; an amount's own is `from`."""

    def role(mention: Mention) -> str:
        before, after = work.text[: mention[0]], work.text[mention[1] :]
        numbers = [each for each in work.found if each.kind == "number" and each.end <= mention[0]]
        counted = any(not work.text[each.end : mention[0]].strip(" -") for each in numbers)
        if counted or pattern("value", "from").match(after) or pattern("value", "from_before").search(before):
            return "from"
        return "to" if pattern("value", "to").match(after) or pattern("value", "to_before").search(before) else ""

    sure = [each for each in found if role(each) == slot.role]
    return sure if sure or len(found) < 2 else [each for each in found if not role(each)][:1]


def _mentions(work: Work, slot: Slot) -> list[Mention]:
    """Where a text names which option: by its own word, its meaning, opposites, a number's unit or its gloss."""
    options = [option for option in slot.options if isinstance(option, str)]
    named = sorted(
        (each for option in options for each in _named(work.text, option, slot)), key=lambda each: each[0] - each[1]
    )
    if named:
        kept: list[Mention] = []
        for each in named:
            if not any(each[0] < other[1] and other[0] < each[1] for other in kept):
                kept.append(each)
        return sorted(kept)
    if slot.kind == "enums":
        return []
    meant = _by_meaning(work, slot)
    if meant and meant[0][0] > _CERTAIN:
        return [mention for _, mention in meant]
    for pair in range(len(_poles())):
        sides = {_side(name_words(option), pair): option for option in options}
        said = _side(work.text, pair) if True in sides and False in sides else None
        if said is not None:
            return [(0, 0, sides[said])]
    units = {word for text in work.texts for each in entities(text) for word in each.counted}
    for option in options:
        if units & stems(option):
            return [(0, 0, option)]
    return [mention for _, mention in meant]


def _named(text: str, option: str, slot: Slot) -> list[Mention]:
    names = [option, words()["called"].get(option, option)]
    gloss = re.search(rf"(?<!\w){re.escape(option)}\s*(?:=|:|\(|は|–)?\s*([^,;、。()]+)", slot.description)
    if gloss and JAPANESE.search(gloss[1]) and len(gloss[1].strip()) < 12:
        names.append(gloss[1].strip())
    days = [day[:3] for day in words()["en"]["weekdays"].split()]
    weekday = option[:3].casefold() in days and option.casefold() in (*days, *words()["en"]["weekdays"].split())
    if weekday:
        names.append("月火水木金土日"[days.index(option[:3].casefold())] + "曜")
    if re.fullmatch("[a-z]{2}", option) and "languag" in slot.names:
        names = _language(option)
    if re.fullmatch(r"[A-Z]{3}", option):
        names = [option, *_currency(option, tuple(map(str, slot.options)))]
    if slot.measures or slot.role:
        names += _unit(option)
    found = []
    for name in dict.fromkeys(names):
        short = len(name) < 3 and name.isupper()
        spoken = re.escape(name if short or name != option else name_words(name) or name)
        ends = "" if short else r"\w*" if weekday and len(name) == 3 else r"(?:s|es|ed|d|ing|ly|way)?"
        form = (
            spoken
            if not name[:1].isascii() or (not name.isalnum() and len(name) == 1)
            else rf"(?<![A-Za-z0-9']){spoken}{ends}(?![A-Za-z0-9'])"
        )
        found += [(*match.span(), option) for match in re.finditer(form, text, 0 if short else re.I)]
    if not found and re.fullmatch(r"[a-z]{4,}", option):
        alike_words = (match for match in re.finditer(r"[A-Za-z]{4,}", text) if stem(match[0]) == stem(option))
        found = [(*match.span(), option) for match in alike_words]
    return found


def _by_meaning(work: Work, slot: Slot) -> list[tuple[float, Mention]]:
    """The options that a piece of the text comes near enough, the nearest first."""
    glossed = any(slot.gloss(option) for option in slot.meanings)
    if not slot.meanings or not (work.japanese or glossed):
        return []
    if glossed:
        parts = [part for text in work.texts for part in re.split(r"[,、。;.]|\b(?:and|because|so|but)\b", text)]
        pieces = [(part, 0, 0) for part in parts if len(part) > 3]
    else:
        runs = pattern("value", "piece_ja").finditer(work.text)
        pieces = [(run[0], *run.span()) for run in runs if work.free(*run.span()) and not is_tool(work, run[0])]
    near = _NEAR_TO_A_GLOSS if glossed and slot.required else _NEAR
    found = []
    for piece, start, end in pieces[:12]:
        told = {option: meaning for option, meaning in slot.meanings.items() if not glossed or slot.gloss(option)}
        scores = sorted(((alike(piece, meaning), option) for option, meaning in told.items()), reverse=True)
        first, second = [*scores, (0.0, "")][:2]
        if first[0] >= near and first[0] - second[0] >= (_AHEAD if slot.required else _FAR_AHEAD):
            found.append((first[0], (start, end, first[1])))
    return sorted(found, key=lambda each: -each[0])


@cache
def _language(code: str) -> list[str]:
    """The English and the Japanese name of a language."""
    from babel import Locale

    return [name for tongue in ("en", "ja") if (name := Locale(tongue).languages.get(code))]


@cache
def _currency(code: str, codes: tuple[str, ...]) -> list[str]:
    """The names of a currency, its last word alone where no other code shares it."""
    from babel.numbers import get_currency_name

    names = {
        one: [get_currency_name(one, count, locale=tongue) for tongue in ("en", "ja") for count in (1, 2)]
        for one in codes
    }
    short = {one: {word.casefold() for name in found for word in name.split()[-1:]} for one, found in names.items()}
    others = set().union(*(each for one, each in short.items() if one != code))
    coins = words()["coins"].get(code, "").split()
    return [name for name in (*names[code], *(short[code] - others), *coins) if name != code]


@cache
def _unit(option: str) -> list[str]:
    """What a unit is called that an option abbreviates or names, in English and Japanese."""
    from babel import Locale

    tables = [Locale.parse(tongue).unit_display_names for tongue in ("en", "en_GB", "ja")]
    for unit in tables[0]:
        forms = [table.get(unit, {}).get(length, "") for table in tables for length in ("long", "short")]
        names = {str(unit).split("-", 1)[1], *forms} - listed("en", "small") - {""}
        if {option, f"{option}s"} & names:
            return [*names, *(re.sub("(?:メートル|リットル|グラム)$", "", name) or name for name in names)]
    return []
