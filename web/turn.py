"""A way around firewalls that let no UDP through: a TURN server of the operator's own, by time-limited credentials.

The user name is the instant at which it ends, the password its signature by a secret that the TURN server has too
(coturn: `use-auth-secret`, `static-auth-secret`). Without the setting pages are told of no server at all.
"""

import base64
import hashlib
import hmac
import secrets
import time
from typing import Any

from web.settings import Settings

# Longer than any visit: who stays connected is not asked again, who reconnects from an old page is.
LASTS = 12 * 3600


def ice_servers(settings: Settings) -> list[dict[str, Any]]:
    """What a page gives to RTCPeerConnection as `iceServers`."""
    if not settings.turn_urls or settings.turn_secret is None:
        return []
    # The clock is this machine's, not the database's: it is compared with the TURN server's own.
    username = f"{int(time.time()) + LASTS}:{secrets.token_hex(4)}"
    signature = hmac.new(settings.turn_secret.encode(), username.encode(), hashlib.sha1).digest()
    credential = base64.b64encode(signature).decode()
    return [{"urls": list(settings.turn_urls), "username": username, "credential": credential}]
