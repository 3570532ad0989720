"""Reads a poster as a phone's camera and a person do: the picture of the page, with readers that are not ours."""

from dataclasses import dataclass
from pathlib import Path

import pypdfium2
import zxingcpp


@dataclass(frozen=True)
class Poster:
    """What a sheet says: the link in its square, its words, and its size in points."""

    link: str
    text: str
    size: tuple[float, float]


def read(path: Path) -> Poster:
    """Render a PDF of one page and read it."""
    document = pypdfium2.PdfDocument(path)
    try:
        assert len(document) == 1
        page = document[0]
        (code,) = zxingcpp.read_barcodes(page.render(scale=1.5).to_pil())
        text = " ".join(page.get_textpage().get_text_range().split())
        return Poster(code.text, text, tuple(round(side) for side in page.get_size()))
    finally:
        document.close()
