"""Seats: nobody moves who need not."""

import random

from media.values import Slot
from signalling.slots import Layout, layout, places, seat
from tests.signalling.visit import SLOTS


def test_slots_come_in_pairs_and_the_last_video_is_the_screens():
    found = layout(SLOTS)
    assert found.pairs == (("3", "4"), ("5", "6"), ("7", "8"), ("9", "10"), ("11", "12"))
    assert found.screen == "13"


def test_a_browser_that_offers_no_screen_or_nothing_has_none():
    assert layout([Slot("1", "audio"), Slot("2", "video")]) == Layout((("1", "2"),), None)
    assert layout([]) == Layout()


def test_a_freed_seat_goes_to_the_next_and_nobody_moves():
    seats = seat((), ["a", "b", "c"], 3)
    assert seats == ("a", "b", "c")
    assert seat(seats, ["b", "c", "d"], 3) == ("d", "b", "c")


def test_in_any_course_of_events_a_present_person_keeps_the_seat():
    chance = random.Random(7)
    seats: tuple[str | None, ...] = ()
    people: list[str] = []
    for step in range(500):
        before = {person: place for place, person in enumerate(seats) if person}
        if people and chance.random() < 0.5:
            people.remove(chance.choice(people))
        else:
            people.append(f"person{step}")
        seats = seat(seats, people, 5)
        after = {person: place for place, person in enumerate(seats) if person}
        assert all(after[person] == place for person, place in before.items() if person in people)
        assert len(after) == min(5, len(people))


def test_places_say_what_each_line_shows():
    shown = places(layout(SLOTS), ("a", None), "a")
    assert shown["3"] == ("a", "microphone")
    assert shown["4"] == ("a", "camera")
    assert shown["5"] is None
    assert shown["13"] == ("a", "screen")
