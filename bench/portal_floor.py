"""The least that the portal's work can cost.

Papers: the bare calls of typst and pyHanko, with fonts and key at hand. Pages: `python -m bench.portal_floor` reads a
template's name and values (pickled by bench/portal.py) and renders them at each request, by Jinja as shipped: from
memory at `/`, and at `/rows` with the thread's messages read by one statement. It prints its port and ends with its
input.
"""

import asyncio
import io
import pickle
import sys
from typing import Any

import asyncpg
import orjson
import typst
import uvloop
from aiohttp import web
from asn1crypto import keys, x509
from jinja2 import Environment
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from portal.papers import STANDARDS, folder
from portal.sealing import SealingKey, field_name
from web import view


class BarePapers:
    """The library calls, and no more."""

    def __init__(self, key: SealingKey) -> None:
        certificate = x509.Certificate.load(key.certificate)
        private = keys.PrivateKeyInfo.load(key.private_key)
        self._signer = signers.SimpleSigner(certificate, private, SimpleCertificateStore())
        self._metadata = signers.PdfSignatureMetadata(field_name=field_name, md_algorithm="sha256", certify=True)
        self._fonts = typst.Fonts(include_system_fonts=False)

    def render(self, template: str, data: dict[str, Any]) -> bytes:
        return typst.compile(
            folder / f"{template}.typ",
            root=folder,
            font_paths=self._fonts,
            sys_inputs={"data": orjson.dumps(data).decode()},
            pdf_standards=STANDARDS,
        )

    def seal(self, pdf: bytes) -> bytes:
        out = io.BytesIO()
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        signers.PdfSigner(self._metadata, self._signer).sign_pdf(writer, output=out)
        return out.getvalue()


MESSAGES = """
    SELECT message.public_id, body, sent_at, name AS author_name, author_id = $2 AS own, NULL AS attachments,
           false AS unread
    FROM message JOIN account ON account.id = author_id WHERE thread_id BETWEEN $1 AND $1
    ORDER BY thread_id DESC, message.id DESC LIMIT 50"""


async def serve() -> None:
    name, values, dsn, thread_id, account_id = pickle.load(sys.stdin.buffer)
    template = view.environment(Environment).get_template(name)
    pool = await asyncpg.create_pool(dsn, min_size=1, max_size=2)

    async def show(request: web.Request) -> web.Response:
        return web.Response(text=template.render(values), content_type="text/html")

    async def show_rows(request: web.Request) -> web.Response:
        rows = await pool.fetch(MESSAGES, thread_id, account_id)
        return web.Response(text=template.render({**values, "messages": rows[::-1]}), content_type="text/html")

    app = web.Application()
    app.router.add_get("/", show)
    app.router.add_get("/rows", show_rows)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.buffer.read)


if __name__ == "__main__":
    uvloop.run(serve())
