"""What is Amazon SES's own: the signature, the template language, and an answer for each entry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from pipeline.deliver.providers.addressees import addressees
from pipeline.deliver.providers.api import ApiProvider
from pipeline.deliver.providers.personal import personal
from pipeline.deliver.providers.ses import ses
from pipeline.deliver.providers.signing import Signature
from pipeline.domain.ledger import OutcomeKind
from pipeline.errors import ProviderRejected, ProviderUnavailable
from tests.fakes.mailgun_server import Fault
from tests.fakes.mailings import ISSUE, NAME, a_batch, a_message, a_recipient
from tests.fakes.ses_server import ACCESS_KEY, REGION, SECRET_KEY, SesServer, render

# Made with botocore 1.44.8's SigV4Auth of the same request at the same time.
_BY_BOTOCORE = "448824136b7c44ec978792e32b2b09f4cd6b0a6d1602a652dc3ce0fc7713b8a8"


@pytest.fixture
def server() -> Iterator[SesServer]:
    with SesServer() as server:
        yield server


def a_provider(server: SesServer, configuration_set: str | None = "newsletters") -> ApiProvider:
    return ses(
        "ses",
        SECRET_KEY,
        access_key=ACCESS_KEY,
        region=REGION,
        base_url=server.base_url,
        configuration_set=configuration_set,
        timeout=timedelta(seconds=5),
    )


def test_a_request_is_signed_as_amazons_own_library_does() -> None:
    request = requests.Request(
        "POST",
        "https://email.eu-central-1.amazonaws.com/v2/email/outbound-bulk-emails",
        data=b'{"a": 1}',
        headers={"Content-Type": "application/json", "x-amz-date": "20261123T070000Z"},
    ).prepare()
    sign = Signature(key_id="AKIATEST", secret="secret/test", region="eu-central-1", service="ses")
    assert sign(request).headers["Authorization"].endswith(f"Signature={_BY_BOTOCORE}")
    assert "secret/test" not in repr(sign)


def test_temporary_credentials_send_their_token(server: SesServer) -> None:
    provider = ses(
        "ses",
        SECRET_KEY,
        access_key=ACCESS_KEY,
        region=REGION,
        base_url=server.base_url,
        session_token="temporary",
        timeout=timedelta(seconds=5),
    )
    provider.submit(a_batch(), a_message())
    assert server.requests[0].headers["x-amz-security-token"] == "temporary"


def test_the_address_is_that_of_the_region() -> None:
    provider = ses("ses", "s", access_key="a", region="us-west-2", timeout=timedelta(seconds=5))
    call = provider.dialect.call(a_batch(), a_message(), (), "")
    assert call.url == "https://email.us-west-2.amazonaws.com/v2/email/outbound-bulk-emails"


BRACES = st.text("{}\\ a\n", max_size=9)


@given(before=BRACES, after=BRACES, value=st.text("{}\\a&<", max_size=9))
def test_braces_and_backslashes_stay_what_they_are(before: str, after: str, value: str) -> None:
    text = f"{before}{NAME}{after}{NAME}"
    recipient = a_recipient(1, fields={"name": f"x{value}x"})
    message = a_message(text=text, html=text, subject="s", headers=())
    provider = ses("ses", "s", access_key="a", region="us-west-2", timeout=timedelta(seconds=5))
    batch = a_batch(recipient)
    document = json.loads(provider.dialect.call(batch, message, tuple(addressees(batch)), "").body)
    template = document["DefaultContent"]["Template"]["TemplateContent"]
    content = document["BulkEmailEntries"][0]["ReplacementEmailContent"]["ReplacementTemplate"]
    data = json.loads(content["ReplacementTemplateData"])
    own = personal(message, recipient)
    assert render(template["Text"], data) == own.text
    assert render(template["Html"], data) == own.html


def test_events_can_be_told_apart_by_tags(server: SesServer) -> None:
    batch = a_batch(a_recipient(4))
    a_provider(server).submit(batch, a_message())
    assert server.tags == [{"batch": str(batch.id), "issue": str(ISSUE), "subscriber": "4"}]


def test_each_entry_has_an_outcome_of_its_own(server: SesServer) -> None:
    server.statuses = {
        "person2@example.org": ("INVALID_PARAMETER", "Missing final '@domain'."),
        "person3@example.org": ("ACCOUNT_THROTTLED", "Maximum sending rate exceeded."),
        "person4@example.org": ("MESSAGE_REJECTED", "It contains a virus."),
        "person5@example.org": ("ACCOUNT_SENDING_PAUSED", ""),
    }
    outcomes = a_provider(server).submit(a_batch(*(a_recipient(number) for number in range(1, 6))), a_message())
    assert [(outcome.kind, outcome.address_fault) for outcome in outcomes] == [
        (OutcomeKind.ACCEPTED, False),
        (OutcomeKind.REJECTED, True),
        (OutcomeKind.DEFERRED, False),
        (OutcomeKind.REJECTED, False),
        (OutcomeKind.DEFERRED, False),
    ]
    assert outcomes[0].provider_ref == "ses-1"
    assert "virus" in outcomes[3].reason


@pytest.mark.parametrize(
    ("status", "wait"),
    [("ACCOUNT_THROTTLED", None), ("ACCOUNT_DAILY_QUOTA_EXCEEDED", timedelta(hours=1)), ("TRANSIENT_FAILURE", None)],
)
def test_what_holds_everybody_up_is_tried_again_later(server: SesServer, status: str, wait: timedelta | None) -> None:
    server.statuses = {f"person{number}@example.org": (status, "words") for number in range(1, 4)}
    with pytest.raises(ProviderUnavailable, match=status) as caught:
        a_provider(server).submit(a_batch(), a_message())
    assert caught.value.retry_after == wait


@pytest.mark.parametrize("status", ["ACCOUNT_SUSPENDED", "MAIL_FROM_DOMAIN_NOT_VERIFIED", "MESSAGE_REJECTED"])
def test_what_is_wrong_for_everybody_stops(server: SesServer, status: str) -> None:
    server.statuses = {f"person{number}@example.org": (status, "words") for number in range(1, 4)}
    with pytest.raises(ProviderRejected, match=status):
        a_provider(server).submit(a_batch(), a_message())


def test_throttling_is_a_wait_although_it_is_a_400(server: SesServer) -> None:
    body = json.dumps({"message": "Rate exceeded"})
    server.faults.append(Fault(status=400, body=body, headers={"x-amzn-ErrorType": "ThrottlingException"}))
    with pytest.raises(ProviderUnavailable, match="Rate exceeded"):
        a_provider(server).submit(a_batch(), a_message())


def test_a_configuration_set_that_is_not_there_stops(server: SesServer) -> None:
    with pytest.raises(ProviderRejected, match="Configuration set"):
        a_provider(server, "typo").submit(a_batch(), a_message())


@pytest.mark.parametrize(
    ("headers", "what"),
    [
        ((("X-Long", "x" * 996),), "longer than the 995"),
        ((("X-Title", "Grüße"),), "only ASCII in the header X-Title"),
        (tuple((f"X-{number}", "x") for number in range(16)), "takes 15 additional headers"),
    ],
)
def test_headers_that_it_would_refuse_are_refused_before(
    server: SesServer, headers: tuple[tuple[str, str], ...], what: str
) -> None:
    with pytest.raises(ProviderRejected, match=what):
        a_provider(server).submit(a_batch(), a_message(headers=headers))
    assert server.requests == []
