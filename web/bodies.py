"""Which model reads the body of each route that a token may post to; None where there is nothing to say. The OpenAPI
document is made from it (web/openapi.py), and a test wants every such route here.
"""

from pydantic import BaseModel

from web.actions.admissions import Knock, Lock, Said, Seen, Told
from web.actions.asking import Submit, Withdraw
from web.actions.availability import Hours, OnDemand
from web.actions.availability import Settings as Preferences
from web.actions.clinic_people import Host, Scheduler
from web.actions.clinics import Clinic
from web.actions.form_fields import Field, Move
from web.actions.requests import Accept, Decline
from web.actions.schedule import Book
from web.actions.services import Offered, Service
from web.actions.sessions import Cancel, Reassign, Reschedule
from web.actions.switches import Switch
from web.posting import Nothing

BODIES: dict[str, type[BaseModel] | None] = {
    "/requests": Submit,
    "/requests/{request}/accept": Accept,
    "/requests/{request}/decline": Decline,
    "/requests/{request}/withdraw": Withdraw,
    "/schedule": Book,
    "/sessions/{session}/reschedule": Reschedule,
    "/sessions/{session}/reassign": Reassign,
    "/sessions/{session}/cancel": Cancel,
    "/sessions/{session}/knock": Knock,
    "/sessions/{session}/admit-all": Nothing,
    "/sessions/{session}/admissions/{admission}/admit": Seen,
    "/sessions/{session}/admissions/{admission}/deny": Said,
    "/sessions/{session}/admissions/{admission}/send-back": Nothing,
    "/sessions/{session}/admissions/{admission}/remove": Said,
    "/sessions/{session}/admissions/{admission}/message": Told,
    "/sessions/{session}/lock": Lock,
    "/sessions/{session}/leave": Nothing,
    "/sessions/{session}/end": Nothing,
    "/sessions/{session}/no-show": Nothing,
    "/availability/hours": Hours,
    "/availability/hours/{hours}": Hours,
    "/availability/hours/{hours}/remove": None,
    "/availability/settings": Preferences,
    "/availability/on-demand": OnDemand,
    "/organization/clinics": Clinic,
    "/organization/clinics/{clinic}": Clinic,
    "/organization/clinics/{clinic}/services": Service,
    "/organization/clinics/{clinic}/services/{service}": Service,
    "/organization/clinics/{clinic}/services/{service}/offered": Offered,
    "/organization/clinics/{clinic}/hosts": Host,
    "/organization/clinics/{clinic}/hosts/{host}/remove": None,
    "/organization/clinics/{clinic}/schedulers": Scheduler,
    "/organization/clinics/{clinic}/schedulers/{scheduler}/remove": None,
    "/organization/clinics/{clinic}/form": Field,
    "/organization/clinics/{clinic}/form/{field}": Field,
    "/organization/clinics/{clinic}/form/{field}/move": Move,
    "/organization/clinics/{clinic}/form/{field}/remove": None,
    "/organization/requests": Switch,
    "/organization/hosts/{host}/requests": Switch,
}
