"""A way around firewalls that let no UDP through: a TURN server of the operator's own, by time-limited credentials.

The user name is the instant at which it ends, the password its signature by a secret that the TURN server has too
(coturn: `use-auth-secret`, `static-auth-secret`). Without the setting pages are told of no server at all.
"""

import base64
import hashlib
import hmac
import time
from typing import Any

from web.settings import Settings

# Longer than any visit: who stays connected is not asked again, who reconnects from an old page is.
HOUR = 3600
LASTS = 12 * HOUR


def ice_servers(settings: Settings, account_id: int) -> list[dict[str, Any]]:
    """What a page of this account's gives to RTCPeerConnection as `iceServers`. Within an hour a person's pages bear
    one name, so that the TURN server's own quota counts people."""
    if not settings.turn_urls or settings.turn_secret is None:
        return []
    # The clock is this machine's, not the database's: it is compared with the TURN server's own.
    ends = (int(time.time()) // HOUR + 1) * HOUR + LASTS
    username = f"{ends}:{_signed(settings.turn_secret, str(account_id)).hex()[:16]}"
    credential = base64.b64encode(_signed(settings.turn_secret, username)).decode()
    return [{"urls": list(settings.turn_urls), "username": username, "credential": credential}]


def _signed(secret: str, text: str) -> bytes:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()
