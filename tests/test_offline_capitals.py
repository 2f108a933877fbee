"""Every capital, asked in every way; none of this stands in a lesson or in the phrasebook."""

import re

import pytest
from support.asking import answer, ask, run

from mock_endpoint.models import tokens
from mock_endpoint.models.offline.skills import capitals
from mock_endpoint.models.offline.text import key

# Member states of the United Nations by ISO 3166-1, written down apart from the table.
MEMBERS = """
AD AE AF AG AL AM AO AR AT AU AZ BA BB BD BE BF BG BH BI BJ BN BO BR BS BT BW BY BZ CA CD CF CG CH CI CL CM CN CO CR
CU CV CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FM FR GA GB GD GE GH GM GN GQ GR GT GW GY HN HR HT HU ID IE IL
IN IQ IR IS IT JM JO JP KE KG KH KI KM KN KP KR KW KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MH MK ML MM MN
MR MT MU MV MW MX MY MZ NA NE NG NI NL NO NP NR NZ OM PA PE PG PH PK PL PT PW PY QA RO RS RU RW SA SB SC SD SE SG SI SK
SL SM SN SO SR SS ST SV SY SZ TD TG TH TJ TL TM TN TO TR TT TV TZ UA UG US UY UZ VA VC VE VN VU WS YE ZA ZM ZW
"""


