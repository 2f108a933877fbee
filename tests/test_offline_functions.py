"""Which functions the offline model calls, with which arguments; none of these functions stands in a lesson."""

from typing import Any

import pytest
from support.calling import Arguments, calls, converse, function, thread

S, INT, N, B = "string", "integer", "number", "boolean"

TOWN = [
    function(
        "book_table",
        "Reserve a table in a restaurant",
        ["restaurant", "guests", "time"],
        restaurant=S,
        guests=INT,
        time=S,
        outdoor=B,
    ),
    function(
        "lookup_train",
        "Find the next train between two stations",
        ["departure", "arrival"],
        departure=S,
        arrival=S,
        date=S,
    ),
    function("measure_distance", "Distance between two cities", start=S, end=S),
    function("set_alarm", "Set an alarm clock", ["time"], time=S, label=S),
    function(
        "translateText",
        "Translate a text into another language",
        text=S,
        target_language={"type": "string", "enum": ["fr", "de", "ja", "en"]},
    ),
    function("list_museums", "List the museums of a city", ["city"], city=S, limit=INT),
    function("track_parcel", "Where a parcel is now", tracking_number=S),
    function("get_stock_price", "Current price of a share", symbol=S),
    function("play_song", "Play music", ["title"], title=S, artist=S),
    function(
        "create_event",
        "Put an event into the calendar",
        ["title", "date"],
        title=S,
        date={"type": "string", "format": "date"},
        attendees={"type": "array", "items": {"type": "string"}},
    ),
    function(
        "order_pizza",
        "Order a pizza",
        ["size"],
        size={"enum": ["small", "medium", "large"]},
        toppings={"type": "array", "items": {"enum": ["mushrooms", "olives", "ham"]}},
        quantity={"type": "integer", "minimum": 1, "default": 1},
    ),
    function(
        "searchHotels",
        "Search for hotels",
        ["location", "nights"],
        location=S,
        nights=INT,
        stars={"type": "integer", "minimum": 1, "maximum": 5},
        breakfast=B,
    ),
    function("潮位", "指定した港の潮位を調べる", 港=S),
    function("sunrise_time", "When the sun rises", place=S, date=S),
    function("send_mail", "Send an e-mail", to=S, subject=S, body=S),
    function("toggle_light", "Turn a lamp on or off", room={"enum": ["kitchen", "bedroom", "hall"]}, on=B),
    function("population_of", "How many people live in a country", country=S),
    function("bmi", "Compute the body mass index from height and weight", height_cm=N, weight_kg=N),
    function("library_lookup", "Find a book by its author", ["author"], author=S),
    function("air_quality", "Air pollution index", city=S),
    function("roll_dice", "Roll dice", ["count"], count=INT, sides={"type": "integer", "default": 6}),
    function("currency_rate", "Exchange rate of two currencies", base=S, quote=S),
]
OFFICE = [
    function("rent_bike", "Rent a bicycle at a station", ["station", "hours"], station=S, hours=INT, helmet=B),
    function("get_nutrition", "Calories and nutrients of a food", ["food"], food=S, grams=N),
    function(
        "schedule_meeting",
        "Schedule a meeting with colleagues",
        ["topic", "day"],
        topic=S,
        day=S,
        people={"type": "array", "items": {"type": "string"}},
    ),
    function(
        "find_recipe",
        "Find a recipe with the given ingredients",
        ingredients={"type": "array", "items": {"type": "string"}},
    ),
    function("set_thermostat", "Set the temperature of a room", room=S, celsius=N),
    function("get_tide_table", "Tides of a harbour", ["harbour"], harbour=S, date={"type": "string", "format": "date"}),
    function("check_order_status", "State of an order", order_id=S),
    function("cancel_booking", "Cancel a reservation", reference=S),
    function("define_word", "Dictionary definition of a word", word=S),
    function(
        "get_flight_price",
        "Price of a flight",
        ["from_airport", "to_airport"],
        from_airport=S,
        to_airport=S,
        travel_class={"enum": ["economy", "business", "first"]},
    ),
    function(
        "add_todo",
        "Add a task to the list of things to do",
        task=S,
        priority={"enum": ["low", "normal", "high"], "default": "normal"},
    ),
    function("sales_report", "Sales figures of a region and a year", region=S, year=INT),
    function("earthquakes", "Recent earthquakes in an area", ["area"], area=S, min_magnitude=N),
    function("get_time_in", "Local time of a city", city=S),
    function(
        "convert_temperature",
        "Convert between temperature scales",
        value=N,
        from_unit={"enum": ["C", "F", "K"]},
        to_unit={"enum": ["C", "F", "K"]},
    ),
    function("計算_消費税", "商品の価格から消費税を計算する", 価格=N),
    function("祝日一覧", "指定した年の祝日を返す", 年=INT),
    function("find_employee", "Look up an employee by name", name=S),
]


