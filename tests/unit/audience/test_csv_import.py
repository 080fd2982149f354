"""Subscribers from files that all sorts of programs wrote."""

from __future__ import annotations

import io
import tracemalloc
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.audience.csv_columns import UnreadableCsv
from pipeline.audience.csv_export import guarded, unguarded, write_rows
from pipeline.audience.csv_import import Rejected, Row, read_rows
from pipeline.audience.importing import ImportTarget, import_subscribers
from pipeline.audience.store import ImportCounts
from pipeline.domain.audience import ImportFate, NewSubscriber, SubscriptionState, import_fate
from pipeline.domain.segment import Listed
from pipeline.errors import Problem
from tests.fakes.subscriptions import MemoryImport, a_subscription

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def read(text: str | bytes, encoding: str = "utf-8") -> tuple[list[NewSubscriber], list[Problem]]:
    data = text if isinstance(text, bytes) else text.encode(encoding)
    rows = list(read_rows(io.BytesIO(data), "list.csv"))
    return [row.person for row in rows if isinstance(row, Row)], [
        row.problem for row in rows if isinstance(row, Rejected)
    ]


def people(text: str | bytes, encoding: str = "utf-8") -> list[NewSubscriber]:
    found, problems = read(text, encoding)
    assert problems == []
    return found


PERSON = NewSubscriber(
    address="joerg@example.org", name="Jörg Müller", language="de", timezone="Europe/Berlin", topics=("ki", "Recht")
)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
@pytest.mark.parametrize(
    "text",
    [
        "email,name,language,timezone,topics\njoerg@example.org,Jörg Müller,de,Europe/Berlin,ki;Recht\n",
        'E-Mail;Name;Sprache;Zeitzone;Themen\njoerg@example.org;Jörg Müller;DE;europe/berlin;"ki; Recht"',
        (
            "Email Address\tFirst Name\tLast Name\tLanguage\tTime Zone\tTags\n"
            "joerg@example.org\tJörg\tMüller\tde\tEurope/Berlin\tki|Recht\n"
        ),
        'sep=;\ne_mail;Vorname;Nachname;tz;lang;topics\n\n"joerg@example.org";Jörg;"Müller";Europe/Berlin;de;"ki,Recht"\n;;;;;\n',
        (
            "id,name,email,language,timezone,topics,note\n"
            '1,"Jörg\nMüller", joerg@example.org ,de,Europe/Berlin,"ki,Recht","said ""hello"""\n'
        ),
    ],
)
def test_one_person_as_different_programs_write_them(text: str, encoding: str, newline: str) -> None:
    assert people(text.replace("\n", newline), encoding) == [PERSON]


def test_the_first_umlaut_may_come_late() -> None:
    many = "".join(f"a{count}@example.org,A,{'x' * 4000}\n" for count in range(600))
    for encoding in ("utf-8", "cp1252"):
        assert people(f"email,name,note\n{many}o@example.org,Österreich\n", encoding)[-1].name == "Österreich"


def test_a_damaged_character_costs_its_row_and_not_the_files_encoding() -> None:
    found, problems = read("email,name\na@example.org,Jörg\nb@example.org,Jö".encode() + b"\xffrg\n")
    assert [person.name for person in found] == ["Jörg"]
    assert [str(problem) for problem in problems] == [
        "list.csv, line 3: left out: the column name has characters that can't be read. Save the file as UTF-8."
    ]


