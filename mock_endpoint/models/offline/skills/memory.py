"""What the thread itself holds: facts the user told, questions asked, answers given."""

import re
from collections.abc import Iterator

from mock_endpoint.models.base import Turn
from mock_endpoint.models.offline.text import is_question, sentences, tidy
from mock_endpoint.models.offline.skill import Answer, Question

_SHOWN = 300
_LISTED = 20

_CALLED = r"([^\W\d_][\w'-]*(?: [A-Z][\w'-]*){0,2})"
_NOT_A_NAME = r"(?!(?:not|what|who|a|an|the|it|that|this|me|you|later|back|tomorrow|when|if|at|on|in)\b)"
_NAMES = [
    re.compile(rf"\b(?:[Mm]y name(?:'s| is)|[Cc]all me|I am called|I'm called)\s+{_NOT_A_NAME}{_CALLED}"),
    re.compile(rf"^(?:(?:[Hh]i|[Hh]ello|[Hh]ey)[,!.]? )?(?:I'm|I am) (?=[A-Z]){_CALLED}(?=[.!,]|$| and\b)"),
    re.compile(
        r"(?:私|僕|わたし|ぼく|俺)?の?名前は、?「?(?!何|なん|なに)([^\s。、」??]{1,20}?)」?(?:です|だよ|だ|といいます|と言います)?[。!]?$"
    ),
    re.compile(
        r"^(?:[^。]*、)?(?:(?:私|僕|わたし|ぼく|俺)は)?「?([^\s。、「」は]{1,20}?)」?(?:と申します|といいます|と言います|と呼んで)"
    ),
    re.compile(r"^(?:私|僕|わたし|ぼく|俺)は([^\s。、??はがをに]{1,10}?)(?<![人生員者師家語中き])です[。!]?$"),
]
_NATIONS = re.compile(r"(?:ese|ish|ican|German|French|Italian|Indian|Russian|Canadian|Brazilian|Australian|Dutch)$")
_TOLD_OF_USER = re.compile(
    rf"\b(?:[Tt]he )?[Uu]ser(?:'s name is| is called| as)\s+{_CALLED}|ユーザーの名前は([^\s。、]{{1,20}}?)(?:です|。|$)"
)
_ASKS_NAME = re.compile(
    r"\bmy name\b.*\?|\b(?:what|whats|what's|say|remember|know|tell me) (?:is )?my name\b|\bwho am i\b"
    r"|(?:私|僕|わたし|ぼく|俺)の名前(?:は|を|が)?(?:何|なん|なに|覚|知|言|わか|分か|教|[??]|$)|(?:私|僕|わたし|ぼく)(?:は|って)(?:誰|だれ)",
    re.IGNORECASE,
)

_FACT = re.compile(
    r"\b[Mm]y ((?:[a-z]+(?:'s)? ){0,3}?[a-z]+) (?:is called|is|are|will be) (?!(?:what|who|where)\b)([^.!?\n]{1,80})"
)
_FACT_JA = re.compile(
    r"(?:私|僕|わたし|ぼく|俺)の([^\s。、は]{1,15})は、?(?!何|なん|なに|誰|どこ|いつ)([^。、??]{1,40}?)(?:です|だよ|だ)?[。!]?$"
)
_ASKS_FACT = re.compile(
    r"\b(?:what|who|where|which|when)(?:'?s| is| are)? my ((?:[a-z]+(?:'s)? ){0,3}?[a-z]+)(?= called| again|[?.!]|$)",
    re.IGNORECASE,
)
_ASKS_FACT_JA = re.compile(
    r"(?:私|僕|わたし|ぼく|俺)の([^\s。、は]{1,15})(?:は|って)、?(?:何|なん|なに|誰|だれ|どこ|いつ|[??]|$)"
)
_REMEMBER = re.compile(
    r"\b(?:please )?remember(?: that|:)? (?!my|what|me\b|who)([^?\n]{3,120}?)[.!]?$|(.{2,60}?)(?:こと)?を覚えて",
    re.IGNORECASE,
)
_ASKS_REMEMBERED = re.compile(r"\bwhat\b.*\bremember\b|何を覚えて", re.IGNORECASE)

