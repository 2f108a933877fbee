"""What is left of a text between its small words: the candidates for names, things and free texts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mock_endpoint.models.offline.choose import acts, alike
from mock_endpoint.models.offline.slots import Slot
from mock_endpoint.models.offline.text import JAPANESE, listed, stem, stems, words

if TYPE_CHECKING:
    from mock_endpoint.models.offline.bind import Work

_LEADS = frozenset(
    ["to", "into", "from", "in", "at", "on", "for", "of", "with", "by", "about", "against", "because", "between", "near", "until", "via", "regarding", "concerning", "around"]
)
_LEAD_OF = {"into": "to", "between": "from", "near": "in", "regarding": "about", "concerning": "about", "around": "in"}
_STOPS = frozenset(
    ["that", "which", "who", "whose", "so", "if", "when", "while", "because", "since", "but", "or", "than", "as", "where", "do", "does", "did", "is", "are", "was", "were", "has", "have", "had", "will", "would", "can", "could", "should"]
)
_TOKEN = re.compile(r"[^\s,;:?!()\"]+|[,;:?!()\"]")
_PARTICLE = r"(?:からの|から|までの|まで|について|に関する|に関して|との|での|への|という|を|に|で|へ|は|が|も|と|や|の|、|,|:|$|です|だ|な|って|行き|宛|しか|だけ|など|\\s|[?。!」])"
_NOUN = r"(?:[^\W\u3040-\u309f]|[・&.'+\-/]|の(?=[^\W\u3040-\u309f])|さん|さま|ちゃん|くん|(?<=[^\W\u3040-\u309f])(?:と|や)(?=[^\W\u3040-\u309f]))+"
_NO_NOUN = "(?:この|その|あの|どの|もう|いま|きょう|あした|じゃ|では|でも|それ|あと|ぜひ|まず|すぐ|とて|ちょ|すみ|あり|おは|こん|ねえ|ほら|また|まだ|どう|なに|いつ|だれ|だれ|うち|おま|お願|たぶん|さっき|たまに|ついで|できれば)"
_JAPANESE = re.compile(
    rf"((?:(?:^|(?<=、))(?!{_NO_NOUN})[\u3041-\u309f]{{2,4}}(?=[^\W\u3040-\u309f]))?{_NOUN})\s*({_PARTICLE})?"
)
_PARTICLES = {
    "が書いた": ("by",),
    "から": ("from",),
    "からの": ("from",),
    "まで": ("to",),
    "までの": ("to",),
    "へ": ("to",),
    "への": ("to",),
    "行き": ("to",),
    "宛": ("to",),
    "に": ("to", "in"),
    "で": ("in", "at"),
    "での": ("in",),
    "について": ("about", "on"),
    "に関する": ("about",),
    "に関して": ("about",),
    "と": ("with",),
    "との": ("with", "against"),
}


@dataclass(frozen=True)
class Chunk:
    """Words that belong together, and what leads to them."""

    leads: tuple[str, ...]
    start: int
    end: int
    text: str
    lead_start: int
    modifies: bool = False
    """Whether a word of the function follows: `physics` in `the physics grades`."""


def of(work: "Work") -> list[Chunk]:
    """The chunks of a text that no value has used."""
    found = list(_japanese(work) if JAPANESE.search(work.text) else _english(work))
    bounds = [_cleaned(work, None, chunk.start, chunk.end) for chunk in found]
    return [
        replace(chunk, modifies=chunk.modifies or end < chunk.end)
        for chunk, (start, end) in zip(found, bounds, strict=True)
        if end > start
    ]


def _english(work: "Work") -> Iterator[Chunk]:
    tokens = [match for match in _TOKEN.finditer(work.text)]
    lead, lead_start, start, end = "", 0, -1, -1
    for number, token in enumerate(tokens):
        word, plain = token[0], token[0].casefold()
        used = not work.free(*token.span())
        following = tokens[number + 1][0] if number + 1 < len(tokens) else ""
        joined = (
            plain == ","
            and start >= 0
            and (
                (following[:1].isupper() and following.casefold() not in listed("en", "telling"))
                or following[:1].isdigit()
                or _enumerates(work.text, token.start())
            )
        )
        possessive = (
            re.fullmatch(r"([^\W_][\w.-]*)'s", word)
            and following not in ("", ".", ",", "?", "!")
            and plain not in listed("en", "small") | listed("en", "asking") | listed("en", "telling")
        )
        if used or plain in _LEADS or plain in _STOPS or (re.fullmatch(r"[,;:?!()\"]", word) and not joined):
            if start >= 0:
                yield Chunk(_leads(lead), start, end, work.text[start:end], lead_start)
            start = -1
            lead, lead_start = (
                (plain, token.start())
                if plain in _LEADS and not used
                else ("" if not used else lead if plain in _LEADS else "", token.start())
            )
        elif possessive:
            start = token.start() if start < 0 else start
            end = token.end() - (2 if word.endswith("'s") else 1)
            yield Chunk(("of",), start, end, work.text[start:end], lead_start)
            lead, start = "", -1
        else:
            if start < 0:
                start = token.start()
            end = token.end()
    if start >= 0:
        yield Chunk(_leads(lead), start, end, work.text[start:end], lead_start)


def _enumerates(text: str, comma: int) -> bool:
    """Whether a comma stands between the items of a list that ends with `and`."""
    return bool(re.match(r",(?: \w[\w' -]{1,30},){0,8} \w[\w' -]{0,30},? (?:and|or) \w", text[comma:]))


def _leads(lead: str) -> tuple[str, ...]:
    return (_LEAD_OF.get(lead, lead),) if lead else ()


def _japanese(work: "Work") -> Iterator[Chunk]:
    masked = "".join(" " if work.used[place] else sign for place, sign in enumerate(work.text))
    for match in _JAPANESE.finditer(masked):
        particle = match[2] or ""
        start, end = match.span(1)
        if not particle:
            continue
        parts, place = [], start
        for part in match[1].split("の"):
            if part.strip():
                parts.append((place, place + len(part), part))
            place += len(part) + 1
        while parts and (is_tool(work, parts[-1][2], parts[0][2]) or parts[-1][2] in listed("ja", "now")):
            parts.pop()
        while parts and parts[0][2] in listed("ja", "now"):
            parts.pop(0)
        if not parts:
            continue
        if particle == "の" and work.used[match.end() : match.end() + 1] == b"\1":
            particle = "が書いた"
        begin, finish = parts[0][0], parts[-1][1]
        whole = finish == end
        wordy = [slot for slot in work.open("thing") if slot.path not in work.values]
        if len(parts) > 1 and len(wordy) > 1 and not any("について" in particle for _ in wordy):
            for first, last, part in parts:
                yield Chunk(
                    _PARTICLES.get(particle, ()) if last == finish and whole else ("of",),
                    first,
                    last,
                    part,
                    first,
                    last == finish and not whole,
                )
            continue
        yield Chunk(
            _PARTICLES.get(particle, ()), begin, finish, work.text[begin:finish].strip("、と"), begin, not whole
        )


def is_tool(work: "Work", word: str, beside: str = "") -> bool:
    """Whether a Japanese word only names what the function is about."""
    if len(word) < 1 or word in work.function.title:
        return True
    labels = {each for slot in work.function.slots for each in slot.words if JAPANESE.match(each)}
    if word in labels or (len(word) < 4 and acts(word) & acts(work.function.title)):
        return True
    near = alike(word, work.function.title)
    return near >= 0.33 or (word != beside != "" and near >= 0.2 and near - alike(beside, work.function.title) >= 0.05)


def value(work: "Work", slot: Slot, start: int, end: int) -> str:
    """The text there as a value of the parameter; "" where it says nothing new."""
    start, end = _cleaned(work, slot, start, end)
    text = work.text[start:end].strip(" ,.。、?!'")
    if slot.kind not in ("list", "free") and not JAPANESE.search(text):
        text = re.split(r",(?! [A-Z\d])", text)[0]
    if JAPANESE.search(text):
        text = re.sub(r"(?:さん|さま|様)$", "", text) if slot.kind == "thing" else text
        if slot.kind == "thing" and len(text) > 3 and acts(text[-2:]) & acts(work.function.title):
            text = text[:-2]
    return text


def _cleaned(work: "Work", slot: Slot | None, start: int, end: int) -> tuple[int, int]:
    """The bounds without small words, the verb of the clause and words of the function at both ends."""
    if JAPANESE.search(work.text[start:end]):
        return start, end
    tokens = [(match[0], start + match.start(), start + match.end()) for match in _TOKEN.finditer(work.text[start:end])]
    small = listed("en", "small") | listed("en", "drop_ends")
    own = stems(slot.about) if slot else frozenset()
    kept = slot is not None and slot.kind == "free"
    names = {stem(word) for other in work.function.slots if other is not slot for word in other.name.split()}
    tool = (work.function.stems | names) - own
    verbs = listed("en", "verbs")

    def idle(token: str) -> bool:
        plain = token.casefold().strip(".'")
        if plain in ((_ARTICLES | listed("en", "drop_ends")) if kept else small) or not re.search(r"\w", token):
            return True
        known = stem(plain) in tool or (
            acts(plain) & acts(work.function.title) and not (slot and acts(plain) & acts(slot.about))
        )
        return not kept and bool(known) and not (token[:1].isupper() and start > 0)

    opening = not work.text[:start].strip()
    while tokens and (idle(tokens[0][0]) or (opening and tokens[0][0].casefold() in listed("en", "verbs"))):
        opening = opening and idle(tokens[0][0]) and tokens[0][0].casefold() not in listed("en", "verbs")
        tokens.pop(0)
    while tokens and idle(tokens[-1][0]):
        tokens.pop()
    first = not work.text[:start].strip()
    told = {
        token[0].casefold()
        for token in tokens
        if token[0].casefold() not in (small | verbs if first or kept else small)
    }
    if not tokens or (
        slot
        and {stem(word) for word in told} <= stems(slot.name) | work.function.stems
        and not any(token[0][:1].isupper() for token in tokens)
    ):
        return start, start
    return tokens[0][1], tokens[-1][2]


def to_the_end(work: "Work", chunk: Chunk) -> int:
    """Where a free text ends that begins with a chunk: at the end of the sentence, or at the next used character."""
    stop = re.search(r"[.!?](?:\s|$)|\n", work.text[chunk.start :])
    end = chunk.start + stop.start() if stop else len(work.text)
    return next((place for place in range(chunk.start, end) if work.used[place]), end)


_ARTICLES = frozenset(["sentence", "phrase", "word", "a", "an", "the", "please", "me", "to", "that", "for", "about", "with"])
_COMMAND = re.compile(
    r"(?:please |how (?:do|would|can) (?:you|i) |can you |could you |i'd like (?:you )?to |i (?:want|need) (?:you )?to |i need |and |also |then )*([a-z']+)\b",
    re.I,
)
_CONNECTOR = frozenset({"to", "that", "about", "for", ":", "saying", "of", "on", "-"})
_FREE_JAPANESE = [
    re.compile(r"^(.+?)(?:が|を|と)(?:書い|含[むま]|入っ|載っ|記載)"),
    re.compile(r"^(?:[^:。]{1,20}[::])\s*(.+?)[。]?$"),
    re.compile(
        r"(?:^|に、?|は、?)([^、]*?[うくすつぬぶむる])(?:よう|こと|の)に?(?:を)?[^、。]*(?:リマインド|思い出|忘れ|通知|知らせ)"
    ),
    re.compile(r"^(.+?)(?:について|に関して)(?:の)?(?:[^、。]*)$"),
    re.compile(r"^(.+?)と(?:いう)?(?:[^、。をに]*)?(?:メモ|伝え|送っ|書い|残し|返信|検索|調べ)"),
    re.compile(
        r"^(?:.*に)?(.+?)(?:を|の)(?:[^をに]*?)(?:検索|調べ|探し|翻訳|訳し|追加|登録|メモ|入れ|リマインド|完了|終わら)"
    ),
]


def free_text(work: "Work") -> tuple[int, int] | None:
    """Where the text stands that a command is about: `remind me to …`, `Xを検索して`."""
    if JAPANESE.search(work.text):
        for pattern in _FREE_JAPANESE:
            match = pattern.search(work.text)
            if match:
                start, end = match.span(1)
                while start < end and (work.used[start] or work.text[start] in "にの、 でを"):
                    start += 1
                end = next((place for place in range(start, end) if work.used[place]), end)
                if end - start > 1:
                    return start, end
        return None
    if heading := re.match(r"[^:\n]{1,30}:\s+(?=\S)", work.text):
        return heading.end(), to_the_end(work, Chunk((), heading.end(), heading.end(), "", 0))
    if told := re.search(r"\b(?:tell|ask|let) (?:him|her|them|us|[A-Z]\w+)(?: know)?(?: that)? (?=\S)", work.text):
        return told.end(), to_the_end(work, Chunk((), told.end(), told.end(), "", 0))
    head = _COMMAND.match(work.text)
    at = head.end() if head and head[1].casefold() in listed("en", "verbs") else 0
    small = listed("en", "small")
    for token in _TOKEN.finditer(work.text, at):
        plain = token[0].casefold()
        if (
            not work.free(*token.span())
            or plain in _CONNECTOR
            or stem(plain) in work.function.stems
            or plain in small
            or (plain in ":,")
        ):
            at = token.end()
            if plain in _CONNECTOR - {"of"} and at:
                break
            continue
        break
    while at < len(work.text) and work.text[at] in " :,":
        at += 1
    end = to_the_end(work, Chunk((), at, at, "", at))
    trailing = re.search(r"\s(?:to|on|in|into|onto) (?:my|the|our) ([\w-]+(?: [\w-]+)?)[\s,]*$", work.text[at:end])
    if trailing and stems(trailing[1]) & work.function.stems:
        end = at + trailing.start()
    return (at, end) if end > at + 1 else None


_SUBJECT = re.compile(
    r"(?:^|[、。])([^、。はをの]*[^\W\u3040-\u309f](?!の)[\u3040-\u309f]{1,2}[^\W\u3040-\u309f][^、。はを]*?)(?:は|を|って)(?=[^\W\u3040-\u309f]|お|いくら|どう|く)"
)
"""A noun with Japanese syllables inside, such as 盛り合わせ, before what is asked of it."""


def left_over(work: "Work", slot: Slot) -> list[tuple[Chunk, int]]:
    """The unused chunks in the order in which a required parameter should take them, each with where it ends."""
    found = of(work)
    english = not JAPANESE.search(work.text)
    result = []
    for number, chunk in enumerate(found):
        end = chunk.end
        for other in found[number + 1 :] if english and slot.kind == "thing" and not chunk.leads else []:
            between = work.text[end : other.start].strip().casefold()
            titled = other.text[:1].isupper() or between in ("of", "with")
            if titled and between in _LEADS and other.leads and work.free(end, other.end):
                end = other.end
            else:
                break
        result.append((chunk, end))
    if (
        not english
        and not result
        and slot.required
        and work.main
        and (match := _SUBJECT.search(work.text))
        and work.free(*match.span(1))
    ):
        return [(Chunk((), *match.span(1), match[1], match.start(1)), match.end(1))]
    wanted = {"を": 0}
    result.sort(
        key=lambda pair: (
            bool(pair[0].leads) and pair[0].leads not in (("of",), ("by",)),
            wanted.get(work.text[pair[1] : pair[1] + 1], 1),
        )
    )
    if not english or any(word[:1].isupper() for word, _ in ((pair[0].text, 0) for pair in result)):
        return result
    return result


__all__ = ["Chunk", "of", "words"]
