"""The mock endpoint: a complete, local Azure OpenAI Assistants service.

Start with `app.py`, the route table; `server.py` runs it.
"""