class TestCapitals:
    """Countries and their capitals, typed in every way."""

    def test_every_member_state_is_there_once(self) -> None:
        """The table holds exactly the 193 members of the United Nations, and others without a code."""
        codes = [row.code for row in capitals.countries() if row.code]
        assert len(codes) == 193
        assert sorted(codes) == sorted(set(MEMBERS.split()) - {"VA"})  # the Holy See is an observer

    def test_no_name_stands_for_two_rows(self) -> None:
        """A name leads to one row only."""
        names = [
            key(name) for row in capitals.countries() for name in {row.name, row.name_ja, *row.aliases} if key(name)
        ]
        doubled = {name for name in names if names.count(name) > 1}
        assert not doubled
        assert all(names)

    def test_rows_are_complete(self) -> None:
        """Every row is there in both languages; several capitals always come with a sentence of explanation."""
        for row in capitals.countries():
            assert row.name, row
            assert row.name_ja, row
            assert len(row.capitals) == len(row.capitals_ja), row
            assert row.capitals or row.note, row
            assert bool(row.note) == bool(row.note_ja), row
            assert len(row.capitals) < 2 or row.note, row
            assert re.search(r"[ぁ-ヿ一-鿿]", row.name_ja), row

    def test_every_state_in_both_languages(self) -> None:
        """All 193, asked one by one."""
        for row in capitals.countries():
            if row.code:
                english = answer(f"What is the capital of {row.name}?")
                japanese = answer(f"{row.name_ja}の首都はどこですか?")
                assert all(city.rstrip(".") in english or row.note == english for city in row.capitals), english
                assert row.capitals_ja[0] in japanese, japanese

    def test_every_name_leads_to_its_own_row(self) -> None:
        """No name is hidden by a longer or shorter one: Niger, Nigeria; Guinea, Guinea-Bissau; インド, インドネシア."""
        for row in capitals.countries():
            for name in (row.name, row.name_ja, *row.aliases):
                assert [found for _, found in capitals.find(f"{name}?", capitals.by_name())] == [row], name

    @pytest.mark.parametrize(
        ("question", "expected"),
        [
            ("What is the capital of Spain's neighbour?", 'I do not know a country called "Spain\'s neighbour".'),
            ("What is the capital of the neighbour of Spain?", "I do not know a country"),
            (
                "What are Spain's and Portugal's capitals?",
                "The capital of Spain is Madrid. The capital of Portugal is Lisbon.",
            ),
            ("中国の隣国の首都は?", "知りません"),
        ],
    )
    def test_a_country_beside_another(self, question: str, expected: str) -> None:
        """Who is meant by a neighbour it does not know, and does not say the capital of the other country."""
        assert expected in answer(question)

    @pytest.mark.parametrize(
        ("question", "expected"),
        [
            ("日本の首都はどこですか?", "日本の首都は東京です。"),
            ("日本の首都はどこですか？", "日本の首都は東京です。"),
            ("What is the capital of Japan?", "The capital of Japan is Tokyo."),
            ("capital of mongolia?", "The capital of Mongolia is Ulaanbaatar."),
            ("whats the capital of NORWAY", "The capital of Norway is Oslo."),
            ("What's Fiji's capital?", "The capital of Fiji is Suva."),
            ("Tell us the capital of Laos, please.", "The capital of Laos is Vientiane."),
            ("What is the capital of the U.S.A.?", "The capital of the United States is Washington, D.C."),
            ("Capital of Turkey", "The capital of Türkiye is Ankara."),
            ("capital of st. lucia", "The capital of Saint Lucia is Castries."),
            ("capital of Cote d’Ivoire", "Yamoussoukro"),
            ("capital of Niger", "Niamey"),
            ("capital of nigeria", "Abuja"),
            ("capital of Congo?", "Two countries"),
            ("ペルーの首都を教えて", "ペルーの首都はリマです。"),
            ("英国の首都は?", "イギリスの首都はロンドンです。"),
            ("インドネシアの首都は?", "ジャカルタ"),
            ("ソマリアの首都は?", "モガディシュ"),
            ("What is the capital of Bolivia?", "Sucre"),
            ("Which country's capital is Nairobi?", "Nairobi is the capital of Kenya."),
            ("Kiev is the capital of which country?", "Kyiv is the capital of Ukraine."),
            ("What is Lima the capital of?", "Lima is the capital of Peru."),
            ("リヨンはフランスの首都ですか?", "いいえ。フランスの首都はパリです。"),
            ("キトはどこの国の首都ですか?", "キトはエクアドルの首都です。"),
            ("Is Sydney the capital of Australia?", "No. The capital of Australia is Canberra."),
            ("Is Canberra the capital of Australia?", "Yes. The capital of Australia is Canberra."),
            (
                "What are the capitals of Chad and Togo?",
                "The capital of Chad is N'Djamena. The capital of Togo is Lomé.",
            ),
            ("What is the capital of Malta? And of Cyprus?", "Valletta. The capital of Cyprus is Nicosia."),
            ("What is the capital of Malta and what is 6 * 9?", "Valletta. 6 × 9 = 54."),
            ("capital of Atlantis", 'do not know a country called "Atlantis"'),
            ("capital of New Mexico", 'do not know a country called "New Mexico"'),
            ("ムーの首都は?", "「ムー」という国は知りません"),
            ("capital of Purtugal", "Did you mean Portugal? The capital of Portugal is Lisbon."),
            ("What is a capital?", "Of which country?"),
        ],
    )
    def test_as_people_type(self, question: str, expected: str) -> None:
        """Careless spelling, other names, the reverse, several at once, none at all."""
        assert expected in answer(question)

    def test_follow_ups_look_back_in_the_thread(self) -> None:
        """`And Mali?` means a capital only where one was asked for before."""
        assert answer("capital of Chad?", "And Mali?") == "The capital of Mali is Bamako."
        assert answer("capital of Chad?", "And Mali?", "What about Ghana?") == "The capital of Ghana is Accra."
        assert answer("チャドの首都は?", "ガーナは?") == "ガーナの首都はアクラです。"
        assert "I do not know that" in answer("What is 1 + 1?", "And Mali?")

    @pytest.mark.parametrize("question", ["List all the capitals you know", "首都を全部教えて"])
    def test_the_list_is_bounded(self, question: str) -> None:
        """It says how many more there are, and is long enough for `max_completion_tokens` to cut."""
        text, last = run(ask(question))
        assert text.count("\n") == 30
        assert str(sum(bool(row.capitals) for row in capitals.countries()) - 30) in text.splitlines()[-1]
        short, cut = run(ask(question, max_completion_tokens=64))
        assert text.startswith(short)
        assert (cut.reason, cut.completion_tokens, tokens.count(short)) == ("length", 64, 64)
        assert last.reason == "stop"
