"""Between Playwright and Debian's Firefox, which both speak WebDriver BiDi.

    python -m tests.e2e.bidi_bridge FIREFOX ARGUMENTS...

Playwright follows the newest Firefox. It asks each new window to emulate what an extended support release does not know
yet, and gives up on the refusal; none of it matters to us. So that one refusal, `unknown command` of `emulation.…`, is
answered with success; everything else passes as it is. Playwright starts this in place of Firefox, and ends it with its
process group.
"""

import asyncio
import json
import sys
from contextlib import suppress

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, web

SIGN = "WebDriver BiDi listening on "
largest_message = 256 * 1024 * 1024  # octets; screenshots travel as one message


class Bridge:
    """One Firefox and the port on which Playwright finds it."""

    def __init__(self, firefox: str) -> None:
        self._firefox = firefox
        self._emulations: set[int] = set()

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        ours = web.WebSocketResponse(max_msg_size=largest_message)
        await ours.prepare(request)
        async with (
            ClientSession() as session,
            session.ws_connect(f"{self._firefox}{request.path}", max_msg_size=largest_message) as theirs,
        ):
            upward = asyncio.create_task(self._up(ours, theirs))
            async for message in theirs:
                if message.type is WSMsgType.TEXT:
                    await ours.send_str(self._excused(message.data))
            upward.cancel()
        return ours

    async def _up(self, ours: web.WebSocketResponse, theirs: ClientWebSocketResponse) -> None:
        async for message in ours:
            told = json.loads(message.data)
            if told["method"].startswith("emulation."):
                self._emulations.add(told["id"])
            await theirs.send_str(message.data)
        await theirs.close()

    def _excused(self, text: str) -> str:
        told = json.loads(text)
        if told.get("id") in self._emulations and told.get("error") == "unknown command":
            return json.dumps({"type": "success", "id": told["id"], "result": {}})
        return text


async def main(firefox: str, *arguments: str) -> int:
    """Run Firefox, and tell on stderr what it would, with our own address. Returns its exit code."""
    process = await asyncio.create_subprocess_exec(firefox, *arguments, stderr=asyncio.subprocess.PIPE)
    assert process.stderr is not None
    async for line in process.stderr:
        said = line.decode(errors="replace").rstrip()
        if SIGN in said:
            said = SIGN + await serve(said.split(SIGN)[1])
        print(said, file=sys.stderr, flush=True)
    return await process.wait()


async def serve(firefox: str) -> str:
    """Open the bridge to Firefox's address; returns its own."""
    app = web.Application()
    app.router.add_get("/{rest:.*}", Bridge(firefox).connect)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return f"ws://127.0.0.1:{runner.addresses[0][1]}"


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(asyncio.run(main(*sys.argv[1:])))