def test_a_file_that_can_only_be_read_once_is_read() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    rows = list(read_rows(Pipe("email\nä@example.org\nb@example.org\n".encode("cp1252")), "standard input"))
    assert [row.line for row in rows if isinstance(row, Row)] == [3]


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("Anna.Schmidt@EXAMPLE.org", "Anna.Schmidt@example.org"),
        ("anna@bücher.example", "anna@xn--bcher-kva.example"),
        ("anna@BÜCHER.example", "anna@xn--bcher-kva.example"),
        ("anna+news@example.com", "anna+news@example.com"),
        ("'+anna@example.com", "+anna@example.com"),
        ("anna@host.test", "anna@host.test"),
    ],
)
def test_addresses_are_normalised(written: str, address: str) -> None:
    assert [person.address for person in people(f"email\n{written}\n")] == [address]


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("anna,,,,", "“anna” is no mail address"),
        (",Anna,,,", "there is no address"),
        ("anna@localhost,,,,", "no mail address"),
        ("a@b@example.org,,,,", "no mail address"),
        ("anna@example.org\u0007,,,,", "the column email has control characters"),
        ("anna@example.org,An\u0007na,,,", "the column name has control characters"),
        ("änna@example.org,,,,", "letters before the @"),
        (f"{'a' * 65}@example.org,,,,", "no mail address"),
        (f"anna@example.org,{'n' * 201},,,", "the name is longer than 200 characters"),
        ("anna@example.org,,klingonisch,,", "“klingonisch” is no language"),
        ("anna@example.org,,,Europe/Bonn,", "“Europe/Bonn” is no time zone"),
        (f"anna@example.org,,,,{'t' * 101}", "a topic of more than 100 characters"),
        (f"anna@example.org,,,,{';'.join(map(str, range(101)))}", "more than 100 topics"),
        ('"anna@example.org" x,,,,', "text after a closing quotation mark"),
        ("B@Example.org,,,,", "B@example.org is in the file more than once"),
    ],
)
def test_a_row_with_a_mistake_is_named_and_costs_only_itself(row: str, what: str) -> None:
    found, problems = read(f"email,name,language,timezone,topics\nb@example.org,,,,\n{row}\nc@example.org,,,,\n")
    assert [person.address for person in found] == ["b@example.org", "c@example.org"]
    assert len(problems) == 1
    assert problems[0].where == "list.csv, line 3"
    assert what in problems[0].what
    assert problems[0].mend


@pytest.mark.parametrize("following", [3, 200])
def test_a_quotation_mark_that_is_never_closed_costs_its_line_and_not_the_rest(following: int) -> None:
    rest = "".join(f"x{count}@example.org,X\n" for count in range(following))
    found, problems = read(f'email,name\na@example.org,A\nb@example.org,"B\n{rest}')
    assert len(found) == 1 + following
    assert [problem.where for problem in problems] == ["list.csv, line 3"]
    assert "never closed" in problems[0].what


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    _, problems = read('\n\nemail,name\n\n"a@example.org","two\nlines"\n\nbad,\n')
    assert [problem.where for problem in problems] == ["list.csv, line 8"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "list.csv: the file is empty. Put a header line above"),
        ("\n\n", "the file is empty"),
        ("anna@example.org,Anna\n", "line 1 is a subscriber already; the header line is missing"),
        ("Kunde;Ort\nAnna;Bonn\n", "no column is called “email”; there are “Kunde”, “Ort”."),
        ('"email\n', "the header line can't be read"),
    ],
)
def test_a_file_without_a_usable_header_is_refused(text: str, message: str) -> None:
    with pytest.raises(UnreadableCsv, match=message):
        read(text)


def test_a_header_alone_is_an_empty_list() -> None:
    assert read("email,name\n") == ([], [])


@settings(deadline=None)
@given(data=st.binary(max_size=300))
def test_no_bytes_break_it(data: bytes) -> None:
    for content in (data, b"email,name\n" + data):
        try:
            found, problems = read(content)
        except UnreadableCsv:
            continue
        assert all("@" in person.address and person.address.isascii() for person in found)
        assert all(problem.where and problem.what for problem in problems)


