"""The allow-list: which HTML an article may hold, tag by tag and attribute by attribute."""

from __future__ import annotations

import re

from pipeline.collect.nesting import RAW_TEXT


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


BLOCKS = _words(
    "address article aside blockquote br caption center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hgroup hr li main menu nav ol optgroup option p pre section summary table "
    "tbody tfoot thead tr ul"
)
CELLS = frozenset({"td", "th"})
TAGS = _words(
    "a abbr article aside audio b bdi big blockquote br caption cite code col colgroup dd del details dfn div dl "
    "dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li mark ol p picture pre q rp rt ruby s "
    "samp section small source span strike strong sub summary sup table tbody td tfoot th thead time tr track tt u ul "
    "var video wbr"
)
DROPPED_WITH_CONTENT = RAW_TEXT | {"annotation", "annotation-xml", "button"}
ATTRIBUTES = {
    "*": {"lang", "dir", "title"},
    "a": {"href", "hreflang"},
    "audio": {"src"},
    "blockquote": {"cite"},
    "code": {"class"},
    "col": {"span"},
    "colgroup": {"span"},
    "del": {"cite", "datetime"},
    "details": {"open"},
    "img": {"src", "srcset", "sizes", "alt", "width", "height"},
    "ins": {"cite", "datetime"},
    "li": {"value"},
    "ol": {"start", "reversed", "type"},
    "pre": {"class"},
    "q": {"cite"},
    "source": {"src", "srcset", "sizes", "type", "media"},
    "td": {"colspan", "rowspan", "align"},
    "th": {"colspan", "rowspan", "align", "scope"},
    "time": {"datetime"},
    "track": {"src", "kind", "srclang", "label"},
    "video": {"src", "poster", "width", "height"},
}
_LANGUAGE_CLASS = re.compile(r"(?:lang|language)-[\w+#.-]+")
_PATTERNS = {
    "align": re.compile(r"left|right|center|justify"),
    "colspan": re.compile(r"[0-9]{1,3}"),
    "dir": re.compile(r"ltr|rtl|auto"),
    "height": re.compile(r"[0-9]{1,5}"),
    "lang": re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*"),
    "rowspan": re.compile(r"[0-9]{1,3}"),
    "span": re.compile(r"[0-9]{1,3}"),
    "start": re.compile(r"-?[0-9]{1,6}"),
    "value": re.compile(r"-?[0-9]{1,6}"),
    "width": re.compile(r"[0-9]{1,5}"),
}


def allowed_value(attribute: str, value: str) -> str | None:
    """The value if it has the form that the attribute takes (addresses are not checked here), else None."""
    if attribute == "class":
        # Which language code is in: highlighters and readers go by it.
        language = _LANGUAGE_CLASS.search(value)
        return language and language[0]
    pattern = _PATTERNS.get(attribute)
    return value if pattern is None or pattern.fullmatch(value) else None
