"""What is left of a text between its small words: the candidates for names, things and free texts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from mock_endpoint.models.offline.choose import acts, alike
from mock_endpoint.models.offline.slots import Slot
from mock_endpoint.models.offline.text import (
    JAPANESE,
    listed,
    name_words,
    nouns,
    pattern,
    stem,
    stems,
    verb_stems,
    words,
)
from mock_endpoint.models.offline.work import Work


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


def of(work: Work) -> list[Chunk]:
    """The chunks of a text that no value has used."""
    found = (
        list(_japanese(work))
        if work.japanese
        else [_carved(chunk) for chunk in _without_its_verb(work, list(_english(work)))]
    )
    bounds = [_cleaned(work, None, chunk.start, chunk.end) for chunk in found]
    pairs = zip(found, bounds, strict=True)
    return [replace(each, modifies=each.modifies or end < each.end) for each, (start, end) in pairs if end > start]


def _carved(chunk: Chunk) -> Chunk:
    """A chunk without what stands around the name or the code in it: `leave Clapham Junction`."""
    name = pattern("value", "name").search(chunk.text)
    if not name or re.search(r",|\b(?:and|or)\b", chunk.text):
        return chunk
    start = name.start() if chunk.text[0].islower() else 0
    after = name.end() + len(chunk.text[name.end() :]) - len(chunk.text[name.end() :].lstrip())
    word = re.match(r"[a-z']+", chunk.text[after:])
    acts_on = word and (word[0] in _idle() or stem(word[0]) in verb_stems() or word[0].endswith("ing"))
    end = name.end() if acts_on and (start or chunk.start or name.start()) else len(chunk.text)
    return replace(chunk, start=chunk.start + start, end=chunk.start + end, text=chunk.text[start:end])


def _without_its_verb(work: Work, found: list[Chunk]) -> list[Chunk]:
    """The last chunk of `what does X mean` without the verb."""
    asks = work.main and pattern("sentence", "verb_last").match(work.text)
    if not (asks and found and found[-1].start == asks.end() and " " in found[-1].text):
        return found
    text = found[-1].text.rsplit(" ", 1)[0]
    return [*found[:-1], replace(found[-1], end=found[-1].start + len(text), text=text)]


def _idle() -> frozenset[str]:
    return listed("en", "small") | listed("en", "asking") | listed("en", "drop_ends")


def _english(work: Work) -> Iterator[Chunk]:
    """Between small words that lead to something, other borders, and signs; an owner's `'s` is a border, too."""
    tokens = list(pattern("value", "token").finditer(work.text))
    small = listed("en", "small") | listed("en", "asking") | listed("en", "telling")
    lead: tuple[str, ...] = ()
    lead_start, start, end = 0, -1, -1
    for token, after in zip(tokens, [*tokens[1:], None], strict=False):
        word, plain, following = token[0], token[0].casefold(), after[0] if after else ""
        used, leading = not work.free(*token.span()), plain in listed("en", "leads")
        border = (
            leading
            or plain in listed("en", "borders")
            or (
                not re.match(r"[^,;:?!()\"]", word)
                and not (plain == "," and start >= 0 and _goes_on(work.text, token.start(), following))
            )
        )
        owner = word.endswith("'s") and re.match(r"[^,.?!]", following) and plain not in small
        if start >= 0 and (used or border or owner):
            end = token.end() - 2 if owner and not (used or border) else end
            yield Chunk(
                ("of",) if owner and not (used or border) else lead, start, end, work.text[start:end], lead_start
            )
        elif owner and not (used or border):
            yield Chunk(("of",), token.start(), token.end() - 2, word[:-2], lead_start)
        if used or border or owner:
            start = -1
            leads_on = leading and not used and not (plain == "to" and following.casefold() in listed("en", "verbs"))
            lead, lead_start = ((words()["en"]["lead_of"].get(plain, plain),) if leads_on else (), token.start())
            continue
        start = token.start() if start < 0 else start
        end = token.end()
    if start >= 0:
        yield Chunk(lead, start, end, work.text[start:end], lead_start)


def _goes_on(text: str, comma: int, following: str) -> bool:
    """Whether a comma belongs to what stands before it: a place and its region, or a list that ends with `and`."""
    named = following[:1].isupper() and following.casefold() not in listed("en", "telling")
    return named or following[:1].isdigit() or bool(pattern("value", "enumerates").match(text, comma))


def _japanese(work: Work) -> Iterator[Chunk]:
    """Nouns with the particle after them, without what only names the function: of `札幌の天気を` 札幌."""
    links = {"の", "", None, *("とや" if work.open("list") else "")}
    chain: list[re.Match[str]] = []
    for noun in [each for each in nouns(work.text) if work.free(*each.span(1))]:
        if chain and not (chain[-1][2] in links and chain[-1].end() == noun.start(1)):
            yield from _of_chain(work, chain)
            chain = []
        chain.append(noun)
    if chain:
        yield from _of_chain(work, chain)


def _of_chain(work: Work, chain: list[re.Match[str]]) -> Iterator[Chunk]:
    """The chunks of nouns that `の` joins: the things of the function and its words, the last ones, left out."""
    now, particle = listed("ja", "now"), chain[-1][2]
    kept = list(chain)
    while kept and (kept[-1][1][0] in "何誰" or kept[-1][1] in now or is_tool(work, kept[-1][1], kept[0][1])):
        kept.pop()
    while kept and kept[0][1] in now:
        kept.pop(0)
    if not kept:
        return
    used_next = work.used[chain[-1].end() : chain[-1].end() + 1] == b"\1"
    leads = ("by",) if particle == "の" and used_next else tuple(words()["ja"]["particles"].get(particle, ()))
    whole = kept[-1] is chain[-1]
    if len(kept) > 1 and len(work.open("thing")) > 1:
        for noun in kept:
            final = noun is kept[-1]
            yield Chunk(
                leads if final and whole else ("of",), *noun.span(1), noun[1], noun.start(1), final and not whole
            )
    else:
        start, end = kept[0].start(1), kept[-1].end(1)
        yield Chunk(leads, start, end, work.text[start:end], start, not whole)


def is_tool(work: Work, word: str, beside: str = "") -> bool:
    """Whether a Japanese word only names what the function is about."""
    title = work.function.title
    labels = {each for slot in work.function.slots for each in slot.words if JAPANESE.match(each)}
    if word in title or word in labels or (len(word) < 4 and acts(word) & acts(title)):
        return True
    if any(len(each) > 3 and alike(word, each) > 0.65 for each in name_words(work.function.name).split()):
        return True
    near = alike(word, title)
    return near >= 0.33 or (word != beside != "" and near >= 0.2 and near - alike(beside, title) >= 0.05)


def value(work: Work, slot: Slot, start: int, end: int) -> str:
    """The text there as a value of the parameter; "" where it says nothing new."""
    start, end = _cleaned(work, slot, start, end)
    text = work.text[start:end].strip(" ,.。、?!'")
    if JAPANESE.search(text):
        if slot.kind != "thing":
            return text
        text = re.sub(r"(?:さん|さま|様)$", "", text)
        return text[:-2] if len(text) > 3 and acts(text[-2:]) & acts(work.function.title) else text
    label, _, rest = text.partition(" ")
    if slot.kind == "thing" and rest and stem(label) in map(stem, slot.name.split()):
        text = rest
    return text if slot.kind in ("list", "free") else re.split(r",(?! [A-Z\d])", text)[0]


def _cleaned(work: Work, slot: Slot | None, start: int, end: int) -> tuple[int, int]:
    """The bounds without small words, the verb of the clause and words of the function at both ends."""
    if JAPANESE.search(work.text[start:end]):
        return start, end
    title, verbs, small = work.function.title, listed("en", "verbs"), listed("en", "small") | listed("en", "drop_ends")
    own = stems(slot.about) if slot else frozenset()
    names = {stem(word) for other in work.function.slots if other is not slot for word in other.name.split()}
    kept = slot is not None and slot.kind == "free"
    opening = all(work.used[place] or not work.text[place].strip() for place in range(start))

    def idle(token: re.Match[str]) -> bool:
        plain = token[0].casefold().strip(".'")
        if token[0] == "The" and token.start() > 0:
            return False
        if plain in (listed("en", "articles") | listed("en", "drop_ends") if kept else small) or not re.search(
            r"\w", token[0]
        ):
            return True
        known = stem(plain) in (work.function.stems | names) - own
        known = known or bool(acts(plain) & acts(title) and not (slot and acts(plain) & acts(slot.about)))
        return known and not kept and not (token[0][:1].isupper() and start > 0)

    tokens = list(pattern("value", "token").finditer(work.text, start, end))
    if opening and not kept and len(tokens) > 2 and tokens[1][0] in ("the", "a", "an", "my", "our"):
        tokens.pop(0)
    verb_left = opening
    while tokens and (idle(tokens[0]) or (verb_left and tokens[0][0].casefold() in verbs)):
        verb_left = verb_left and tokens[0][0].casefold() not in verbs | {"the", "a", "an", "my", "our"}
        tokens.pop(0)
    while kept and tokens and tokens[-1][0] in listed("en", "leads"):
        tokens.pop()
    name = bool(tokens) and tokens[0][0][:1].isupper() and not kept
    while tokens and (idle(tokens[-1]) or (name and (tokens[-1][0] in verbs or tokens[-1][0].endswith("ly")))):
        tokens.pop()
    silent = small | verbs if verb_left or kept else small
    told = {stem(token[0].casefold()) for token in tokens if token[0].casefold() not in silent}
    named = any(token[0][:1].isupper() for token in tokens)
    if not tokens or (slot and not named and told <= stems(slot.name) | work.function.stems):
        return start, start
    return tokens[0].start(), tokens[-1].end()


def to_the_end(work: Work, start: int) -> int:
    """Where a free text ends that begins there: at the end of the sentence, or at the next used character."""
    stop = re.compile(r"[.!?](?:\s|$)|\n").search(work.text, start)
    return work.until_used(start, stop.start() if stop else len(work.text))


def free_text(work: Work) -> tuple[int, int] | None:
    """Where the text stands that a command is about: `remind me to …`, `Xを検索して`."""
    if told := pattern("value", "told").search(work.text):
        return told.end(), to_the_end(work, told.end())
    head = pattern("value", "command").match(work.text)
    at = head.end() if head and head[1].casefold() in listed("en", "verbs") else 0
    connectors = {"to", "that", "about", "for", ":", "saying", "on", "-"}
    for token in pattern("value", "token").finditer(work.text, at):
        plain = token[0].casefold()
        idle = plain in connectors | (listed("en", "small") - listed("en", "asking")) | {","}
        idle = idle or stem(plain) in work.function.stems
        if work.free(*token.span()) and not idle:
            break
        at = token.end()
        if plain in connectors:
            break
    at += len(work.text[at:]) - len(work.text[at:].lstrip(" :,"))
    end = to_the_end(work, at)
    trailing = pattern("value", "where_to").search(work.text[:end], at)
    if trailing and (not trailing[1] or stems(trailing[1]) & work.function.stems):
        end = trailing.start()
    return (at, end) if end > at + 1 else None


def left_over(work: Work) -> list[Chunk]:
    """The unused chunks; a title goes on over small words, as `The Left Hand of Darkness` does."""
    result: list[Chunk] = []
    for chunk in of(work):
        before = result[-1] if result else None
        between = work.text[before.end : chunk.start].strip().casefold() if before else ""
        titled = chunk.text[:1].isupper() or between in ("of", "with")
        joins = titled and chunk.leads and between in listed("en", "leads")
        if before and joins and not before.leads and not work.japanese and work.free(before.end, chunk.end):
            result[-1] = replace(before, end=chunk.end, text=work.text[before.start : chunk.end])
        else:
            result.append(chunk)
    return result
