"""Small documents in the formats that file search reads, made by the tests themselves."""

import zipfile
from pathlib import Path

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def pdf(path: Path, *lines: str) -> Path:
    """A PDF of one page with lines in Latin letters."""
    shown = "".join(f"BT /F 12 Tf 40 {700 - 20 * place} Td ({line}) Tj ET\n" for place, line in enumerate(lines))
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R"
        " /Resources << /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        f"<< /Length {len(shown)} >>\nstream\n{shown}endstream",
    )
    body = "%PDF-1.4\n" + "".join(f"{number} 0 obj\n{each}\nendobj\n" for number, each in enumerate(objects, 1))
    path.write_text(body + "trailer << /Root 1 0 R >>\n%%EOF", encoding="latin-1")
    return path


def docx(path: Path, *paragraphs: str) -> Path:
    """A DOCX file with these paragraphs."""
    text = "".join(f"<w:p><w:r><w:t>{each}</w:t></w:r></w:p>" for each in paragraphs)
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels"'
            ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{main}"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1"'
            f' Type="{_OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>',
        )
        archive.writestr(
            "word/document.xml", f'<w:document xmlns:w="{_W}" xmlns:r="{_OFFICE}"><w:body>{text}</w:body></w:document>'
        )
    return path


def pptx(path: Path, title: str, note: str) -> Path:
    """A PPTX file with one slide: a title, a table of one row, and the speaker's note."""
    from pptx import Presentation
    from pptx.util import Inches

    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    assert slide.shapes.title is not None
    slide.shapes.title.text = title
    row = slide.shapes.add_table(1, 2, Inches(1), Inches(1), Inches(2), Inches(1)).table.rows[0]
    row.cells[0].text, row.cells[1].text = "left", "right"
    assert slide.notes_slide.notes_text_frame is not None
    slide.notes_slide.notes_text_frame.text = note
    deck.save(str(path))
    return path


def zip_bomb(path: Path, megabytes: int) -> Path:
    """An archive of a few kilobytes that unpacks to so many megabytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("word/document.xml", "w") as member:
        for _ in range(megabytes):
            member.write(bytes(1 << 20))
    return path
