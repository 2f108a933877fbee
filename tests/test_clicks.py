"""What a busy kernel is asked to take at once, without a kernel; tests/browser/test_stop.py proves it with one."""

from types import SimpleNamespace
from typing import Any

import ipywidgets
import pytest

from helpers.clicks import take_at_once, take_in_order

STOP = {"method": "custom", "content": {"type": "stop"}}


def widget(**members: object) -> Any:  # noqa: ANN401 - no widget, but what is asked of one
    return SimpleNamespace(**members)


def test_only_what_is_wanted_stays_on_its_subshell() -> None:
    """Every other message goes where the kernel sends it, and so does what is no message of a widget."""
    comm = SimpleNamespace(_reply_subshell_for=lambda *_: "main")
    take_at_once(widget(comm=comm), lambda content: content.get("type") == "stop")
    route = comm._reply_subshell_for
    assert route(STOP, "own") == "own"
    assert route(STOP, None) is None
    others: list[Any] = [{"method": "custom", "content": {"type": "send"}}, {"method": "update", "state": {}}, {}, None]
    assert [route(other, "own") for other in others] == ["main"] * 4


def test_what_must_keep_its_order_goes_to_the_main_loop() -> None:
    """A widget, and those in it, at any depth."""
    leaf, other = (SimpleNamespace(comm=SimpleNamespace(_reply_subshell_for=lambda *_: "own")) for _ in range(2))
    inner = SimpleNamespace(comm=SimpleNamespace(), children=(leaf,))
    take_in_order(widget(comm=None, children=(inner, other)))
    assert [one.comm._reply_subshell_for(STOP, "own") for one in (leaf, other)] == [None, None]
    assert vars(inner.comm) == {}


@pytest.mark.parametrize("comm", [SimpleNamespace(), None])
def test_a_kernel_without_the_detour_is_left_as_it_is(comm: SimpleNamespace | None) -> None:
    """Older kernels, and no kernel at all."""
    take_at_once(widget(comm=comm), lambda _: True)
    assert comm is None or vars(comm) == {}
    take_at_once(ipywidgets.Button(), lambda _: True)
