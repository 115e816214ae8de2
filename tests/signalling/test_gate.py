"""An admission is applied in the order of its epochs, under the newest term, whatever the order in which it
is told.
"""

import itertools

import pytest

from signalling.gate import RANK, Admission, Gate, relay_key
from tests.signalling.visit import RecordingRelay

KEY = relay_key("session", "ada")


@pytest.fixture
def gate(relay: RecordingRelay) -> Gate:
    relay.gates[KEY] = False
    gate = Gate(relay, "session", term=3)
    gate.connected("ada")
    relay.calls.clear()
    return gate


def ada(state: str, epoch: int = 1) -> Admission:
    return Admission("ada", state, epoch)


def test_r179_only_an_admission_opens_the_gate(gate, relay):
    for state in RANK:
        relay.gates[KEY] = False
        fresh = Gate(relay, "session", term=1)
        fresh.apply(ada(state), 1)
        fresh.connected("ada")
        assert relay.gates[KEY] is (state == "admitted")


def test_an_older_term_is_refused(gate, relay):
    assert not gate.apply(ada("admitted"), term=2)
    assert gate.of("ada").state == "arriving"
    assert relay.calls == []


def test_a_newer_term_is_taken_over_even_if_it_brings_no_news(gate):
    assert gate.apply(ada("waiting"), term=3)
    assert not gate.apply(ada("waiting"), term=4)
    assert gate.term == 4
    assert not gate.apply(ada("admitted"), term=3)


def test_an_older_epoch_does_not_open_the_gate_again(gate, relay):
    gate.apply(ada("admitted", 1), 3)
    gate.apply(ada("left", 2), 3)
    relay.calls.clear()
    assert not gate.apply(ada("admitted", 1), 3)
    assert relay.calls == []
    assert relay.gates[KEY] is False


def test_what_the_host_writes_is_news_although_nothing_moves(gate):
    gate.apply(Admission("ada", "waiting", 1, knocked_at=5.0), 3)
    assert gate.apply(Admission("ada", "waiting", 1, knocked_at=5.1, message="Two minutes more."), 3)
    assert (gate.of("ada").message, gate.of("ada").knocked_at) == ("Two minutes more.", 5.0)
    assert not gate.apply(Admission("ada", "waiting", 1, knocked_at=5.2, message="Two minutes more."), 3)
    assert gate.entitled == ["ada"]
    gate.apply(ada("denied", 2), 3)
    assert gate.entitled == []


def test_a_late_waiting_does_not_shut_out_who_was_admitted_in_the_same_epoch(gate, relay):
    gate.apply(ada("admitted", 1), 3)
    assert not gate.apply(ada("waiting", 1), 3)
    assert relay.gates[KEY] is True


def test_in_whatever_order_rows_are_told_the_newest_stands(relay):
    story = [
        ada("waiting", 1),
        ada("admitted", 1),
        ada("left", 2),
        ada("waiting", 3),
        ada("admitted", 3),
        ada("removed", 4),
    ]
    for told in itertools.permutations(story):
        relay.gates[KEY] = False
        gate = Gate(relay, "session", term=1)
        gate.connected("ada")
        for admission in told:
            gate.apply(admission, 1)
        assert gate.of("ada").state == "removed"
        assert relay.gates[KEY] is False


def test_a_new_connection_of_an_admitted_person_is_opened(gate, relay):
    gate.apply(ada("admitted"), 3)
    gate.disconnected("ada")
    relay.gates[KEY] = False
    gate.connected("ada")
    assert relay.gates[KEY] is True


def test_a_connection_that_ended_meanwhile_is_no_error(gate, relay):
    relay.gates.clear()
    assert gate.apply(ada("admitted"), 3)
    assert gate.is_open("ada")
