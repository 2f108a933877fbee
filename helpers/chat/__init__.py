"""ChatBox: chat with an assistant in the notebook."""

from helpers.chat.box import ChatBox

__all__ = ["ChatBox"]
