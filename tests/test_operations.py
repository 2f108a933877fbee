"""The table of operations says what the endpoint does."""

import os
from pathlib import Path

import pytest
import yaml
from support import operations


def test_page(request: pytest.FixtureRequest) -> None:
    """Made anew from the endpoint's answers, from the notebooks and from the notes, the page is as it is committed."""
    if request.config.getoption("--update-notebooks"):
        pytest.skip("it is written anew at the end")
    said = operations.PAGE.read_text(encoding="utf-8")
    assert said == operations.page(), "run pytest tests/test_operations.py --update-notebooks"


def test_every_route_is_in_it() -> None:
    """Nothing is served that the page does not name, and nothing stands in it twice."""
    noted = [operation for section in operations.NOTES.values() for operation in section]
    assert set(operations.SERVED) <= set(noted)
    assert len(noted) == len(set(noted))


def test_every_published_operation_is_in_it() -> None:
    """Contract §13: also what is not served is named."""
    file = os.environ.get("KIT_OPENAPI", "none")
    if file == "none":
        pytest.skip("KIT_OPENAPI names no OpenAPI file")
    document = yaml.load(Path(file).read_text("utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    published = {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}
    noted = {operation for section in operations.NOTES.values() for operation in section}
    assert published <= noted


@pytest.mark.parametrize("section", operations.NOTES)
def test_lessons_show_what_they_are_said_to_show(section: str) -> None:
    """The lesson calls the operation in its code."""
    for operation, notes in operations.NOTES[section].items():
        if "lesson" in notes:
            assert notes["lesson"] in operations.lessons_with(notes["client"]), operation


def test_calls_exist_in_the_client() -> None:
    """Each name is one of the official client's."""
    import openai

    client = openai.OpenAI(api_key="none", base_url="http://127.0.0.1:9")
    for section in operations.NOTES.values():
        for notes in section.values():
            for call in notes["client"]:
                found: object = client.beta if call.startswith(("assistants.", "threads.")) else client
                for name in call.split("."):
                    found = getattr(found, name)
                assert callable(found), call
    client.close()
