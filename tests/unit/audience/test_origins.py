"""Exports of other programs, as those write them: who has left there is not mailed from here."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest

from pipeline.audience.csv_columns import UnreadableCsv
from pipeline.audience.csv_import import Rejected, Row, opened_list
from pipeline.domain.audience import NewSubscriber, Standing

MAILCHIMP = (
    "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,"
    "GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED{},LEID,EUID,NOTES,TAGS"
)
MAILCHIMP_ROW = (
    'anna@example.org,Anna,Müller,2,,,"2019-05-06 07:08:09",203.0.113.7,52.5,13.4,1,2,"America/Nowhere",DE,BE,'
    '"2020-01-01 00:00:00"{},123,abc,,"""VIP"",""Kunde"""'
)
UNSUBSCRIBED = ",UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER"
CLEANED = ",CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID"
SUBSTACK = "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at"
GHOST = (
    "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,tiers"
)
LISTMONK = "uuid,email,name,attributes,status,created_at,updated_at"
BUTTONDOWN = "id,creation_date,email_address,notes,metadata,tags,referrer_url,secondary_id,type,source"
KEILA = "Email,First name,Last name,Data,Status"
MAILPOET = '\ufeff"Email","First name","Last name","List status","Global status","IP address","List"'
OURS = "email,name,language,timezone,topics,newsletter,cadence,state,suppressed,agreed"


def read(text: str, **chosen: str) -> tuple[str, list[NewSubscriber], list[str]]:
    with opened_list(io.BytesIO(text.encode()), "list.csv", chosen) as found:
        rows = list(found.rows)
    people = [row.person for row in rows if isinstance(row, Row)]
    return found.columns.origin, people, [row.problem.what for row in rows if isinstance(row, Rejected)]


@pytest.mark.parametrize(
    ("header", "row", "origin", "standing"),
    [
        (MAILCHIMP.format(""), MAILCHIMP_ROW.format(""), "Mailchimp", "subscribed"),
        (
            MAILCHIMP.format(UNSUBSCRIBED),
            MAILCHIMP_ROW.format(',"2021-01-01 00:00:00",Gruß,1,NORMAL,'),
            "Mailchimp, of those who unsubscribed",
            "unsubscribed",
        ),
        (
            MAILCHIMP.format(UNSUBSCRIBED),
            MAILCHIMP_ROW.format(',"2021-01-01 00:00:00",Gruß,1,SPAM,'),
            "Mailchimp, of those who unsubscribed",
            "complained",
        ),
        (
            MAILCHIMP.format(CLEANED),
            MAILCHIMP_ROW.format(',"2021-01-01 00:00:00",Gruß,1'),
            "Mailchimp, of cleaned addresses",
            "bounced",
        ),
        (SUBSTACK, "anna@example.org,false,,other,false,2025-01-01T00:00:00.000Z,", "Substack", "subscribed"),
        (SUBSTACK, "anna@example.org,true,2026-01-01,yearly,true,2025-01-01,", "Substack", "unsubscribed"),
        (SUBSTACK.replace("plan,email_disabled,", ""), "anna@example.org,false,,2025-01-01,", "Substack", "subscribed"),
        (GHOST, '1,anna@example.org,Anna,,true,false,,2025-01-01T00:00:00.000Z,,"vip,x",', "Ghost", "subscribed"),
        (GHOST, "1,anna@example.org,Anna,,false,false,,2025-01-01T00:00:00.000Z,,,", "Ghost", "unsubscribed"),
        (GHOST, "1,anna@example.org,Anna,,true,false,,2025-01-01,2025-02-01,,", "Ghost", "unsubscribed"),
        (LISTMONK, 'u-1,anna@example.org,Anna,"{""a"": 1}",enabled,2025-01-01,2025-01-01', "listmonk", "subscribed"),
        (LISTMONK, "u-1,anna@example.org,Anna,{},disabled,2025-01-01,2025-01-01", "listmonk", "unsubscribed"),
        (LISTMONK, "u-1,anna@example.org,Anna,{},blocklisted,2025-01-01,2025-01-01", "listmonk", "blocked"),
        (BUTTONDOWN, "1,2025-01-01,anna@example.org,,{},vip,,1,regular,api", "Buttondown", "subscribed"),
        (BUTTONDOWN, "1,2025-01-01,anna@example.org,,{},vip,,1,past_due,api", "Buttondown", "subscribed"),
        (BUTTONDOWN, "1,2025-01-01,anna@example.org,,{},vip,,1,unactivated,api", "Buttondown", "unconfirmed"),
        (BUTTONDOWN, "1,2025-01-01,anna@example.org,,{},vip,,1,unsubscribed,api", "Buttondown", "unsubscribed"),
        (BUTTONDOWN, "1,2025-01-01,anna@example.org,,{},vip,,1,undeliverable,api", "Buttondown", "bounced"),
        (BUTTONDOWN, "1,2025-01-01,anna@example.org,,{},vip,,1,spammy,api", "Buttondown", "blocked"),
        (KEILA, "anna@example.org,Anna,Müller,{},active", "Keila", "subscribed"),
        (KEILA, "anna@example.org,Anna,Müller,{},unsubscribed", "Keila", "unsubscribed"),
        (KEILA, "anna@example.org,Anna,Müller,{},unreachable", "Keila", "bounced"),
        (MAILPOET, '"anna@example.org","A","M","subscribed","subscribed","","Alle"', "MailPoet", "subscribed"),
        (MAILPOET, '"anna@example.org","A","M","subscribed","inactive","","Alle"', "MailPoet", "subscribed"),
        (MAILPOET, '"anna@example.org","A","M","unsubscribed","subscribed","","Alle"', "MailPoet", "unsubscribed"),
        (MAILPOET, '"anna@example.org","A","M","subscribed","bounced","","Alle"', "MailPoet", "bounced"),
        (MAILPOET, '"anna@example.org","A","M","unconfirmed","unconfirmed","","Alle"', "MailPoet", "unconfirmed"),
        (OURS, "anna@example.org,Anna,,,,w,daily,active,,", "Rundbrief", "subscribed"),
        (OURS, "anna@example.org,Anna,,,,w,daily,paused,,", "Rundbrief", "subscribed"),
        (OURS, "anna@example.org,Anna,,,,w,daily,pending,,", "Rundbrief", "unconfirmed"),
        (OURS, "anna@example.org,Anna,,,,w,daily,unsubscribed,,", "Rundbrief", "unsubscribed"),
        (OURS, "anna@example.org,Anna,,,,w,daily,active,hard_bounce,", "Rundbrief", "bounced"),
        (OURS, "anna@example.org,Anna,,,,w,daily,active,complaint,", "Rundbrief", "complained"),
        (OURS, "anna@example.org,Anna,,,,w,daily,active,manual,", "Rundbrief", "blocked"),
    ],
)
def test_exports_are_known_by_their_columns(header: str, row: str, origin: str, standing: str) -> None:
    named, people, problems = read(f"{header}\n{row}\n")
    assert problems == []
    (anna,) = people
    assert (named, anna.standing) == (origin, Standing(standing))
    assert anna.address == "anna@example.org"
    assert anna.topics == (), "a tag of theirs is no topic of ours"


def test_when_somebody_agreed_there_is_taken_over() -> None:
    _, (anna,), _ = read(f"{MAILCHIMP.format('')}\n{MAILCHIMP_ROW.format('')}\n")
    assert anna.agreed == datetime(2019, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert (anna.name, anna.timezone) == ("Anna Müller", None)
    _, people, _ = read("email,when\na@example.org,gestern\nb@example.org,0001-01-01\n", agreed="When")
    assert [person.agreed for person in people] == [None, None]


@pytest.mark.parametrize("title", ["Status", "Globaler Status", "subscription_status"])
def test_a_column_that_seems_to_say_who_has_left_is_not_passed_over(title: str) -> None:
    text = f"email,{title}\na@example.org,Unsubscribed\nb@example.org,aktiv\nc@example.org,married\n"
    _, people, problems = read(text)
    assert [person.standing for person in people] == [Standing.UNSUBSCRIBED, Standing.SUBSCRIBED]
    assert problems == ["left out: “married” doesn't tell whether the person is subscribed."]
    _, people, problems = read(text, state="")
    assert (len(people), problems) == (3, [])


def test_of_two_such_columns_the_operator_says_which() -> None:
    text = "email,status,Status im Verein\na@example.org,abgemeldet,aktiv\n"
    with pytest.raises(UnreadableCsv, match="“status” and “Status im Verein” may both say who has unsubscribed"):
        read(text)
    _, (person,), _ = read(text, state="status")
    assert person.standing is Standing.UNSUBSCRIBED


def test_columns_can_be_mapped() -> None:
    text = "Kontakt,Wer,Label,name\nanna@example.org,Anna,KI;Praxis,x\n"
    _, (anna,), _ = read(text, email="kontakt", name="Wer", topics="Label")
    assert (anna.address, anna.name, anna.topics) == ("anna@example.org", "Anna", ("KI", "Praxis"))
    with pytest.raises(UnreadableCsv, match="no column is called “Wen”; there are “Kontakt”, “Wer”"):
        read(text, email="Kontakt", name="Wen")
    with pytest.raises(UnreadableCsv, match="--map email=TITLE"):
        read(text)
    _, (mapped,), _ = read(f"{MAILCHIMP.format('')}\n{MAILCHIMP_ROW.format('')}\n", topics="TAGS")
    assert mapped.topics == ("VIP", "Kunde")


def test_whoever_has_left_by_one_of_two_rows_has_left() -> None:
    _, people, problems = read("email,status\na@example.org,active\na@example.org,unsubscribed\na@example.org,active\n")
    assert [person.standing for person in people] == [Standing.SUBSCRIBED, Standing.UNSUBSCRIBED]
    assert problems == ["left out: a@example.org is in the file more than once."]
