"""A device with passkeys, in software: what a browser would post of it (WebAuthn, attestation `none`, ES256)."""

import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import bytes_to_base64url, encode_cbor

PRESENT, VERIFIED, ATTESTED = 1, 4, 64


@dataclass
class Device:
    """One key. `origin` is the page's; `verified`: it asked for its owner's finger, face or code."""

    origin: str
    verified: bool = True
    counter: int = 0
    handle: str = ""
    identity: bytes = field(default_factory=lambda: os.urandom(16))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def create(self, options: dict[str, Any], origin: str = "") -> str:
        """The answer to PublicKeyCredentialCreationOptions."""
        self.handle = options["user"]["id"]
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.identity).to_bytes(2, "big") + self.identity + encode_cbor(cose)
        data = self._data(options["rp"]["id"], ATTESTED) + attested
        attestation = encode_cbor({"fmt": "none", "attStmt": {}, "authData": data})
        said = self._said("webauthn.create", options, origin)
        return self._answer({"clientDataJSON": said, "attestationObject": attestation})

    def sign(self, options: dict[str, Any], origin: str = "", handle: str | None = None) -> str:
        """The answer to PublicKeyCredentialRequestOptions."""
        self.counter += 1
        data = self._data(options["rpId"], 0)
        said = self._said("webauthn.get", options, origin)
        signature = self.key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(SHA256()))
        answer = {"clientDataJSON": said, "authenticatorData": data, "signature": signature}
        return self._answer(answer, userHandle=self.handle if handle is None else handle)

    def _data(self, domain: str, flags: int) -> bytes:
        flags |= PRESENT | (VERIFIED if self.verified else 0)
        return hashlib.sha256(domain.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4, "big")

    def _said(self, kind: str, options: dict[str, Any], origin: str) -> bytes:
        return json.dumps(
            {"type": kind, "challenge": options["challenge"], "origin": origin or self.origin, "crossOrigin": False}
        ).encode()

    def _answer(self, response: dict[str, bytes], **more: str) -> str:
        name = bytes_to_base64url(self.identity)
        shown = {part: bytes_to_base64url(value) for part, value in response.items()} | more
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": shown})
