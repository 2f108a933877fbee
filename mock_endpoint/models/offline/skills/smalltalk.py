"""Greetings, thanks, who answers and what it can do."""

import re

from mock_endpoint.models.offline.skill import Answer, Question
from mock_endpoint.models.offline.skills.memory import known_name

_IDENTITY = re.compile(
    r"\bwho (?:are|r) (?:you|u)\b|\b(?:what is|what's|whats|tell me|say) your name\b"
    r"|\bwhat are you\b|\bintroduce yourself\b"
    r"|\bare you (?:a |an )?(?:real|human|robot|bot|ai|chatgpt|gpt)"
    r"|\bwhat (?:is|are) your (?:purpose|instructions|job)\b"
    r"|\bwhich model\b|\bwhat model\b"
    r"|(?:あなた|君|きみ)(?:は|って)(?:誰|だれ|何者|何です)|(?:あなた|君|きみ)の名前(?:は|を)|お名前は|自己紹介",
    re.IGNORECASE,
)
_HELP = re.compile(
    r"\bwhat (?:can|do|else can) you (?:do|know|answer|help)|\bhow can you help|\bwhat are you able\b"
    r"|^help\b|\bcan you help(?: me)?\??$"
    r"|何ができ|なにができ|できること|使い方|^ヘルプ|手伝って(?:くれ|もらえ)",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"\bwhat(?:'?s| is)? (?:the )?(?:time|date|day|year|today)\b|\b(?:today|current|todays|today's) (?:date|day|time)\b"
    r"|\bwhat (?:day|date) is\b|(?:今日|きょう)は?(?:何日|何曜日|の日付)|今(?:は)?何時|何曜日",
    re.IGNORECASE,
)
_SPEAK = re.compile(
    r"\bdo you (?:speak|know|understand) (?:english|japanese)\b|(?:日本語|英語)(?:は|が)(?:話|わか|分か|でき)",
    re.IGNORECASE,
)
_HOW_ARE_YOU = re.compile(r"\bhow (?:are|r) (?:you|u)\b|\bhow's it going\b|元気(?:ですか|\?|か)", re.IGNORECASE)
_THANKS = re.compile(r"\b(?:thanks|thank you|thx|cheers)\b|ありがと|感謝", re.IGNORECASE)
_BYE = re.compile(r"^(?:good)?bye\b|\bsee you\b|\bgood night\b|さようなら|さよなら|またね|おやすみ", re.IGNORECASE)
_GREETING = re.compile(
    r"^(?:hello|hi|hey|hiya|howdy|greetings|good (?:morning|afternoon|evening))\b"
    r"|^(?:こんにち[はわ]|こんばん[はわ]|おはよう|はじめまして|やあ|もしもし)",
    re.IGNORECASE,
)
_PRAISE = re.compile(
    r"^(?:ok(?:ay)?|great|good|nice|cool|yes|no|wow|perfect|test(?:ing)?|はい|いいえ|テスト|すごい|了解)[.! 。]*$",
    re.IGNORECASE,
)
_FORM = re.compile(
    r"^(?:please )?(?:(?:from now on|always),? )?(?:answer|reply|respond|speak|write|talk)\b"
    r".*\b(?:english|japanese|word|sentences?|capitals|caps)\b"
    r"|(?:日本語|英語|一言|ひとこと|一文)で(?:答|話|返|お願い)",
    re.IGNORECASE,
)


def answer(question: Question) -> Answer | None:
    """Answers what people say to begin, to end and to find out whom they talk with."""
    for pattern, reply in _REPLIES:
        if pattern.search(question.text):
            return reply(question)
    return None


def abilities(question: Question) -> Answer:
    """What the offline model can do."""
    return question.reply(
        "I know the capital of every country, do arithmetic, remember what this thread holds, "
        "and know a little about travelling in Japan. I answer in English and Japanese.",
        "世界の国々の首都、計算、このスレッドで話したこと、そして日本の旅のことを少し答えられます。日本語と英語で話せます。",
        "Capitals",
        "首都",
        courtesy=True,
    )


def _identity(question: Question) -> Answer:
    style = question.style
    role = f", {style.purpose}" if style.name and style.purpose else f" {style.purpose}" if style.purpose else ""
    nameless = "My instructions give me no name (an assistant's name is for people; models do not read it)"
    me = f"I am {style.name}{role}" if style.name or role else nameless
    task = f" I {style.task}." if style.task else ""
    said = question.prompt.instructions.strip().splitlines()
    me_ja = f"私は{style.name}で" if style.name else "指示に名前はなく"
    task_ja = f"指示には「{said[0][:120]}」とあります。" if said else ""
    return question.reply(
        f"{me}; my answers come from the kit's offline model, not from a real language model.{task}",
        f"{me_ja}、答えているのは本物の言語モデルではなく、このキットのオフラインモデルです。{task_ja}",
        style.name or "Nameless",
        style.name or "名無し",
    )


def _greeting(question: Question) -> Answer:
    me, you = question.style.name, known_name(question)
    return question.reply(
        f"Hello{', ' + you if you else ''}! {f'I am {me}. ' if me else ''}What would you like to know?",
        f"こんにちは{f'、{you}さん' if you else ''}!{f'{me}です。' if me else ''}何を知りたいですか?",
        "Hello",
        "こんにちは",
        courtesy=True,
    )


def _clock(question: Question) -> Answer:
    return question.reply(
        "I have no clock and no calendar, so I do not know the date or the time.",
        "時計もカレンダーもないので、日付や時刻はわかりません。",
        "Unknown",
        "不明",
    )


def _how_are_you(question: Question) -> Answer:
    en, ja = "All in order, thank you. What would you like to know?", "おかげさまで順調です。何を知りたいですか?"
    return question.reply(en, ja, "Fine", "元気", courtesy=True)


def _thanks(question: Question) -> Answer:
    return question.reply("You are welcome!", "どういたしまして!", "Welcome", "どうも", courtesy=True)


def _bye(question: Question) -> Answer:
    return question.reply(
        "Goodbye, and have a good trip!", "さようなら。よい旅を!", "Goodbye", "さようなら", courtesy=True
    )


def _speak(question: Question) -> Answer:
    return question.reply("Yes: I answer in English and Japanese.", "はい、日本語と英語で答えます。", "Yes", "はい")


def _all_right(question: Question) -> Answer:
    return question.reply(
        "All right. What would you like to know?", "わかりました。何を知りたいですか?", "OK", "了解", courtesy=True
    )


_REPLIES = [
    (_IDENTITY, _identity),
    (_HELP, abilities),
    (_CLOCK, _clock),
    (_SPEAK, _speak),
    (_HOW_ARE_YOU, _how_are_you),
    (_THANKS, _thanks),
    (_BYE, _bye),
    (_GREETING, _greeting),
    (_FORM, _all_right),
    (_PRAISE, _all_right),
]
