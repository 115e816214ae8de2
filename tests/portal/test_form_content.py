"""What a form may ask and what may be answered: pure functions, without a database."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from people.errors import Invalid
from portal import form_answers, form_content, standard_forms

QUESTIONS: list[dict[str, Any]] = [
    {"kind": "section", "label": "You"},
    {"kind": "paragraph", "label": "Read this."},
    {"kind": "short_text", "label": "Name", "required": True},
    {"kind": "long_text", "label": "Story"},
    {"kind": "choice", "label": "Colour", "choices": ["Red", "Blue"]},
    {"kind": "choices", "label": "Days", "choices": ["Monday", "Tuesday", "Friday"], "required": True},
    {"kind": "date", "label": "Day", "required": True},
    {"kind": "scale", "label": "How much", "least": 0, "most": 10, "least_label": "Nothing"},
    {"kind": "consent", "label": "I agree."},
    {"kind": "signature", "label": "Signature"},
]


def content(questions: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {
        "title": "Example",
        "fields": [form_content.field_of(one, one["label"]) for one in questions or QUESTIONS],
    }


def test_r143_the_three_standard_forms_are_there_and_marked_as_examples() -> None:
    assert [one.content["title"] for one in standard_forms.ALL] == [
        "Standard Intake Questionnaire",
        "Informed Consent for Psychotherapy",
        "Notice of Privacy Practices",
    ]
    for one in standard_forms.ALL:
        assert one.content["example"] and form_content.signatures(one.content)
        form_content.check(one.content)


def test_r144_a_field_keeps_what_its_kind_has_and_nothing_besides() -> None:
    made = form_content.field_of(
        {"kind": "choice", "label": " One  of ", "choices": ["a ", "", "b"], "least": 3, "evil": "x"}, "k"
    )
    assert made == {"key": "k", "kind": "choice", "label": "One of", "required": False, "choices": ["a", "b"]}


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"kind": "file", "label": "x"}, "kind"),
        ({"kind": "date", "label": "  "}, "label"),
        ({"kind": "paragraph", "label": "\n"}, "label"),
        ({"kind": "date", "label": "x" * 501}, "label"),
        ({"kind": "choice", "label": "x", "choices": ["a"]}, "choices"),
        ({"kind": "choices", "label": "x", "choices": ["a", "a"]}, "choices"),
        ({"kind": "scale", "label": "x", "least": 5, "most": 5}, "most"),
        ({"kind": "scale", "label": "x", "least": 0, "most": 21}, "most"),
    ],
)
def test_r144_what_cannot_be_asked_is_refused_beside_its_input(typed: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        form_content.field_of(typed)
    assert refused.value.field == field


def test_a_form_that_asks_nothing_cannot_be_published() -> None:
    with pytest.raises(Invalid):
        form_content.check(content([{"kind": "section", "label": "x"}, {"kind": "paragraph", "label": "y"}]))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=5))
def test_r142_the_canonical_bytes_do_not_depend_on_the_order_in_which_it_was_written(value: dict[str, Any]) -> None:
    other = dict(reversed(list(value.items())))
    assert form_content.canonical(other) == form_content.canonical(value)
    assert len(form_content.hash_of(value)) == 32


def test_r142_each_changed_letter_makes_another_hash() -> None:
    one, other = content(), content()
    other["fields"][8]["label"] = "I agree!"
    assert form_content.hash_of(one) != form_content.hash_of(other)


def test_answers_are_read_as_they_were_meant() -> None:
    answers = form_answers.read(
        content(),
        {
            "Name": " Chloe ",
            "Story": "one\r\ntwo",
            "Colour": "",
            "Days": ["Friday", "Monday"],
            "Day": "1990-1",
            "How much": "7",
            "I agree.": "on",
        },
    )
    assert answers == {
        "Name": "Chloe",
        "Story": "one\ntwo",
        "Days": ["Monday", "Friday"],
        "Day": "1990-1",
        "How much": 7,
        "I agree.": True,
    }
    assert list(form_answers.problems(content(), answers)) == ["Day"]


def test_what_is_missing_is_told_of_each_question_that_must_be_answered() -> None:
    assert list(form_answers.problems(content(), {})) == ["Name", "Days", "Day", "I agree."]
    assert form_answers.progress(content(), {"Name": "x", "Days": ["Monday"]}) == form_answers.Progress(2, 4)


@pytest.mark.parametrize(
    "given",
    [
        {"Signature": "x"},
        {"Read this.": "x"},
        {"unknown": "x"},
        {"Name": "x" * 201},
        {"Name": ["x"]},
        {"Colour": "Green"},
        {"Days": ["Sunday"]},
        {"Days": {"Monday": 1}},
        {"How much": "11"},
        {"How much": "\u0667"},
        {"How much": 7.5},
        {"I agree.": "yes"},
        {"I agree.": ["on"]},
    ],
)
def test_what_no_browser_would_send_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        form_answers.read(content(), given)


def test_answers_are_told_in_words() -> None:
    fields = {field["key"]: field for field in content()["fields"]}
    told = {
        key: form_answers.in_words(fields[key], answer)
        for key, answer in {"Days": ["Monday", "Friday"], "Day": "1990-03-05", "How much": 7, "I agree.": True}.items()
    }
    assert told == {
        "Days": "Monday\nFriday",
        "Day": "5 March 1990",
        "How much": "7 (from 0 to 10)",
        "I agree.": "Agreed",
    }
    assert form_answers.in_words(fields["Name"], None) == ""


TYPED = st.fixed_dictionaries(
    {},
    optional={
        "Name": st.text(max_size=30),
        "Story": st.text(max_size=60),
        "Colour": st.sampled_from(["", "Red", "Blue"]),
        "Days": st.lists(st.sampled_from(["Monday", "Tuesday", "Friday"]), max_size=4),
        "Day": st.dates().map(str) | st.text(max_size=15),
        "How much": st.integers(0, 10).map(str) | st.just(""),
        "I agree.": st.sampled_from(["on", "", True, False]),
    },
)


@given(TYPED)
def test_what_is_kept_is_read_as_it_is_kept_and_told_without_failing(typed: dict[str, Any]) -> None:
    """So that the same answers again are no change, whether they come from a form or from the database."""
    asked = content()
    kept = form_answers.read(asked, typed)
    assert form_answers.read(asked, kept) == kept
    assert form_content.canonical(kept) == form_content.canonical(dict(reversed(list(kept.items()))))
    done = form_answers.progress(asked, kept)
    assert (done.answered == done.of) == (not form_answers.problems(asked, kept))
    for field in form_content.asked(asked):
        assert bool(form_answers.in_words(field, kept.get(field["key"]))) == (field["key"] in kept)