_ASKED = r"(?:question|message|ask(?:ed)?|say|said|write|wrote|tell|told)"
_HOW_MANY = re.compile(
    r"\bhow many (?:questions|messages|times)\b.*\b(?:i|so far|thread|before|conversation|we)\b|\bhow many questions\b"
    r"|(?:何回|いくつ|何個).*(?:質問|聞)|質問.*(?:何回|いくつ|何個)",
    re.IGNORECASE,
)
_FIRST = re.compile(
    rf"\bmy (?:very )?first (?:question|message)\b|\b(?:first|begin)\b.*\bi {_ASKED}\b|\bi {_ASKED}\b.*\bfirst\b"
    r"|(?:最初|初め|はじめ)(?:の|に|は)?.*(?:質問|聞|尋|言)",
    re.IGNORECASE,
)
_LAST = re.compile(
    rf"\bmy (?:last|previous) (?:question|message)\b|\b(?:did|have) i (?:just )?{_ASKED}\b"
    r"|(?:前|さっき|直前|先ほど|最後)(?:の|に|は)?.*(?:質問|聞い|尋ね)",
    re.IGNORECASE,
)
_YOU_FIRST = re.compile(
    r"\b(?:your first (?:answer|reply)|you (?:say|said|answer|answered) first)\b|(?:最初|初め)の(?:答え|回答|返事)",
    re.IGNORECASE,
)
_YOU_LAST = re.compile(
    r"\byour (?:last|previous) (?:answer|reply|message)\b"
    r"|\b(?:did|have) you (?:just )?(?:say|said|answer|answered|reply|tell|told)\b"
    r"|\b(?:repeat|say) (?:that|it)(?: again)?\b|^repeat\b(?! after)"
    r"|(?:前|さっき|先ほど|直前)の(?:答え|回答|返事)|もう一度(?:言|答)|あなた.*(?:何と|なんて)(?:言|答)",
    re.IGNORECASE,
)
_SUMMARY = re.compile(
    r"\b(?:summari[sz]e|summary|recap)\b|\bwhat (?:have|did) we (?:talk|discuss|speak)|\b(?:all|list) my questions\b"
    r"|(?:会話|話)を?(?:要約|まとめ)|質問を?(?:全部|すべて|まとめ)",
    re.IGNORECASE,
)


def answer(question: Question) -> Answer | None:
    """Answers from the turns of the thread alone, and takes note of a fact that the user tells."""
    for pattern, skill in _ASKING:
        if pattern.search(question.text):
            return skill(question)
    return _fact(question) or _told(question)


def known_name(question: Question) -> str:
    """What the user is called, as the thread or the instructions say; "" where nobody has said."""
    for sentence in _told_sentences(question):
        if name := _name_in(sentence):
            return name
    found = _TOLD_OF_USER.search(tidy(question.prompt.instructions))
    return (found[1] or found[2]) if found else ""


def _told_sentences(question: Question) -> Iterator[str]:
    """What the user has said, the newest sentence first."""
    yield from reversed(question.earlier)
    for turn in reversed(question.before):
        if turn.role == "user":
            yield from reversed(sentences(tidy(turn.text[:2000])))


def _name_in(sentence: str) -> str:
    if sentence.endswith("?"):
        return ""
    for pattern in _NAMES:
        if (found := pattern.search(sentence)) and not _NATIONS.search(found[1]):
            return found[1].strip("'-")
    return ""


def _name(question: Question) -> Answer:
    name = known_name(question)
    if not name:
        return _nobody_said(question, "your name", "お名前")
    return question.reply(f"Your name is {name}.", f"あなたのお名前は{name}さんです。", name)


