"""What a personal API token opens. Every route that a token may use stands here with the scope that it needs; whatever
does not stand here (signing in, security, tokens, sockets) is for people in browsers only.

A scope opens a door and gives no right: what lies behind it is the account's (people/access.py).
"""

from aiohttp import web

from people.access import Actor
from people.errors import OutOfScope

ANY = ""
"""For every token: what is public anyway."""

SCOPES = {
    ("GET", "/healthz"): ANY,
    ("GET", "/readyz"): ANY,
    ("GET", "/openapi.json"): ANY,
    ("GET", "/at/{organization}"): ANY,
    ("GET", "/dashboard"): "requests:read",
    ("GET", "/dashboard/live"): "requests:read",
    ("GET", "/clinics/{clinic}/ask"): "requests:write",
    ("GET", "/clinics/{clinic}/times"): "requests:write",
    ("POST", "/requests"): "requests:write",
    ("GET", "/requests/{request}"): "requests:read",
    ("GET", "/requests/{request}/assign"): "requests:read",
    ("POST", "/requests/{request}/accept"): "requests:write",
    ("POST", "/requests/{request}/decline"): "requests:write",
    ("POST", "/requests/{request}/withdraw"): "requests:write",
    ("GET", "/board"): "board:read",
    ("GET", "/board/rows"): "board:read",
    ("GET", "/board/figures"): "board:read",
    ("GET", "/board/wall"): "board:read",
    ("GET", "/board/wall/rows"): "board:read",
    ("GET", "/scheduling/sessions"): "sessions:read",
    ("GET", "/sessions/{session}"): "sessions:read",
    ("GET", "/sessions/{session}/manage"): "sessions:read",
    ("POST", "/sessions/{session}/reschedule"): "sessions:write",
    ("POST", "/sessions/{session}/reassign"): "sessions:write",
    ("POST", "/sessions/{session}/cancel"): "sessions:write",
    ("POST", "/sessions/{session}/knock"): "sessions:write",
    ("POST", "/sessions/{session}/admit-all"): "sessions:write",
    ("POST", "/sessions/{session}/admissions/{admission}/admit"): "sessions:write",
    ("POST", "/sessions/{session}/admissions/{admission}/deny"): "sessions:write",
    ("POST", "/sessions/{session}/admissions/{admission}/send-back"): "sessions:write",
    ("POST", "/sessions/{session}/admissions/{admission}/remove"): "sessions:write",
    ("POST", "/sessions/{session}/admissions/{admission}/message"): "sessions:write",
    ("POST", "/sessions/{session}/lock"): "sessions:write",
    ("POST", "/sessions/{session}/leave"): "sessions:write",
    ("POST", "/sessions/{session}/end"): "sessions:write",
    ("POST", "/sessions/{session}/no-show"): "sessions:write",
    ("GET", "/schedule"): "requests:write",
    ("POST", "/schedule"): "requests:write",
    ("GET", "/availability"): "availability:write",
    ("GET", "/availability/lists"): "availability:write",
    ("GET", "/availability/week"): "availability:write",
    ("POST", "/availability/hours"): "availability:write",
    ("POST", "/availability/hours/{hours}"): "availability:write",
    ("POST", "/availability/hours/{hours}/remove"): "availability:write",
    ("POST", "/availability/settings"): "availability:write",
    ("POST", "/availability/on-demand"): "availability:write",
    ("GET", "/organization/clinics"): "clinics:write",
    ("POST", "/organization/clinics"): "clinics:write",
    ("GET", "/organization/clinics/{clinic}"): "clinics:write",
    ("POST", "/organization/clinics/{clinic}"): "clinics:write",
    ("GET", "/organization/clinics/{clinic}/services"): "clinics:write",
    ("POST", "/organization/clinics/{clinic}/services"): "clinics:write",
    ("POST", "/organization/clinics/{clinic}/services/{service}"): "clinics:write",
    ("POST", "/organization/clinics/{clinic}/services/{service}/offered"): "clinics:write",
    ("POST", "/organization/clinics/{clinic}/hosts"): "clinics:write",
    ("POST", "/organization/clinics/{clinic}/hosts/{host}/remove"): "clinics:write",
    ("POST", "/organization/clinics/{clinic}/schedulers"): "clinics:write",
    ("POST", "/organization/clinics/{clinic}/schedulers/{scheduler}/remove"): "clinics:write",
    ("POST", "/organization/clinics/{clinic}/form"): "clinics:write",
    ("POST", "/organization/clinics/{clinic}/form/{field}"): "clinics:write",
    ("POST", "/organization/clinics/{clinic}/form/{field}/move"): "clinics:write",
    ("POST", "/organization/clinics/{clinic}/form/{field}/remove"): "clinics:write",
    ("POST", "/organization/requests"): "clinics:write",
    ("POST", "/organization/hosts/{host}/requests"): "clinics:write",
}


def require(request: web.Request, actor: Actor) -> None:
    """Raise `OutOfScope` unless one of the actor's scopes opens the route that was found for this request."""
    resource = request.match_info.route.resource
    if resource is None or actor.token_scopes is None:
        return
    method = "GET" if request.method == "HEAD" else request.method
    needed = SCOPES.get((method, resource.canonical))
    if needed is None:
        raise OutOfScope
    if needed != ANY and needed not in actor.token_scopes:
        raise OutOfScope(f"This token lacks the scope {needed}.")
