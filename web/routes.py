"""Every route, in one table. PROTOCOL.md describes each; a test compares the two."""

from pathlib import Path

from aiohttp import web

from web.actions import admissions as admission_actions
from web.actions import board as board_actions
from web.actions import direct_links as direct_link_actions
from web.actions import requests as request_actions
from web.actions import sign_in as sign_in_actions
from web.pages import board, health, help, home, mailbox, requests, sessions

ROUTES = [
    web.get("/", home.front),
    web.get("/at/{organization}", home.organization),
    web.get("/at/{organization}/sign-in", home.sign_in),
    web.post("/at/{organization}/sign-in", sign_in_actions.sign_in),
    web.post("/sign-out", sign_in_actions.sign_out),
    web.get("/dashboard", home.dashboard),
    web.get("/dashboard/live", home.dashboard_live),
    web.get("/clinics/{clinic}/ask", requests.ask),
    web.post("/requests", request_actions.submit),
    web.get("/requests/{request}/assign", board.assign),
    web.post("/requests/{request}/accept", request_actions.accept),
    web.post("/requests/{request}/decline", request_actions.decline),
    web.post("/requests/{request}/withdraw", request_actions.withdraw),
    web.get("/board", board.whole),
    web.get("/board/rows", board.rows),
    web.get("/board/figures", board.figures_of_today),
    web.get("/board/wall", board.wall),
    web.get("/board/wall/rows", board.wall_rows),
    web.post("/board/filter", board_actions.choose),
    web.post("/requests/{request}/deciding", board_actions.deciding_now),
    web.get("/sessions/{session}", sessions.visit),
    web.post("/sessions/{session}/knock", admission_actions.knock),
    web.post("/sessions/{session}/admissions/{admission}/admit", admission_actions.admit),
    web.post("/sessions/{session}/leave", admission_actions.leave),
    web.post("/sessions/{session}/end", admission_actions.end),
    web.get("/join/{token}", sessions.join),
    web.post("/join/{token}", direct_link_actions.join),
    web.get("/help", help.index),
    web.get("/help/{article}", help.article),
    web.get("/mailbox", mailbox.mailbox),
    web.get("/healthz", health.alive),
    web.get("/readyz", health.ready),
    web.static("/static", Path(__file__).parent / "static"),
]