def _told(question: Question) -> Answer | None:
    """Takes note: the thread keeps what was said, so the answer only confirms it."""
    if name := _name_in(question.text):
        return question.reply(
            f"Nice to meet you, {name}. I will remember your name in this thread.",
            f"はじめまして、{name}さん。このスレッドではお名前を覚えておきます。",
            name,
        )
    found = _FACT.search(question.text) or _FACT_JA.search(question.text) or _REMEMBER.search(question.text)
    if not found or question.text.endswith("?"):
        return None
    return question.reply("I will remember that in this thread.", "このスレッドで覚えておきます。", "Noted", "了解")


def _fact(question: Question) -> Answer | None:
    found = _ASKS_FACT.search(question.text) or _ASKS_FACT_JA.search(question.text)
    if not found:
        return None
    subject = found[1].casefold()
    for sentence in _told_sentences(question):
        told = _FACT.search(sentence) or _FACT_JA.search(sentence)
        if told and told[1].casefold() == subject and not is_question(sentence):
            value = told[2].strip()
            return question.reply(f"Your {subject} is {value}.", f"あなたの{subject}は{value}です。", value)
    return _nobody_said(question, f"your {subject}", f"あなたの{subject}")


def _nobody_said(question: Question, what: str, what_ja: str) -> Answer:
    return question.reply(
        f"Nobody has told me {what} in this thread.",
        f"このスレッドでは{what_ja}をまだ聞いていません。",
        "Unknown",
        "不明",
    )


def _remembered(question: Question) -> Answer:
    for sentence in _told_sentences(question):
        if (found := _REMEMBER.search(sentence)) and not sentence.endswith("?"):
            what = (found[1] or found[2]).strip()
            return question.reply(f'You asked me to remember: "{what}".', f"覚えているのは「{what}」です。", what)
    return _nobody_said(question, "what to remember", "覚えること")


def _of(turns: tuple[Turn, ...], role: str) -> list[str]:
    return [turn.text.strip() for turn in turns if turn.role == role]


def _count(question: Question) -> Answer:
    number = len(_of(question.before, "user")) + 1
    if number == 1:
        return question.reply(
            "This is your first question in this thread.", "このスレッドでは、これが最初の質問です。", "1"
        )
    return question.reply(
        f"You have asked {number} questions in this thread, counting this one.",
        f"このスレッドでの質問は、これを含めて{number}つです。",
        str(number),
    )


def _first_question(question: Question) -> Answer:
    return _quoted(question, _of(question.before, "user")[:1], "Your first question was", "最初の質問は")


def _last_question(question: Question) -> Answer:
    return _quoted(question, _of(question.before, "user")[-1:], "Before this you asked", "その前の質問は")


def _first_answer(question: Question) -> Answer:
    return _quoted(question, _of(question.before, "assistant")[:1], "My first answer was", "最初の答えは")


def _last_answer(question: Question) -> Answer:
    return _quoted(question, _of(question.before, "assistant")[-1:], "My last answer was", "直前の答えは")


def _quoted(question: Question, texts: list[str], en: str, ja: str) -> Answer:
    if not texts:
        return question.reply(
            "There is nothing before this in the thread.",
            "このスレッドには、これより前に何もありません。",
            "Nothing",
            "なし",
        )
    text = texts[0] if len(texts[0]) <= _SHOWN else texts[0][:_SHOWN] + "…"
    return question.reply(f'{en}: "{text}"', f"{ja}「{text}」です。")


def _summary(question: Question) -> Answer:
    asked = _of(question.before, "user")
    if not asked:
        return _quoted(question, [], "", "")
    lines = "\n".join(
        f"{number}. {text[:_SHOWN]}" for number, text in enumerate(asked[-_LISTED:], len(asked[:-_LISTED]) + 1)
    )
    return question.reply(
        f"In this thread you wrote:\n{lines}", f"このスレッドであなたが書いたこと:\n{lines}", str(len(asked))
    )


_ASKING = [
    (_ASKS_NAME, _name),
    (_HOW_MANY, _count),
    (_SUMMARY, _summary),
    (_ASKS_REMEMBERED, _remembered),
    (_YOU_FIRST, _first_answer),
    (_YOU_LAST, _last_answer),
    (_FIRST, _first_question),
    (_LAST, _last_question),
]
