"""Passkeys (WebAuthn Level 3): keys that a phone, a computer or a security key holds for its owner.

A passkey signs in by itself, if the device asked for its owner's finger, face or code; and it is the second step after
a password, beside the codes of an authenticator app. Everything here runs with the system role. Only public keys are
kept.
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import webauthn
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import base64url_to_bytes, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from people import accounts, second_factor
from people.access import Actor
from people.accounts import Person, hash_of
from people.errors import AccountInactive, NotFound, PasskeyKnown, SignInRefused, Unfit
from records import audit, mail
from records.database import Connection, Row, refusing
from records.queries import beside

queries = beside(__file__)
patience = timedelta(minutes=5)
"""How long a device and its owner may take."""
most_passkeys = 20
UNKNOWN = "This passkey is not known here, or it took too long. Try again, or sign in with your password."
UNREADABLE = "Your browser gave no passkey. Please try again."
MALFORMED = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError)
"""What reading a credential raises that no device has made."""


@dataclass(frozen=True)
class RelyingParty:
    """Who we are to a device: the host name that passkeys are bound to, and the origins that may use them."""

    domain: str
    origins: list[str]


async def begin_adding(connection: Connection, party: RelyingParty, actor: Actor) -> dict[str, Any]:
    """What the browser is to ask the device for, as JSON. The caller has asked for the password. Raises `Unfit`."""
    account = await accounts.details(connection, actor.account_id)
    organization = await accounts.organization_of(connection, actor)
    known = await of_account(connection, actor.account_id)
    if len(known) >= most_passkeys:
        raise Unfit("You have too many passkeys. Remove one that you no longer use.")
    options = webauthn.generate_registration_options(
        rp_id=party.domain,
        rp_name=organization["name"],
        user_name=f"{account['username']} · {organization['name']}",
        user_id=actor.public_id.encode(),
        user_display_name=account["name"],
        timeout=_milliseconds(),
        exclude_credentials=_descriptors(known),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
    )
    person = Person(actor.account_id, actor.organization_id)
    await _remember(connection, options.challenge, person.organization_id, person.account_id, "register")
    return _as_json(options)


async def add(connection: Connection, party: RelyingParty, actor: Actor, name: str, credential: str) -> list[str]:
    """Keep the public key that the device made. Returns fresh recovery codes if this is the first second step of the
    account, else nothing. Raises `Unfit`."""
    name = _named(name)
    try:
        given = json.loads(credential)
        challenge = await _take(connection, given, "register", actor.organization_id, actor.account_id)
        made = webauthn.verify_registration_response(
            credential=given,
            expected_challenge=challenge,
            expected_rp_id=party.domain,
            expected_origin=party.origins,
        )
        transports = [str(one) for one in given["response"].get("transports", [])][:8]
    except MALFORMED:
        raise Unfit(UNREADABLE) from None
    first = not await second_factor.is_on(connection, actor.account_id)
    with refusing(passkey_credential_id_key=PasskeyKnown):
        passkey_id = await queries.add(
            connection,
            organization_id=actor.organization_id,
            account_id=actor.account_id,
            name=name,
            credential_id=made.credential_id,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            transports=transports,
        )
    await _tell(connection, actor, "add_passkey", passkey_id, f"A passkey was added to your sign-in: {name}.")
    return await second_factor.renew_codes(connection, actor) if first else []


async def of_account(connection: Connection, account_id: int) -> list[Row]:
    """Public id, name, credential_id, transports, created_at and used_at of each, the oldest first."""
    return await queries.of_account(connection, account_id=account_id)


async def rename(connection: Connection, actor: Actor, public_id: str, name: str) -> None:
    """Raises `Unfit`; `NotFound` if this person has no such passkey."""
    renamed = await queries.rename(connection, account_id=actor.account_id, public_id=public_id, name=_named(name))
    if renamed is None:
        raise NotFound
    await audit.record(connection, actor, "rename_passkey", "passkey", renamed)


async def remove(connection: Connection, actor: Actor, public_id: str) -> None:
    """It opens nothing any more; with the last second step the recovery codes go, too. Raises `NotFound`."""
    removed = await queries.remove(connection, account_id=actor.account_id, public_id=public_id)
    if removed is None:
        raise NotFound
    told = f"A passkey was removed from your sign-in: {removed['name']}."
    await _tell(connection, actor, "remove_passkey", removed["id"], told)
    await second_factor.forget_unneeded(connection, actor.account_id)


async def begin_sign_in(connection: Connection, party: RelyingParty, organization_id: int) -> dict[str, Any]:
    """For somebody who has not said who they are: their device offers the passkeys that it has for us."""
    options = webauthn.generate_authentication_options(
        rp_id=party.domain, timeout=_milliseconds(), user_verification=UserVerificationRequirement.REQUIRED
    )
    await _remember(connection, options.challenge, organization_id, None, "sign_in")
    return _as_json(options)


async def finish_sign_in(connection: Connection, party: RelyingParty, organization_id: int, credential: str) -> int:
    """The account whose owner's device signed. Raises `SignInRefused`, and `AccountInactive` (R-031) only to somebody
    whose key was right."""
    passkey = await _prove(connection, party, credential, "sign_in", organization_id, None)
    if passkey["state"] not in ("pending", "active"):
        raise AccountInactive
    return int(passkey["account_id"])


async def begin_second_step(connection: Connection, party: RelyingParty, token: str) -> dict[str, Any]:
    """For somebody whose password was right (`token` as in people/second_factor.py): one of their own passkeys. Raises
    `SignInRefused`."""
    account_id = await second_factor.waiting(connection, token)
    account = await accounts.details(connection, account_id)
    known = await of_account(connection, account_id)
    options = webauthn.generate_authentication_options(
        rp_id=party.domain,
        timeout=_milliseconds(),
        allow_credentials=_descriptors(known),
        user_verification=UserVerificationRequirement.DISCOURAGED,
    )
    await _remember(connection, options.challenge, account["organization_id"], account_id, "second_step")
    return _as_json(options)


async def finish_second_step(connection: Connection, party: RelyingParty, token: str, credential: str) -> int:
    """The account whose second step the device completed; the token is used up. Raises `SignInRefused`."""
    account_id = await second_factor.waiting(connection, token)
    account = await accounts.details(connection, account_id)
    await _prove(connection, party, credential, "second_step", account["organization_id"], account_id)
    await second_factor.end(connection, hash_of(token))
    return account_id


async def _prove(
    connection: Connection,
    party: RelyingParty,
    credential: str,
    purpose: str,
    organization_id: int,
    account_id: int | None,
) -> Row:
    """The passkey that signed a challenge of ours, used once."""
    try:
        given = json.loads(credential)
        challenge = await _take(connection, given, purpose, organization_id, account_id)
        known = await queries.find(
            connection, credential_id=base64url_to_bytes(given["rawId"]), organization_id=organization_id
        )
        if known is None or (account_id is not None and known["account_id"] != account_id):
            raise SignInRefused(UNKNOWN, field="passkey")
        handle = given["response"].get("userHandle")
        if handle and base64url_to_bytes(handle) != known["account_public_id"].encode():
            raise SignInRefused(UNKNOWN, field="passkey")
        proved = _verify(party, given, challenge, known, user_verified=purpose == "sign_in")
    except MALFORMED:
        raise SignInRefused(UNKNOWN, field="passkey") from None
    if await queries.use(connection, id=known["id"], sign_count=proved.new_sign_count) is None:
        raise SignInRefused(UNKNOWN, field="passkey")
    return known


def _verify(
    party: RelyingParty, given: dict[str, Any], challenge: bytes, known: Row, user_verified: bool
) -> VerifiedAuthentication:
    """Raises one of MALFORMED: also for a counter that went back, which says that the key was copied."""
    return webauthn.verify_authentication_response(
        credential=given,
        expected_challenge=challenge,
        expected_rp_id=party.domain,
        expected_origin=party.origins,
        credential_public_key=known["public_key"],
        credential_current_sign_count=known["sign_count"],
        require_user_verification=user_verified,
    )


async def _remember(
    connection: Connection, challenge: bytes, organization_id: int, account_id: int | None, purpose: str
) -> None:
    await queries.remember(
        connection, challenge=challenge, organization_id=organization_id, account_id=account_id, purpose=purpose
    )


async def _take(
    connection: Connection, given: Any, purpose: str, organization_id: int, account_id: int | None
) -> bytes:
    """The challenge that the device says it signed, if it is one of ours for this, and used up with it. Raises
    ValueError."""
    claimed = parse_client_data_json(base64url_to_bytes(given["response"]["clientDataJSON"])).challenge
    taken = await queries.take(
        connection,
        challenge=claimed,
        purpose=purpose,
        organization_id=organization_id,
        account_id=account_id,
        patience=patience,
    )
    if taken is None:
        raise ValueError("no such challenge")
    return bytes(taken)


def _descriptors(known: list[Row]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=passkey["credential_id"],
            transports=[AuthenticatorTransport(one) for one in passkey["transports"] if one in _TRANSPORTS],
        )
        for passkey in known
    ]


_TRANSPORTS = frozenset(each.value for each in AuthenticatorTransport)


def _named(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= 100:
        raise Unfit("Give the passkey a name, so that you know it later.", field="name")
    return name


def _milliseconds() -> int:
    return int(patience.total_seconds() * 1000)


def _as_json(options: Any) -> dict[str, Any]:
    return dict(json.loads(webauthn.options_to_json(options)))


async def _tell(connection: Connection, actor: Actor, verb: str, passkey_id: int, told: str) -> None:
    email = (await accounts.details(connection, actor.account_id))["email"]
    await audit.record(connection, actor, verb, "passkey", passkey_id)
    await mail.post(connection, actor, "account_notice", [email], details={"told": told})
