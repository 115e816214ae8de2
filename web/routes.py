"""Every route, in one table. PROTOCOL.md describes each; a test compares the two."""

from pathlib import Path

from aiohttp import web

from web.actions import account as account_actions
from web.actions import admissions as admission_actions
from web.actions import asking as asking_actions
from web.actions import availability as availability_actions
from web.actions import board as board_actions
from web.actions import clinic_people as clinic_people_actions
from web.actions import clinics as clinic_actions
from web.actions import direct_links as direct_link_actions
from web.actions import form_fields as form_field_actions
from web.actions import passwords as password_actions
from web.actions import prospects as prospect_actions
from web.actions import requests as request_actions
from web.actions import services as service_actions
from web.actions import sessions as session_actions
from web.actions import sign_in as sign_in_actions
from web.actions import switches as switch_actions
from web.actions import tokens as token_actions
from web.pages import (
    account,
    api,
    asking,
    assign,
    availability,
    board,
    clinic_parts,
    free_times,
    health,
    help,
    home,
    knocks,
    mailbox,
    manage,
    organization,
    passwords,
    prospects,
    sessions,
)
from web.pages import switches as switch_pages

ROUTES = [
    web.get("/", home.front),
    web.get("/at/{organization}", home.organization),
    web.get("/at/{organization}/clinics/{clinic}", free_times.clinic),
    web.get("/at/{organization}/sign-in", home.sign_in),
    web.post("/at/{organization}/sign-in", sign_in_actions.sign_in),
    web.get("/at/{organization}/sign-in/code", home.enter_code),
    web.post("/at/{organization}/sign-in/code", sign_in_actions.enter_code),
    web.get("/at/{organization}/forgot", passwords.forgot),
    web.post("/at/{organization}/forgot", password_actions.forgot),
    web.get("/at/{organization}/reset/{token}", passwords.reset),
    web.post("/at/{organization}/reset/{token}", password_actions.reset),
    web.get("/account/security", account.security),
    web.post("/account/password", account_actions.change_password),
    web.get("/account/second-factor", account.enrol),
    web.post("/account/second-factor", account_actions.turn_on),
    web.post("/account/second-factor/remove", account_actions.turn_off),
    web.post("/account/recovery-codes", account_actions.recovery_codes),
    web.post("/account/sign-ins/end", account_actions.end_others),
    web.get("/account/tokens", account.own_tokens),
    web.post("/account/tokens", token_actions.create),
    web.post("/account/tokens/{token}/revoke", token_actions.revoke),
    web.post("/sign-out", sign_in_actions.sign_out),
    web.get("/at/{organization}/ask", prospects.begin),
    web.post("/at/{organization}/ask", prospect_actions.send_code),
    web.get("/at/{organization}/ask/{code}", prospects.enter_code),
    web.post("/at/{organization}/ask/{code}", prospect_actions.confirm),
    web.get("/dashboard", home.dashboard),
    web.get("/dashboard/live", home.dashboard_live),
    web.get("/knocks", knocks.knocks),
    web.get("/clinics/{clinic}/ask", asking.ask),
    web.post("/clinics/{clinic}/ask", asking.look_again),
    web.get("/clinics/{clinic}/times", asking.times),
    web.post("/requests", asking_actions.submit),
    web.get("/requests/{request}", asking.sent),
    web.get("/requests/{request}/assign", assign.assign),
    web.post("/requests/{request}/accept", request_actions.accept),
    web.post("/requests/{request}/decline", request_actions.decline),
    web.post("/requests/{request}/withdraw", asking_actions.withdraw),
    web.get("/board", board.whole),
    web.get("/board/rows", board.rows),
    web.get("/board/figures", board.figures_of_today),
    web.get("/board/wall", board.wall),
    web.get("/board/wall/rows", board.wall_rows),
    web.post("/board/filter", board_actions.choose),
    web.post("/requests/{request}/deciding", board_actions.deciding_now),
    web.get("/scheduling/sessions", manage.sessions),
    web.get("/sessions/{session}", sessions.visit),
    web.get("/sessions/{session}/manage", manage.manage),
    web.post("/sessions/{session}/reschedule", session_actions.reschedule),
    web.post("/sessions/{session}/reassign", session_actions.reassign),
    web.post("/sessions/{session}/cancel", session_actions.cancel),
    web.post("/sessions/{session}/knock", admission_actions.knock),
    web.post("/sessions/{session}/admissions/{admission}/admit", admission_actions.admit),
    web.post("/sessions/{session}/leave", admission_actions.leave),
    web.post("/sessions/{session}/end", admission_actions.end),
    web.get("/join/{token}", sessions.join),
    web.post("/join/{token}", direct_link_actions.join),
    web.get("/organization/clinics", organization.clinics),
    web.post("/organization/clinics", clinic_actions.create),
    web.get("/organization/clinics/new", organization.new_clinic),
    web.get("/organization/clinics/{clinic}", organization.clinic),
    web.post("/organization/clinics/{clinic}", clinic_actions.change),
    web.get("/organization/clinics/{clinic}/services", clinic_parts.service_list),
    web.post("/organization/clinics/{clinic}/services", service_actions.add),
    web.get("/organization/clinics/{clinic}/services/{service}", clinic_parts.service),
    web.post("/organization/clinics/{clinic}/services/{service}", service_actions.change),
    web.post("/organization/clinics/{clinic}/services/{service}/offered", service_actions.offer),
    web.get("/organization/clinics/{clinic}/hosts", clinic_parts.host_list),
    web.post("/organization/clinics/{clinic}/hosts", clinic_people_actions.add_host),
    web.post("/organization/clinics/{clinic}/hosts/{host}/remove", clinic_people_actions.remove_host),
    web.get("/organization/clinics/{clinic}/schedulers", clinic_parts.scheduler_list),
    web.post("/organization/clinics/{clinic}/schedulers", clinic_people_actions.add_scheduler),
    web.post("/organization/clinics/{clinic}/schedulers/{scheduler}/remove", clinic_people_actions.remove_scheduler),
    web.get("/organization/clinics/{clinic}/form", clinic_parts.form),
    web.post("/organization/clinics/{clinic}/form", form_field_actions.add),
    web.get("/organization/clinics/{clinic}/form/{field}", clinic_parts.field),
    web.post("/organization/clinics/{clinic}/form/{field}", form_field_actions.change),
    web.post("/organization/clinics/{clinic}/form/{field}/move", form_field_actions.move),
    web.post("/organization/clinics/{clinic}/form/{field}/remove", form_field_actions.remove),
    web.get("/organization/requests", switch_pages.requests),
    web.post("/organization/requests", switch_actions.organization),
    web.post("/organization/hosts/{host}/requests", switch_actions.host),
    web.get("/organization/operator", switch_pages.ask_operator),
    web.post("/organization/operator", switch_actions.ask_operator),
    web.get("/help", help.index),
    web.get("/help/{article}", help.article),
    web.get("/availability", availability.whole),
    web.get("/availability/lists", availability.lists),
    web.get("/availability/week", availability.week),
    web.post("/availability/hours", availability_actions.add),
    web.post("/availability/hours/{hours}", availability_actions.move),
    web.post("/availability/hours/{hours}/remove", availability_actions.remove),
    web.post("/availability/settings", availability_actions.set_preferences),
    web.post("/availability/on-demand", availability_actions.switch),
    web.get("/api", api.browse),
    web.get("/openapi.json", api.openapi),
    web.get("/mailbox", mailbox.mailbox),
    web.get("/healthz", health.alive),
    web.get("/readyz", health.ready),
    web.static("/static", Path(__file__).parent / "static"),
]