class TestChoosing:
    """The function that fits, and the values of the message."""

    @pytest.mark.parametrize(
        ("question", "expected"),
        [
            (
                "Please reserve a table at Chez Panisse for six at 20:30",
                [("book_table", {"restaurant": "Chez Panisse", "guests": 6, "time": "20:30"})],
            ),
            (
                "Book a table for two at Trattoria Roma at 8pm, outdoor please",
                [("book_table", {"restaurant": "Trattoria Roma", "guests": 2, "time": "8pm", "outdoor": True})],
            ),
            (
                "When does the next train from Lyon to Geneva leave?",
                [("lookup_train", {"departure": "Lyon", "arrival": "Geneva"})],
            ),
            ("博多から熊本までの電車は?", [("lookup_train", {"departure": "博多", "arrival": "熊本"})]),
            ("How far is it from Oslo to Bergen?", [("measure_distance", {"start": "Oslo", "end": "Bergen"})]),
            ("札幌と函館の距離は?", [("measure_distance", {"start": "札幌", "end": "函館"})]),
            ("Wake me up at 6:15", [("set_alarm", {"time": "6:15"})]),
            ("6時半に目覚ましをセットして", [("set_alarm", {"time": "6時半"})]),
            (
                'Translate "the sea is calm" to German',
                [("translateText", {"text": "the sea is calm", "target_language": "de"})],
            ),
            (
                "「海は静かです」を英語に翻訳して",
                [("translateText", {"text": "海は静かです", "target_language": "en"})],
            ),
            (
                "Which museums are there in Vienna and Graz?",
                [("list_museums", {"city": "Vienna"}), ("list_museums", {"city": "Graz"})],
            ),
            ("金沢の美術館を教えて", [("list_museums", {"city": "金沢"})]),
            ("Where is my package RX-20931?", [("track_parcel", {"tracking_number": "RX-20931"})]),
            ("What is the stock price of MSFT?", [("get_stock_price", {"symbol": "MSFT"})]),
            ('Play "Yesterday" by The Beatles', [("play_song", {"title": "Yesterday", "artist": "The Beatles"})]),
            (
                "Create an event called Board meeting on 3 March 2027 with Ann and Ben",
                [("create_event", {"title": "Board meeting", "date": "2027-03-03", "attendees": ["Ann", "Ben"]})],
            ),
            (
                "Order two large pizzas with olives and ham",
                [("order_pizza", {"size": "large", "toppings": ["olives", "ham"], "quantity": 2})],
            ),
            (
                "Find a hotel in Lisbon for 3 nights with breakfast",
                [("searchHotels", {"location": "Lisbon", "nights": 3, "breakfast": True})],
            ),
            (
                "4-star hotels in Porto for two nights without breakfast",
                [("searchHotels", {"location": "Porto", "nights": 2, "stars": 4, "breakfast": False})],
            ),
            ("神戸港の潮位は?", [("潮位", {"港": "神戸港"})]),
            ("When is sunrise in Tromsø tomorrow?", [("sunrise_time", {"place": "Tromsø", "date": "tomorrow"})]),
            (
                'Email ann@example.org with the subject "Lunch" and the text "Are you free?"',
                [("send_mail", {"to": "ann@example.org", "subject": "Lunch", "body": "Are you free?"})],
            ),
            ("Turn off the light in the kitchen", [("toggle_light", {"room": "kitchen", "on": False})]),
            ("What is the population of Peru?", [("population_of", {"country": "Peru"})]),
            ("ペルーの人口は?", [("population_of", {"country": "ペルー"})]),
            ("What is my BMI at 180 cm and 75 kg?", [("bmi", {"height_cm": 180, "weight_kg": 75})]),
            (
                "How is the air quality in Delhi and what is the population of India?",
                [("air_quality", {"city": "Delhi"}), ("population_of", {"country": "India"})],
            ),
            ("Roll three dice", [("roll_dice", {"count": 3, "sides": 6})]),
            ("What is the exchange rate from dollars to yen?", [("currency_rate", {"base": "USD", "quote": "JPY"})]),
            ("ドルから円への為替レートは?", [("currency_rate", {"base": "USD", "quote": "JPY"})]),
        ],
    )
    def test_in_town(self, question: str, expected: list[tuple[str, Arguments]]) -> None:
        """One set of functions, in both languages."""
        assert calls(thread(question, tools=TOWN)) == expected

    @pytest.mark.parametrize(
        ("question", "expected"),
        [
            (
                "I'd like to rent a bike at Dam Square for 3 hours with a helmet",
                [("rent_bike", {"station": "Dam Square", "hours": 3, "helmet": True})],
            ),
            ("How many calories are in 150 grams of tofu?", [("get_nutrition", {"food": "tofu", "grams": 150})]),
            (
                "Schedule a meeting about the budget on Friday with Kim and Lee",
                [("schedule_meeting", {"topic": "the budget", "day": "Friday", "people": ["Kim", "Lee"]})],
            ),
            (
                "Find me a recipe with leeks, potatoes and cream",
                [("find_recipe", {"ingredients": ["leeks", "potatoes", "cream"]})],
            ),
            ("High tide at Whitby on 2026-09-12?", [("get_tide_table", {"harbour": "Whitby", "date": "2026-09-12"})]),
            ("What is the status of order 88213?", [("check_order_status", {"order_id": "88213"})]),
            ("Please cancel my booking KX7Q2", [("cancel_booking", {"reference": "KX7Q2"})]),
            ('What does "ubiquitous" mean?', [("define_word", {"word": "ubiquitous"})]),
            (
                "How much is a business flight from Helsinki to Lima?",
                [("get_flight_price", {"from_airport": "Helsinki", "to_airport": "Lima", "travel_class": "business"})],
            ),
            ("Add a task: water the plants", [("add_todo", {"task": "water the plants", "priority": "normal"})]),
            ("Show the sales report for Bavaria in 2024", [("sales_report", {"region": "Bavaria", "year": 2024})]),
            ("Were there any earthquakes in Chile recently?", [("earthquakes", {"area": "Chile"})]),
            ("What time is it in Nairobi?", [("get_time_in", {"city": "Nairobi"})]),
            (
                "What time is it in Nairobi and Lagos?",
                [("get_time_in", {"city": "Nairobi"}), ("get_time_in", {"city": "Lagos"})],
            ),
            ("Convert 30 °C to fahrenheit", [("convert_temperature", {"value": 30, "from_unit": "C", "to_unit": "F"})]),
            ("1200円の商品の消費税は?", [("計算_消費税", {"価格": 1200})]),
            ("2027年の祝日を教えて", [("祝日一覧", {"年": 2027})]),
            ("Who is the employee called Maria Silva?", [("find_employee", {"name": "Maria Silva"})]),
            ("チリで最近地震はありましたか?", [("earthquakes", {"area": "チリ"})]),
            ("ナイロビは今何時ですか?", [("get_time_in", {"city": "ナイロビ"})]),
        ],
    )
    def test_in_an_office(self, question: str, expected: list[tuple[str, Arguments]]) -> None:
        """Another set."""
        assert calls(thread(question, tools=OFFICE)) == expected

    @pytest.mark.parametrize(
        "question",
        [
            "3足す4は?",
            "Explain how trains work",
            "Hello there!",
            "Hi!",
            "How are you today?",
            "I ordered tofu yesterday.",
            "I read a good book on the train yesterday.",
            "My name is Rosa.",
            "Nice weather today!",
            "Tell me something about Mars",
            "Thanks a lot",
            "What can you do?",
            "What does a museum do?",
            "What is 12 * 12?",
            "What is 30 * 4?",
            "What is my name?",
            "What is the best season for Kyoto?",
            "What is the capital of Chile?",
            "What is the capital of Japan?",
            "What time is it?",
            "Who are you?",
            "Who painted the Mona Lisa?",
            "Who wrote War and Peace?",
            "ありがとう",
            "おはよう",
            "フランスの首都は?",
            "私の名前は健です",
        ],
    )
    def test_no_function_is_needed(self, question: str) -> None:
        """What the skills answer, what is only told, and what merely shares a word."""
        assert not calls(thread(question, tools=TOWN))
        if "time" not in question:  # the office has a clock
            assert not calls(thread(question, tools=OFFICE))

    def test_the_better_fit_wins(self) -> None:
        """Of two alike functions, whichever is declared first."""
        money = function("exchange_money", "Exchange an amount of money", amount=N, source=S, target=S)
        length = function("exchange_length", "Convert a length", value=N, from_unit=S, to_unit=S)
        for tools in ([money, length], [length, money]):
            assert calls(thread("Convert 30 francs to pesos", tools=tools)) == [
                ("exchange_money", {"amount": 30, "source": "CHF", "target": "MXN"})
            ]
            assert calls(thread("Convert 12 miles to km", tools=tools)) == [
                ("exchange_length", {"value": 12, "from_unit": "miles", "to_unit": "km"})
            ]

    def test_by_name(self) -> None:
        """A function named in the message is called, and one that is forbidden is not."""
        tools = [function("zap", "", code=S), function("lookup_tram", "Trams", stop=S)]
        assert calls(thread("Use zap with K-99", tools=tools)) == [("zap", {"code": "K-99"})]
        assert calls(thread("lookup_tramを使って、円山を調べて", tools=tools)) == [("lookup_tram", {"stop": "円山"})]
        assert not calls(thread("When does the tram leave? Do not use any tools.", tools=tools))
        assert not calls(thread("トラムは? ツールを使わないで", tools=tools))


