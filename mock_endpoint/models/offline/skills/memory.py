"""What the thread itself holds: what the user told, questions asked, answers given."""

import re
from collections.abc import Iterator

from mock_endpoint.models.offline.skill import Answer, Question
from mock_endpoint.models.offline.text import is_question, listed, sentences, stems, tidy

_SHOWN, _LISTED = 300, 20
_CALLED = r"([^\W\d_][\w'-]*(?: [A-Z][\w'-]*){0,2})"
_NOT_A_NAME = r"(?!(?:not|what|who|a|an|the|it|that|this|me|you|later|back|tomorrow|when|if|at|on|in)\b)"
_NAMES = [
    re.compile(rf"\b(?:[Mm]y name(?:'s| is)|[Cc]all me|I am called|I'm called)\s+{_NOT_A_NAME}{_CALLED}"),
    re.compile(rf"^(?:(?:[Hh]i|[Hh]ello|[Hh]ey)[,!.]? )?(?:I'm|I am) (?=[A-Z]){_CALLED}(?=[.!,]|$| and\b)"),
    re.compile(r"^([A-Z][\w'-]+) (?:here|speaking)[.!]?$"),
    re.compile(
        r"(?:私|僕|わたし|ぼく|俺)?の?名前は、?「?(?!何|なん|なに)([^\s。、」??]{1,20}?)」?(?:です|だよ|だ|といいます|と言います)?[。!]?$"
    ),
    re.compile(
        r"^(?:[^。]*、)?(?:(?:私|僕|わたし|ぼく|俺)は)?「?([^\s。、「」は]{1,20}?)」?(?:と申します|といいます|と言います|と呼んで)"
    ),
    re.compile(
        r"^(?:[^。]*、)?(?:私|僕|わたし|ぼく|俺)は([^\s。、??はがをに]{1,10}?)(?<![人生員者師家語中き])です[。!]?$"
    ),
]
_NOT_MINE = re.compile(r"\b(?:dog|cat|pet|son|daughter|team)\b|(?:犬|猫|ペット|息子|娘|チーム|会社)の名前")
_NATIONS = re.compile(r"(?:ese|ish|ican|German|French|Italian|Indian|Russian|Canadian|Brazilian|Australian|Dutch)$")
_OF_USER = re.compile(
    rf"\b[Uu]ser(?:'s name is| is called| as)\s+{_CALLED}|ユーザーの名前は([^\s。、]{{1,20}}?)(?:です|。|$)"
)
_ASKS_NAME = re.compile(
    r"\bmy name\b.*\?|\b(?:what(?:'?s)?|say|remember|know|tell me) (?:is )?my name\b|\bwho am i\b"
    r"|(?:私|僕|わたし|ぼく|俺)の名前(?:は|を|が)?(?:何|なん|なに|覚|知|言|わか|分か|教|[??]|$)|(?:私|僕|わたし|ぼく)(?:は|って)(?:誰|だれ)",
    re.I,
)
_ASKS_BACK = re.compile(
    r"\b(?:did|have) i (?:just |ever )?(?:say|said|tell|told|mention|ask you to)|\bi (?:just )?(?:told|said)\b.*\?|\b(?:remember|remind me|recall)\b.*(?:\?|\b(?:what|which|where|who)\b)"
    r"|(?:言った|言いました|話した|伝えた|教えた)(?:っけ|か|でしょう|よね|[??])|覚えて(?:る|い|ます)",
    re.I,
)
_MINE = re.compile(r"\b(?:my|our|mine)\b|(?:私|僕|わたし|ぼく|俺|うち)の", re.I)
_FIRST_PERSON = re.compile(r"\b(?:i|i'm|i've|my|our|we|we're|remember)\b|私|僕|わたし|ぼく|俺|うち|覚えて", re.I)
_ASKED = r"(?:question|message|ask(?:ed)?|write|wrote)"
_THREAD: list[tuple[str, str]] = [
    ("count", r"\bhow many (?:questions|messages)\b|(?:何回|いくつ|何個).*(?:質問|聞)|質問.*(?:何回|いくつ|何個)"),
    ("summary", r"\b(?:summari[sz]e|summary|recap)\b|\bwhat (?:have|did) we (?:talk|discuss)|(?:会話|話)を?(?:要約|まとめ)|質問を?(?:全部|すべて|まとめ)"),
    ("your first", r"\byour first (?:answer|reply)|you (?:say|said|answer(?:ed)?) first\b|(?:最初|初め)の(?:答え|回答|返事)"),
    ("your last", r"\byour (?:last|previous) (?:answer|reply|message)\b|\b(?:did|have) you (?:just )?(?:say|said|answer|tell|told)\b|\b(?:repeat|say) (?:that|it)(?: again)?\b|(?:前|さっき|先ほど|直前)の(?:答え|回答|返事)|もう一度(?:言|答)"),
    ("my first", rf"\bmy (?:very )?first (?:question|message)\b|\bfirst\b.*\bi {_ASKED}\b|\bi {_ASKED}\b.*\bfirst\b|(?:最初|初め|はじめ)(?:の|に|は)?.*(?:質問|聞|尋)"),
    ("my last", rf"\bmy (?:last|previous) (?:question|message)\b|\b(?:did|have) i (?:just )?{_ASKED}\b(?! you to)|(?:前|さっき|直前|先ほど|最後)(?:の|に|は)?.*(?:質問|聞い|尋ね)"),
]  # fmt: skip
_QUOTED = {
    "my first": ("Your first question was", "最初の質問は"),
    "my last": ("Before this you asked", "その前の質問は"),
    "your first": ("My first answer was", "最初の答えは"),
    "your last": ("My last answer was", "直前の答えは"),
}


