"""One table: error -> HTTP status and code. The same sentence goes into a page, a JSON body and a socket's ack."""

from dispatch.errors import (
    AlreadyAsked,
    AlreadyDecided,
    AlreadyWaiting,
    Changed,
    ClientBusy,
    Closed,
    DoorLocked,
    EditedMeanwhile,
    HostBusy,
    InUse,
    Invalid,
    NotCleared,
    NotNow,
    NotOpen,
    OfferEnded,
    PayFirst,
    Taken,
    TooLate,
    Unsuitable,
)
from people.errors import (
    AccountInactive,
    AddressTaken,
    AlreadyHandled,
    AwaitingApproval,
    DepartmentUsed,
    EmailTaken,
    FeatureOff,
    LastAdministrator,
    LinkEnded,
    NoSeat,
    NotFound,
    NotPractitioner,
    OutOfScope,
    PasskeyKnown,
    PossibleDuplicate,
    RegistrationClosed,
    ReplacesAccount,
    SessionsOverlap,
    SignedOut,
    SignInRefused,
    TokenRefused,
    TooMany,
    Unconfirmed,
    Unfit,
    UserError,
    UsernameTaken,
)
from portal.errors import (
    AlreadySigned,
    CannotWrite,
    CardsOff,
    ConnectedAlready,
    DecidedAlready,
    DocumentDamaged,
    FormClosed,
    InvitationEnded,
    NameTaken,
    NothingSent,
    NotTaken,
    SavedElsewhere,
    Settled,
    TooMuch,
)
from records.database import Unavailable
from records.idempotency import KeyReused

TABLE: dict[type[Exception], tuple[int, str]] = {
    NotFound: (404, "not_found"),
    Invalid: (422, "invalid"),
    Unsuitable: (409, "unsuitable"),
    Closed: (409, "closed"),
    AlreadyAsked: (409, "already_asked"),
    AlreadyDecided: (409, "already_decided"),
    HostBusy: (409, "host_busy"),
    ClientBusy: (409, "client_busy"),
    EditedMeanwhile: (409, "edited"),
    InUse: (409, "in_use"),
    DepartmentUsed: (409, "in_use"),
    NotNow: (409, "not_now"),
    Taken: (409, "taken"),
    TooLate: (409, "too_late"),
    OfferEnded: (409, "offer_ended"),
    AlreadyWaiting: (409, "already_waiting"),
    DoorLocked: (409, "door_locked"),
    Changed: (409, "changed"),
    NotOpen: (403, "not_open"),
    NotCleared: (403, "not_cleared"),
    PayFirst: (402, "pay_first"),
    SignInRefused: (401, "sign_in_refused"),
    AccountInactive: (403, "account_inactive"),
    Unconfirmed: (403, "unconfirmed"),
    AwaitingApproval: (403, "awaiting_approval"),
    RegistrationClosed: (403, "registration_closed"),
    SignedOut: (401, "signed_out"),
    LinkEnded: (401, "link_ended"),
    TokenRefused: (401, "token_refused"),
    OutOfScope: (403, "out_of_scope"),
    Unfit: (422, "invalid"),
    UsernameTaken: (422, "invalid"),
    PasskeyKnown: (422, "invalid"),
    AddressTaken: (409, "address_taken"),
    PossibleDuplicate: (409, "possible_duplicate"),
    AlreadyHandled: (409, "already_handled"),
    EmailTaken: (422, "invalid"),
    ReplacesAccount: (409, "replaces_account"),
    SessionsOverlap: (409, "sessions_overlap"),
    LastAdministrator: (409, "last_administrator"),
    NotPractitioner: (409, "not_practitioner"),
    FeatureOff: (403, "feature_off"),
    NoSeat: (403, "no_seat"),
    InvitationEnded: (409, "invitation_ended"),
    TooMany: (429, "too_many"),
    NotTaken: (409, "not_taken"),
    ConnectedAlready: (409, "connected_already"),
    DocumentDamaged: (409, "document_damaged"),
    AlreadySigned: (409, "already_signed"),
    DecidedAlready: (409, "connection_decided"),
    NameTaken: (422, "invalid"),
    NothingSent: (409, "nothing_sent"),
    SavedElsewhere: (409, "saved_elsewhere"),
    FormClosed: (409, "form_closed"),
    CannotWrite: (409, "cannot_write"),
    Settled: (409, "settled"),
    TooMuch: (409, "too_much"),
    CardsOff: (503, "cards_off"),
    KeyReused: (409, "key_reused"),
    Unavailable: (503, "unavailable"),
}

SENTENCES: dict[type[Exception], str] = {
    KeyReused: "This form was already sent for something else. Please reload the page.",
    Unavailable: "The clinic's records cannot be reached just now. Nothing was changed; please try again in a moment.",
}


def status_of(error: Exception) -> int:
    return TABLE[type(error)][0]


def body_of(error: Exception) -> dict[str, object]:
    """The JSON body: error code, a sentence, the field it belongs to, and for a lost race the decision that stands."""
    _, code = TABLE[type(error)]
    body: dict[str, object] = {"error": code, "message": sentence_of(error), "field": None}
    if isinstance(error, UserError):
        body["field"] = error.field
    if isinstance(error, AlreadyDecided):
        body["decision"] = error.decision
    return body


def headers_of(error: Exception) -> dict[str, str]:
    if isinstance(error, TooMany):
        return {"Retry-After": str(error.retry_after)}
    return {"WWW-Authenticate": "Bearer"} if isinstance(error, TokenRefused) else {}


def sentence_of(error: Exception) -> str:
    return error.message if isinstance(error, UserError) else SENTENCES[type(error)]