def test_memory_does_not_grow_with_the_rows_but_for_the_addresses_that_are_compared() -> None:
    class Rows(io.RawIOBase):
        """A long file that is made while it is read."""

        count = 3000
        position = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
            line = b"email,note\n" if not self.position else b"a%06d@example.org,%s\n" % (self.position, b"n" * 4000)
            if self.position > self.count:
                return 0
            self.position += 1
            buffer[: len(line)] = line
            return len(line)

        def seekable(self) -> bool:
            return True

        def seek(self, offset: int, whence: int = 0) -> int:
            assert (offset, whence) == (0, 0)
            self.position = 0
            return 0

    list(read_rows(io.BytesIO(b"email\na@example.org\n")))  # what is loaded once
    tracemalloc.start()
    count = sum(isinstance(row, Row) for row in read_rows(Rows()))  # type: ignore[arg-type]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 3000
    assert peak < 3 * 2**20  # of 12 MB


# The import as a whole


def test_an_import_counts_everybody_once_and_revives_nobody() -> None:
    store = MemoryImport(
        states={"gone@example.org": SubscriptionState.UNSUBSCRIBED, "here@example.org": SubscriptionState.ACTIVE},
        suppressed={"bounced@example.org"},
    )
    text = "email\nNew@example.org\ngone@example.org\nhere@example.org\nBounced@example.org\nbad\n"
    target = ImportTarget(newsletter="weekly", cadence="weekly", confirmed=True)
    report = import_subscribers(read_rows(io.BytesIO(text.encode())), store, target, NOW)
    assert report.counts == ImportCounts(new=1, existing=2, suppressed=1)
    assert report.left_out == len(report.problems) == 1
    assert store.states["gone@example.org"] is SubscriptionState.UNSUBSCRIBED
    again = import_subscribers(read_rows(io.BytesIO(text.encode())), store, target, NOW)
    assert again.counts == ImportCounts(new=0, existing=3, suppressed=1)


def test_a_thousand_problems_are_kept_and_all_are_counted() -> None:
    text = "email\n" + "bad\n" * 1500
    target = ImportTarget(newsletter="weekly", cadence="weekly", confirmed=True)
    report = import_subscribers(read_rows(io.BytesIO(text.encode())), MemoryImport(), target, NOW)
    assert (report.left_out, len(report.problems)) == (1500, 1000)


@pytest.mark.parametrize("state", [None, *SubscriptionState])
def test_a_suppressed_address_is_never_imported(state: SubscriptionState | None) -> None:
    assert import_fate(state, suppressed=True) is ImportFate.SUPPRESSED
    assert import_fate(state, suppressed=False) is (ImportFate.NEW if state is None else ImportFate.EXISTING)


# The export


def test_what_is_exported_can_be_imported() -> None:
    anna = a_subscription(language="de", timezone="Europe/Berlin", topics=("ki", "recht"))
    out = io.StringIO(newline="")
    agreed = datetime(2020, 2, 29, 12, tzinfo=UTC)
    assert write_rows([Listed(subscription=anna, suppressed=None, agreed=agreed)], out) == 1
    assert out.getvalue() == (
        "email,name,language,timezone,topics,newsletter,cadence,state,suppressed,agreed\r\n"
        "anna@example.org,Anna,de,Europe/Berlin,ki;recht,weekly,weekly,active,,2020-02-29T12:00:00+00:00\r\n"
    )
    assert people(out.getvalue()) == [
        NewSubscriber(
            address="anna@example.org",
            name="Anna",
            language="de",
            timezone="Europe/Berlin",
            topics=("ki", "recht"),
            agreed=agreed,
        )
    ]


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"])
def test_a_spreadsheet_runs_nothing(formula: str) -> None:
    assert guarded(formula) == f"'{formula}"


@settings(deadline=None)
@given(field=st.text(alphabet="'=+-@ \t\rab") | st.text())
def test_the_guard_comes_off_again(field: str) -> None:
    assert unguarded(guarded(field)) == field
    assert guarded(field)[:1] not in {"=", "+", "-", "@", "\t", "\r"}
