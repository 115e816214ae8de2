"""Files that people send: what they are is found in them, whatever they say; what hides in them goes, or they do."""

import io
import struct
import zlib

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from people.errors import Invalid
from portal import uploads
from portal.uploads import examine, harmless

HIDDEN = b"GPS 38.7223 N, 9.1393 W"
SCRIPT = "<script>alert(1)</script>"


def drawn(form: str, size: tuple[int, int] = (24, 16), **options: object) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(made, form, **options)
    return made.getvalue()


def photo(orientation: int = 6) -> bytes:
    """As a phone takes it: lying, with the place."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = orientation, HIDDEN.decode()
    exif.get_ifd(0x8825)[2] = (38.0, 43.0, 20.0)
    return drawn("JPEG", exif=exif, comment=HIDDEN)


def bomb(width: int, height: int) -> bytes:
    """A PNG of some hundred bytes that would be drawn in gigabytes."""

    def part(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(100_000))
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", body) + part(b"IEND", b"")


def pdf(middle: bytes = b"<</Type /Catalog>>") -> bytes:
    head = b"%PDF-1.7\n1 0 obj\n" + middle + b"\nendobj\n"
    return head + b"xref\n0 1\ntrailer <</Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(head)


@pytest.mark.parametrize(
    ("form", "kind", "ending"),
    [
        ("PNG", "image/png", ".png"),
        ("JPEG", "image/jpeg", ".jpg"),
        ("WEBP", "image/webp", ".webp"),
        ("GIF", "image/png", ".png"),
    ],
)
def test_a_picture_is_known_by_its_content_and_drawn_anew(form: str, kind: str, ending: str) -> None:
    sent = drawn(form)
    kept = examine("scan.exe", sent + HIDDEN)
    assert (kept.name, kept.content_type) == (f"scan{ending}", kind)
    assert HIDDEN not in kept.content
    with Image.open(io.BytesIO(kept.content)) as shown:
        assert shown.size == (24, 16) and shown.convert("RGB").getpixel((3, 3))[0] > 180  # type: ignore[index]


def test_where_a_picture_was_taken_goes_and_it_stands_upright() -> None:
    sent = photo()
    assert HIDDEN in sent and sent.count(HIDDEN) == 2
    kept = examine("IMG_1.JPG", sent)
    with Image.open(io.BytesIO(kept.content)) as shown:
        assert shown.size == (16, 24) and not shown.getexif() and "comment" not in shown.info
    assert HIDDEN not in kept.content and b"Exif" not in kept.content


def test_texts_beside_a_picture_go() -> None:
    told = PngInfo()
    told.add_text("Comment", HIDDEN.decode())
    told.add_itxt("XML:com.adobe.xmp", SCRIPT)
    kept = examine("x.png", drawn("PNG", pnginfo=told))
    assert HIDDEN not in kept.content and SCRIPT.encode() not in kept.content


def test_of_a_moving_picture_the_first_is_kept() -> None:
    frames = [Image.new("RGB", (8, 8), (shade, 0, 0)) for shade in (10, 100, 200)]
    made = io.BytesIO()
    frames[0].save(made, "GIF", save_all=True, append_images=frames[1:])
    with Image.open(io.BytesIO(examine("a.gif", made.getvalue()).content)) as shown:
        assert getattr(shown, "n_frames", 1) == 1


@pytest.mark.parametrize("size", [(20_000, 20_000), (65_000, 1_000), (300_000, 300_000)])
def test_a_picture_that_would_fill_the_memory_is_never_drawn(size: tuple[int, int]) -> None:
    sent = bomb(*size)
    assert len(sent) < 1000
    with pytest.raises(Invalid, match="million pixels"):
        examine("small.png", sent)


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n" + SCRIPT.encode(),
        b"\xff\xd8\xff" + bytes(200),
        b"GIF89a" + SCRIPT.encode(),
        b"RIFF\x00\x00\x00\x00WEBP" + bytes(40),
        drawn("PNG")[:60],
    ],
)
def test_what_only_begins_as_a_picture_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid, match="cannot be read") as refused:
        examine("x.png", content)
    assert refused.value.field == "files"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("letter.pdf", b"MZ\x90\x00" + bytes(300)),
        ("notes.txt", b"\x7fELF\x02\x01\x01" + bytes(40)),
        ("photo.png", b"PK\x03\x04" + bytes(60)),
        ("photo.jpg", "Grüße".encode("latin-1")),
        ("a.txt", "zwei Wörter".encode("utf-16")),
        ("a.txt", b"one\x00two"),
        ("a.txt", b"\x1b[2Jgone"),
        ("face.heic", b"\x00\x00\x00\x18ftypheic" + bytes(30)),
    ],
)
def test_whatever_lies_about_its_kind_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(Invalid, match="Only pictures"):
        examine(name, content)


@pytest.mark.parametrize(
    ("name", "declared", "content", "why"),
    [
        ("fake.png", "", b"<!doctype html>" + SCRIPT.encode(), "Its name .* a picture, .* text with markup"),
        ("fake.SVG", "image/svg+xml", b"<svg onload=alert(1)>", "a picture, but it holds text with markup"),
        ("fake.jpeg", "", pdf(), "a picture, but it holds a PDF document"),
        ("letter.pdf", "", b"Dear Ana", "a PDF document, but it holds plain text"),
        ("letter.Pdf ", "", drawn("PNG"), "a PDF document, but it holds a picture"),
        ("page", "image/png; x=y", b"hello", "Its type says that it is a picture, but it holds plain text"),
        ("page.txt", "application/pdf", b"hello", "Its type says that it is a PDF document"),
    ],
)
def test_a_picture_or_pdf_that_is_something_else_is_refused_and_told(
    name: str, declared: str, content: bytes, why: str
) -> None:
    with pytest.raises(Invalid, match=why) as refused:
        examine(name, content, declared)
    assert refused.value.field == "files"


def test_one_kind_of_picture_under_the_name_of_another_is_taken() -> None:
    assert examine("a.png", drawn("JPEG"), "image/png").name == "a.jpg"
    assert examine("a.gif", drawn("WEBP"), "image/gif").name == "a.webp"


@pytest.mark.parametrize(
    "content", ["Hello,\n\tÄpfel ✓\r\n", "\ufeffwith a mark", SCRIPT, "<svg onload=alert(1)>", "=1+2"]
)
def test_text_is_kept_as_text_whatever_it_could_be_taken_for(content: str) -> None:
    kept = examine("page.html", content.encode())
    assert (kept.name, kept.content_type, kept.content) == ("page.txt", "text/plain", content.encode())


def test_a_pdf_is_kept_as_it_is() -> None:
    for content in (pdf(), pdf(b"<</Subject (a JavaScript course)>>"), pdf(b"<</A /JavaScriptless>>")):
        kept = examine("a.bin", content)
        assert (kept.name, kept.content_type, kept.content) == ("a.pdf", "application/pdf", content)


def packed(objects: bytes) -> bytes:
    return b"<</Type /ObjStm /Filter /FlateDecode>> stream\n" + zlib.compress(objects) + b"\nendstream"


@pytest.mark.parametrize(
    "middle",
    [
        b"<</OpenAction <</S /JavaScript /JS (app.alert(1))>>>>",
        b"<</OpenAction <</S /J#61vaScript /JS (app.alert(1))>>>>",
        b"<</S /Launch /F (cmd.exe)>>",
        b"<</Names <</EmbeddedFiles 3 0 R>>>>",
        packed(b"1 0 <</S /JavaScript>>"),
    ],
)
def test_a_pdf_that_runs_or_bears_something_is_refused(middle: bytes) -> None:
    with pytest.raises(Invalid, match="program or another file"):
        examine("a.pdf", pdf(middle))


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7\n",
        pdf()[:-8],
        pdf() + b"PK\x03\x04 and something behind it",
        pdf(b"<</Encrypt 5 0 R>>"),
        pdf(packed(b" " * (uploads.most_inflated + 1))),
        pdf(b"<</Type /ObjStm>> stream\nnot packed at all"),
    ],
)
def test_a_pdf_that_is_broken_locked_or_a_bomb_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        examine("a.pdf", content)


def test_nothing_and_too_much_are_refused() -> None:
    with pytest.raises(Invalid, match="empty"):
        examine("a.txt", b"")
    with pytest.raises(Invalid, match="larger than 10 MB"):
        examine("a.txt", b"x" * (uploads.largest + 1))
    assert examine("a.txt", b"x" * uploads.largest).content_type == "text/plain"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd.txt"),
        ("C:\\Users\\me\\x.txt", "x.txt"),
        ("a/b\\c.tar.gz", "c.tar.txt"),
        ("..", "file.txt"),
        (".htaccess", "htaccess.txt"),
        ("con.txt", "file.txt"),
        ("invoice\u202egpj.exe", "invoicegpj.txt"),
        ('a"; filename="b.html', "a-- filename=-b.txt"),
        ("a\r\nSet-Cookie: x=1.txt", "aSet-Cookie- x=1.txt"),
        ("Überweisung März (2).pdf", "Überweisung März (2).txt"),
        ("<img src=x>.png", "-img src=x-.txt"),
        ("", "file.txt"),
        ("\0", "file.txt"),
        ("x" * 500, "x" * 96 + ".txt"),
    ],
)
def test_names_are_no_paths_and_end_as_what_the_file_is(name: str, shown: str) -> None:
    assert harmless(name, ".txt") == shown