class TestSeveral:
    """Parallel calls, one after the other, and follow-ups."""

    TOOLS = (
        function("list_museums", "Museums of a city", city=S),
        function("ferry_price", "Price of a ferry", ["island"], island=S, day=S),
    )
    ASKED = "Museums in Riga, Oslo and Turin, and the ferry price for Gotland"
    WANTED = (
        ("list_museums", {"city": "Riga"}),
        ("list_museums", {"city": "Oslo"}),
        ("list_museums", {"city": "Turin"}),
        ("ferry_price", {"island": "Gotland"}),
    )

    def test_at_once(self) -> None:
        """In the order of the message."""
        assert calls(thread(self.ASKED, tools=self.TOOLS)) == list(self.WANTED)

    def test_one_after_the_other(self) -> None:
        """Without parallel calls the same ones, one a round."""
        prompt = thread(self.ASKED, tools=self.TOOLS, parallel_tool_calls=False)
        assert calls(prompt) == [self.WANTED[0]]
        assert converse(prompt, lambda name, arguments: "fine")[0] == list(self.WANTED)

    @pytest.mark.parametrize(
        ("before", "now", "expected"),
        [
            ("Which museums are in Riga?", "And in Turin?", [("list_museums", {"city": "Turin"})]),
            ("リガの美術館は?", "じゃあオスロは?", [("list_museums", {"city": "オスロ"})]),
            (
                "What is the ferry price for Gotland on Monday?",
                "And on Friday?",
                [("ferry_price", {"island": "Gotland", "day": "Friday"})],
            ),
            ("What is the capital of Cuba?", "And Italy?", []),
        ],
    )
    def test_follow_up(self, before: str, now: str, expected: list[tuple[str, Arguments]]) -> None:
        """A new value, the rest as before."""
        assert calls(thread(before, now, tools=self.TOOLS)) == expected

    def test_pairs(self) -> None:
        """Values that belong together stay together."""
        tools = [function("hotel_price", "Price of a hotel room", city=S, month=INT)]
        assert calls(thread("Hotel prices in Rome in May and in Riga in June", tools=tools)) == [
            ("hotel_price", {"city": "Rome", "month": 5}),
            ("hotel_price", {"city": "Riga", "month": 6}),
        ]

    def test_a_list_is_one_call(self) -> None:
        """Where the parameter takes several values."""
        tools = [function("compare_museums", "", cities={"type": "array", "items": {"type": "string"}})]
        assert calls(thread("Compare the museums of Rome, Riga and Oslo", tools=tools)) == [
            ("compare_museums", {"cities": ["Rome", "Riga", "Oslo"]})
        ]


