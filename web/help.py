"""Help: which articles there are, which of them belong to which page, and the recordings in them (R-190, R-191)."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILMS = Path(__file__).parent / "static" / "help"


@dataclass(frozen=True)
class Article:
    """One page of help, in web/templates/help/articles/<name>.html. Public ones can be read before signing in."""

    name: str
    title: str
    summary: str
    public: bool = False


ARTICLES = {
    article.name: article
    for article in (
        Article("asking", "Asking for a visit", "Choose a service, a person, a time; follow your request.", True),
        Article("visiting", "Joining a visit", "Camera and microphone, the waiting room, and the visit itself.", True),
        Article(
            "your-portal", "Your portal", "Forms to sign, messages, times to choose, invoices, and your own data.", True
        ),
        Article(
            "client-portal",
            "The client portal",
            "Each feature, how it works, and who has it: seats, invitations, forms, messages, payments.",
        ),
        Article("signing-in", "Signing in", "User name, password, a second step, and a forgotten password.", True),
        Article(
            "connecting", "Finding a practitioner", "Ask for a connection, with a message; write to each other.", True
        ),
        Article("secure-messages", "Secure messages", "Who may write to whom, files, care teams, and who can read it."),
        Article("my-clients", "Your clients", "Decide connection requests; read profiles; answer private messages."),
        Article("registering", "Creating an account", "Sign up, confirm your address, and wait for approval.", True),
        Article("browsers", "Browsers", "Which browsers work here, and what to do about an old one.", True),
        Article("board", "The board", "What each column says, and how to keep up with a busy day."),
        Article("deciding", "Deciding a request", "Assign, accept for one time, decline, and what each side is told."),
        Article("availability", "Availability", "On demand or by calendar: when a host is Available."),
        Article("clients", "Clients", "The lists, creating and approving clients, duplicates, practitioners."),
        Article("clinics", "Virtual clinics", "Services, hosts, schedulers, the form, and the switches."),
        Article("invoices", "Invoices", "Prices, invoices, payments at the desk and by card, refunds."),
        Article(
            "paying",
            "Invoices and payments",
            "See, print and pay your invoices; what is to be paid before a visit.",
            True,
        ),
        Article("staff", "Staff", "Departments, roles, new accounts, associations, and when somebody leaves."),
    )
}

RELATED = {
    "account": ("signing-in", "your-portal"),
    "ask": ("asking", "visiting"),
    "availability": ("availability", "deciding", "client-portal"),
    "board": ("board", "deciding", "availability"),
    "clinics": ("clinics", "availability", "board"),
    "clients_tab": ("clients", "client-portal"),
    "client": ("your-portal", "asking", "connecting", "visiting", "signing-in", "registering"),
    "deciding": ("deciding", "board"),
    "forms": ("your-portal", "signing-in"),
    "intake_forms": ("client-portal", "clients"),
    "documents": ("client-portal", "clients"),
    "own_documents": ("your-portal", "signing-in"),
    "host": ("deciding", "my-clients", "availability", "visiting"),
    "messages": ("your-portal", "connecting"),
    "staff_messages": ("secure-messages", "client-portal"),
    "invoices": ("invoices", "clinics"),
    "own_invoices": ("paying", "visiting"),
    "my_clients": ("my-clients", "connecting"),
    "operator": ("clinics",),
    "organization": ("staff", "clinics", "client-portal"),
    "invitations": ("client-portal", "clients"),
    "portal_settings": ("client-portal", "clients", "staff"),
    "practitioners": ("connecting", "asking"),
    "schedule": ("your-portal", "asking", "visiting"),
    "session": ("visiting",),
    "profile": ("staff", "signing-in"),
    "staff": ("staff", "clinics"),
    "join": ("visiting", "browsers"),
    "registration": ("registering", "signing-in", "browsers"),
    "sign_in": ("signing-in", "registering", "browsers", "asking"),
    "switches": ("clinics", "asking"),
}
"""Topic of a page -> its articles, the nearest first. A page says
`{% with topic = "board" %}` around help/_related.html."""


def related(topic: str) -> list[Article]:
    return [ARTICLES[name] for name in RELATED[topic]]


@dataclass(frozen=True)
class Recording:
    """A short film of a browser test (tests/e2e/test_recordings.py); what it says, sentence by sentence, is its
    captions and stands beside it as text."""

    name: str
    title: str
    sentences: tuple[str, ...]


@cache
def recording(name: str) -> Recording:
    """As its captions tell it: a title, then blocks of a time and a sentence."""
    head, *cues = (FILMS / f"{name}.vtt").read_text().strip().split("\n\n")
    return Recording(name, head.removeprefix("WEBVTT").strip(), tuple(cue.split("\n", 1)[1] for cue in cues))
