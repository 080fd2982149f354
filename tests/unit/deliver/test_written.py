"""What is written down piece by piece is byte for byte what JSON makes of the whole."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from pipeline.deliver.providers.columns import in_html, in_json, in_one_line
from pipeline.deliver.providers.personal import personal
from pipeline.deliver.providers.written import as_json, written_html, written_text
from pipeline.domain.ledger import Recipient, SubscriberId
from pipeline.domain.message import Message, html_values, placeholder

# What means something to HTML, to JSON, to merge fields, or to UTF-8; and what does not.
_ODD = ["<", "&", "'", '"', "\\", "\n", "\x00", "\u2028", "\ud800", "😀", "ü", "a b", "%", placeholder("greeting")]
_TEXTS = st.lists(st.sampled_from(_ODD)).map("".join)
_NAMES = st.permutations(["html", "text", "subject", "tags"])


@given(html=_TEXTS, text=_TEXTS, greeting=_TEXTS, names=_NAMES)
def test_a_message_in_pieces_is_the_same_document(html: str, text: str, greeting: str, names: list[str]) -> None:
    message = Message(from_="news@example.org", subject="News", html=html, text=text)
    recipient = Recipient(SubscriberId(1), "person@example.org", "", {"greeting": greeting})
    whole = personal(message, recipient)
    values = {"html": whole.html, "text": whole.text, "subject": whole.subject, "tags": ["ü"]}
    pieces = {"html": written_html(message, recipient), "text": written_text(message, recipient)}
    written = b"".join(as_json({name: pieces.get(name, values[name]) for name in names}))
    expected = json.dumps({name: values[name] for name in names}, ensure_ascii=False, separators=(",", ":"))
    assert written == expected.encode()


@given(values=st.lists(_TEXTS, min_size=1))
def test_values_that_are_changed_together_are_changed_as_each_by_itself(values: list[str]) -> None:
    lines = in_one_line(values)
    assert [in_one_line([value])[0] for value in values] == list(lines)
    assert [html_values({"value": line})["value"] for line in lines] == list(in_html(lines))
    assert [json.dumps(line, ensure_ascii=False) for line in lines] == [f'"{one}"' for one in in_json(lines)]
