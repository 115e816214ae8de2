"""PDFs from templates in portal/typst. What people typed is handed over as data and never becomes a template's source.

A paper is tagged PDF/A-2a and PDF/UA-1 with the fonts inside. Those standards refuse a text that no font shows: then
the machine's own fonts are tried, and at last the paper is made without the promise.
"""

import asyncio
import threading
from pathlib import Path
from typing import Any

import orjson
import typst

folder = Path(__file__).parent / "typst"
STANDARDS: list["typst.PDFStandard"] = ["a-2a", "ua-1"]
unshown = "could not be displayed"


class Papers:
    """Renders papers in threads; the fonts are read once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fonts: dict[bool, typst.Fonts] = {}

    async def render(self, template: str, data: dict[str, Any]) -> bytes:
        """The PDF of portal/typst/<template>.typ with `data`, which is whatever JSON can say: bytes (a picture) go as
        lists of numbers."""
        return await asyncio.to_thread(self._render, template, {"data": orjson.dumps(data).decode()})

    def _render(self, template: str, inputs: dict[str, str]) -> bytes:
        try:
            return self._compile(template, inputs, STANDARDS)
        except typst.TypstError as error:
            if unshown not in error.message:
                raise
        try:
            return self._compile(template, inputs, STANDARDS, system_fonts=True)
        except typst.TypstError as error:
            if unshown not in error.message:
                raise
        return self._compile(template, inputs, [], system_fonts=True)

    def _compile(
        self, template: str, inputs: dict[str, str], standards: list["typst.PDFStandard"], system_fonts: bool = False
    ) -> bytes:
        return typst.compile(
            folder / f"{template}.typ",
            root=folder,
            font_paths=self._fonts_of(system_fonts),
            ignore_system_fonts=not system_fonts,
            sys_inputs=inputs,
            pdf_standards=standards,
        )

    def _fonts_of(self, system_fonts: bool) -> typst.Fonts:
        with self._lock:
            if system_fonts not in self._fonts:
                self._fonts[system_fonts] = typst.Fonts(include_system_fonts=system_fonts)
            return self._fonts[system_fonts]