class TestToolChoice:
    """`tool_choice` in all its forms."""

    TOOLS = (function("list_museums", "Museums of a city", city=S), function("roll_dice", "Roll dice", count=INT))

    def test_none(self) -> None:
        """Never a call, and the reason is said."""
        made, text = converse(thread("Museums in Riga?", tools=self.TOOLS, tool_choice="none"), lambda *_: "")
        assert not made
        assert "list_museums" in text

    def test_required(self) -> None:
        """The best fit even when it is weak, and only once."""
        prompt = thread("Hello, Riga!", tools=self.TOOLS, tool_choice="required")
        assert len(calls(prompt)) == 1
        made, text = converse(prompt, lambda *_: "nothing special")
        assert len(made) == 1
        assert "nothing special" in text

    def test_one_function(self) -> None:
        """Exactly the one that is named."""
        choice = {"type": "function", "function": {"name": "roll_dice"}}
        assert calls(thread("Museums in Riga with 4 rooms", tools=self.TOOLS, tool_choice=choice)) == [
            ("roll_dice", {"count": 4})
        ]

    @pytest.mark.parametrize("choice", ["required", {"type": "code_interpreter"}, {"type": "file_search"}])
    def test_built_in_tools(self, choice: str | dict[str, Any]) -> None:
        """They cannot be run yet, and it says so."""
        tools = [{"type": "code_interpreter"}, {"type": "file_search"}]
        made, text = converse(thread("Plot a sine", tools=tools, tool_choice=choice), lambda *_: "")
        assert not made
        assert "yet" in text
