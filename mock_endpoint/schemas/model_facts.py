"""What the answers of the service show of a model by its name (contract-successor §1.1)."""

import re
from typing import Any

Json = dict[str, Any]

_SNAPSHOT = {
    "gpt-3.5-turbo": "gpt-3.5-turbo-0125",
    "gpt-4": "gpt-4-0613",
    "gpt-4-turbo": "gpt-4-turbo-2024-04-09",
    "gpt-4o": "gpt-4o-2024-08-06",
    "gpt-4o-mini": "gpt-4o-mini-2024-07-18",
    "gpt-4.1": "gpt-4.1-2025-04-14",
    "gpt-4.1-mini": "gpt-4.1-mini-2025-04-14",
    "gpt-4.1-nano": "gpt-4.1-nano-2025-04-14",
    "gpt-5": "gpt-5-2025-08-07",
    "gpt-5-mini": "gpt-5-mini-2025-08-07",
    "gpt-5-nano": "gpt-5-nano-2025-08-07",
}
"""The dated model behind a short name."""
_FAMILY = re.compile(r"gpt-(\d+(?:\.\d+)?)")


def snapshot(model: str) -> str:
    """The dated name with which OpenAI answers; a name that it does not know comes back as it is."""
    return _SNAPSHOT.get(model, model)


def takes_temperature(model: str) -> bool:
    """Whether the model takes a temperature: those that always reason do not."""
    return not re.match(r"o\d|gpt-5(-mini|-nano)?($|-\d{4}-)", model)


def reasoning(model: str, asked: Json) -> Json:
    """How the model reasons, with what was asked for."""
    version = _version(model)
    if version < 5 and not re.match(r"o\d", model):
        return {"context": None, "effort": None, "summary": None} | asked
    effort = "none" if version in (5.2, 5.4) else "medium"
    context = "all_turns" if version == 5.6 else "current_turn"
    return {"context": context, "effort": effort, "mode": "standard", "summary": None} | asked


def top_p(model: str) -> float:
    """What `top_p` is where nobody says."""
    return 0.98 if _version(model) >= 5.2 else 1.0


def cache_retention(model: str) -> str:
    """How long the service keeps what it has read of a prompt."""
    return "24h" if _version(model) in (5.2, 5.5, 5.6) else "in_memory"


def _version(model: str) -> float:
    found = _FAMILY.match(model)
    return float(found[1]) if found else 0
