"""Time-limited credentials for the operator's own TURN server, and nobody else's address."""

import base64
import hashlib
import hmac
import time

from web.settings import Settings
from web.turn import ice_servers


def test_without_a_setting_pages_are_told_of_no_server() -> None:
    assert ice_servers(Settings(), 7) == []


def test_the_password_is_the_signature_of_a_user_name_that_ends() -> None:
    settings = Settings(turn_urls=("turn:turn.example.org:3478?transport=tcp",), turn_secret="between us")
    (server,) = ice_servers(settings, 7)
    assert server["urls"] == ["turn:turn.example.org:3478?transport=tcp"]
    ends = int(server["username"].partition(":")[0])
    assert 6 * 3600 < ends - time.time() < 24 * 3600
    signature = hmac.new(b"between us", server["username"].encode(), hashlib.sha1).digest()
    assert base64.b64decode(server["credential"]) == signature
    names = [ice_servers(settings, account)[0]["username"].partition(":")[2] for account in (7, 7, 8)]
    assert names[0] == names[1] != names[2]
