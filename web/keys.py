"""Names of the parts that handlers find in their application. No module-level state: two apps live in one process."""

import asyncio

from aiohttp import web
from jinja2 import Environment

from media.relay import Relay
from people.access import Actor
from people.passwords import Passwords
from portal.papers import Papers
from portal.stripe_cards import Cards
from records.database import Database
from records.feed import Feed
from records.files import Files
from web.drain import Drain
from web.leases import Leases
from web.limiter import Limits
from web.settings import Settings
from web.socket_server import SocketServer
from web.visits import Visits

ACTOR = web.RequestKey("actor", Actor)
VISITOR = web.RequestKey("visitor", Actor)  # came by a direct link: no page knows them but their session's
SETTINGS = web.AppKey("settings", Settings)
DATABASE = web.AppKey("database", Database)
PASSWORDS = web.AppKey("passwords", Passwords)
TEMPLATES = web.AppKey("templates", Environment)
SOCKETS = web.AppKey("sockets", SocketServer)
LIMITS = web.AppKey("limits", Limits)
FEED = web.AppKey("feed", Feed)
VISITS = web.AppKey("visits", Visits)
RELAY = web.AppKey("relay", Relay)
DRAIN = web.AppKey("drain", Drain)
FILES = web.AppKey("files", Files)
EXAMINING = web.AppKey("examining", asyncio.Semaphore)
"""Held while a file that somebody sent is looked at (web/uploads.py)."""
PAPERS = web.AppKey("papers", Papers)
CARDS: web.AppKey[Cards | None] = web.AppKey("cards")  # None: no keys are set, so nobody pays by card
LEASES = web.AppKey("leases", Leases)
