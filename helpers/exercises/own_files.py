"""Files that the kit writes for a person: it replaces what it wrote itself, and nothing else unasked."""

from pathlib import Path

from helpers.problems import KitError


def write_own(file: Path, text: str, mark: str, *, what: str, overwrite: bool) -> None:
    """Write `text`, which holds `mark` near its beginning; by it a later call knows the file as its own.

    `what` names the kind of file. Raises `KitError` when the file cannot be written, or is there without the mark,
    unless `overwrite`.
    """
    try:
        if not overwrite and file.exists() and not _has(file, mark):
            raise KitError(
                f"{file} is there already, and is no {what}.",
                "Choose another name for it, or add --overwrite to replace it.",
            )
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise KitError(
            f"{file} cannot be written ({error.strerror or error}).", "Choose another place for it."
        ) from error


def _has(file: Path, mark: str) -> bool:
    with file.open("rb") as opened:
        return mark.encode() in opened.read(1000)


def document(title: str, mark: str, style: str, body: str) -> str:
    """A page that needs nothing from anywhere else, and forbids itself to load anything; `body` is HTML."""
    head = [
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"{mark}\n<title>{title}</title>\n<style>\n{style}</style>\n</head>",
    ]
    return "\n".join([*head, f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"])