def answer(question: Question) -> Answer | None:
    """Answers from the turns of the thread alone, and takes note of what the user tells."""
    if _ASKS_NAME.search(question.text):
        name = known_name(question)
        return (
            question.reply(f"Your name is {name}.", f"あなたのお名前は{name}さんです。", name)
            if name
            else _nobody(question, "your name", "お名前")
        )
    kind = next((kind for kind, pattern in _THREAD if re.search(pattern, question.text, re.I)), None)
    return _of_thread(question, kind) if kind else _recalled(question)


def known_name(question: Question) -> str:
    """What the user is called, as the thread or the instructions say; "" where nobody has said."""
    for sentence in _told(question):
        if name := _name_in(sentence):
            return name
    found = _OF_USER.search(tidy(question.prompt.instructions[:10_000]))
    return (found[1] or found[2]) if found else ""


def _told(question: Question) -> Iterator[str]:
    """What the user has said, the newest sentence first."""
    yield from reversed(question.earlier)
    for turn in reversed(question.before):
        if turn.role == "user":
            yield from reversed(sentences(tidy(turn.text[:2000])))


def _name_in(sentence: str) -> str:
    if sentence.endswith(("?", "?")) or _NOT_MINE.search(sentence):
        return ""
    found = next(filter(None, (pattern.search(sentence) for pattern in _NAMES)), None)
    return found[1].strip("'-") if found and not _NATIONS.search(found[1]) else ""


def _recalled(question: Question) -> Answer | None:
    """The sentence of the user that shares most with a question about what was said."""
    sure = _ASKS_BACK.search(question.text)
    if not sure and not (_MINE.search(question.text) and is_question(question.text)):
        return None
    wanted = _content(question.text)
    best, shared = "", 0
    for sentence in _told(question):
        if not is_question(sentence) and len(wanted & _content(sentence)) > shared:
            best, shared = sentence, len(wanted & _content(sentence))
    if sure and not shared and re.search(r"remember|覚えて", question.text):
        best = next(
            (
                told
                for told in _told(question)
                if re.match(r"(?:please )?remember\b|.*覚えて", told, re.I) and not is_question(told)
            ),
            "",
        )
        shared = int(bool(best))
    if shared and (sure or shared * 2 >= len(wanted)):
        said = best.rstrip("。.")
        return question.reply(f'You told me: "{said}".', f"「{said}」と聞きました。", said)
    about = re.search(r"\b(?:what|who|where|when|which)(?:'?s| is| are)? my (\w+(?: \w+){0,2})", question.text, re.I)
    return _nobody(question, f"your {about[1]}" if about else "that", "そのこと") if sure or about else None


def _content(sentence: str) -> frozenset[str]:
    return stems(sentence) - stems(" ".join(listed("en", "small"))) - {
        "私",
        "僕",
        "言",
        "覚",
        "何",
        "remember",
        "remind",
        "called",
        "name",
        "名前",
    } | (stems(sentence) & {"name", "名前"})


def noted(question: Question) -> Answer | None:
    """Takes note: the thread keeps what was said, so the answer only confirms it."""
    if name := _name_in(question.text):
        return question.reply(
            f"Nice to meet you, {name}. I will remember your name in this thread.",
            f"はじめまして、{name}さん。このスレッドではお名前を覚えておきます。",
            name,
        )
    if is_question(question.text) or not _FIRST_PERSON.search(question.text):
        return None
    return question.reply(
        "I will remember that in this thread.", "このスレッドで覚えておきます。", "Noted", "了解", courtesy=True
    )


def _nobody(question: Question, what: str, what_ja: str) -> Answer:
    return question.reply(
        f"Nobody has told me {what} in this thread.",
        f"このスレッドでは{what_ja}をまだ聞いていません。",
        "Unknown",
        "不明",
    )


def _of_thread(question: Question, kind: str) -> Answer:
    asked = [turn.text.strip() for turn in question.before if turn.role == "user"]
    given = [turn.text.strip() for turn in question.before if turn.role == "assistant"]
    if kind == "count":
        number = len(asked) + 1
        if number == 1:
            return question.reply(
                "This is your first question in this thread.", "このスレッドでは、これが最初の質問です。", "1"
            )
        english = f"You have asked {number} questions in this thread, counting this one."
        return question.reply(english, f"このスレッドでの質問は、これを含めて{number}つです。", str(number))
    texts = given if kind.startswith("your") else asked
    if not texts:
        return question.reply(
            "There is nothing before this in the thread.",
            "このスレッドには、これより前に何もありません。",
            "Nothing",
            "なし",
        )
    if kind == "summary":
        lines = "\n".join(
            f"{number}. {text[:_SHOWN]}" for number, text in enumerate(asked[-_LISTED:], len(asked[:-_LISTED]) + 1)
        )
        return question.reply(
            f"In this thread you wrote:\n{lines}", f"このスレッドであなたが書いたこと:\n{lines}", str(len(asked))
        )
    text = texts[0 if kind.endswith("first") else -1]
    text = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    en, ja = _QUOTED[kind]
    return question.reply(f'{en}: "{text}"', f"{ja}「{text}」です。")
