"""localstripe on a port of its own: a stand-in for Stripe that remembers, in another process, since it is one
application for the whole interpreter."""

import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from tests.e2e.server import free_port

SECRET_KEY, PUBLISHABLE_KEY, WEBHOOK_SECRET = "sk_test_words", "pk_test_words", "whsec_words"
ASKS_BACK = "4000002500003155"
"""Cards that want their owner asked (3-D Secure); the second is then declined."""
ASKS_AND_DECLINES = "4000008260003178"
GOOD = "4242424242424242"
DECLINED = "4000000000000341"


class StripeStandIn:
    """`start` and `stop` block."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.log = folder / "localstripe.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def settings(self) -> dict[str, str]:
        return {
            "stripe_secret_key": SECRET_KEY,
            "stripe_publishable_key": PUBLISHABLE_KEY,
            "stripe_webhook_secret": WEBHOOK_SECRET,
            "stripe_api_url": self.url,
        }

    def start(self) -> None:
        command = [sys.executable, "-m", "localstripe", "--port", str(self.port), "--from-scratch"]
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=output)
        deadline = time.monotonic() + 20
        while not self._answers():
            assert self._process.poll() is None and time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def _answers(self) -> bool:
        with suppress(OSError), urllib.request.urlopen(f"{self.url}/js.stripe.com/v3/", timeout=1) as answer:
            return answer.status == 200
        return False

    async def tell(self, url: str) -> None:
        """Post events to that address from now on."""
        await self.ask("POST", "/_config/webhooks/ours", url=url, secret=WEBHOOK_SECRET)

    async def ask(self, method: str, path: str, **fields: Any) -> Any:
        """What Stripe answers to whoever has the secret key."""
        headers = {"Authorization": f"Bearer {SECRET_KEY}"}
        async with (
            ClientSession(self.url, headers=headers) as session,
            session.request(method, path, json=fields) as answer,
        ):
            return await answer.json(content_type=None) if answer.status < 500 else {}

    async def confirm(self, intent: str, card: str = GOOD) -> Any:
        """As Stripe's own script does in a payer's browser. A card that asks back waits for its owner's answer."""
        data = {"number": card, "exp_month": "12", "exp_year": "2090", "cvc": "123"}
        method = await self.ask("POST", "/v1/payment_methods", type="card", card=data)
        await self.ask("POST", f"/v1/payment_intents/{intent}", payment_method=method["id"])
        return await self.ask("POST", f"/v1/payment_intents/{intent}/confirm")
