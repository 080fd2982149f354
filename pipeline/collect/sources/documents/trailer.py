"""What publishers' pages leave at the end of a copied article: prompts to comment, share or subscribe, cookies."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

# Whole lines, in the form that `_comparable` gives them.
_PROMPTS = re.compile(
    "|".join(
        f"(?:{line})"
        for line in (
            # comments
            "(?:schreib|hinterlass|verfass)(?:en sie|e)? (?:uns |hier |jetzt )?(?:d?einen|ihren) kommentar",
            "(?:einen |neuen |den ersten )?kommentar (?:schreiben|verfassen|hinterlassen|abgeben|absenden|abschicken)",
            "(?:schreibe? |hinterlasse )?(?:eine )?antwort(?: (?:schreiben|hinterlassen|abbrechen|verfassen))?",
            r"(?:keine |noch keine |\d+ )?kommentare?(?: \(?\d+\)?)?(?: (?:anzeigen|lesen|ansehen|geschlossen))?",
            "(?:die )?kommentare sind geschlossen|kommentarfunktion (?:ist )?(?:geschlossen|deaktiviert)",
            "diskutieren sie mit|jetzt mitdiskutieren|mitdiskutieren|sei der erste,? der kommentiert",
            "(?:deine|ihre) e-mail-adresse wird nicht veröffentlicht.{0,80}",
            "meinen namen, meine e-mail-adresse und meine website in diesem browser.{0,80}",
            "(?:du musst|sie müssen) (?:dich |sich )?(?:angemeldet sein|anmelden|einloggen),? .{0,20}kommentar.{0,20}",
            "(?:leave|post|add|write|submit) (?:a|your|the first) (?:comment|reply|response)",
            r"(?:no |\d+ )?(?:comments?|responses|replies)(?: \(?\d+\)?)?(?: yet)?|comments (?:are )?(?:closed|off)",
            "(?:post|submit|view|show|read|load|cancel) (?:all |more )?(?:comments?|reply)",
            "join the (?:conversation|discussion)|be the first to (?:comment|reply)",
            "(?:your|the) email address will not be published.{0,80}",
            "save my name, email,? and website in this browser.{0,80}|you must be logged in to (?:post a )?comment",
            # sharing
            "(?:diesen |den |diese )?(?:beitrag|artikel|text|seite) (?:teilen|weiterempfehlen|drucken|merken|bewerten)",
            r"teilen(?: (?:mit|auf)(?: .{1,40})?)?|jetzt teilen|(?:auf|bei|per|via) \S+(?: \S+)? teilen",
            r"teile diesen beitrag|share(?: (?:this|via|on)(?: \S+)?)?|tweet(?: this)?|pin it",
            "copy link|link kopieren|gefällt mir|gefällt mir wird geladen|like this|loading|wird geladen",
            "print(?: this)?(?: article| page)?|drucken",
            # newsletters
            "(?:jetzt |zum |unseren |den |kostenlosen )*newsletter(?: (?:abonnieren|bestellen|anmelde(?:n|ung)))?",
            "(?:melden sie sich|melde dich) .{0,40}newsletter .{0,20}an",
            "(?:abonnieren sie|abonniere) .{0,40}newsletter|abonnieren",
            "(?:subscribe|sign up)(?: now)?(?: (?:to|for) (?:our|the|my) .{0,40}newsletter.{0,40})?",
            # cookies
            "(?:diese |unsere )?(?:web)?(?:seite|site) (?:verwendet|nutzt|benutzt) cookies.{0,300}",
            "wir (?:verwenden|nutzen|setzen) cookies.{0,300}|(?:alle |alle cookies )?(?:akzeptieren|ablehnen)",
            "(?:this|our) (?:web)?site uses cookies.{0,300}|we use cookies.{0,300}|(?:accept|reject) all(?: cookies)?",
            "cookie[- ](?:einstellungen|settings|hinweis|richtlinie|policy|preferences)",
            # ways on
            "(?:ähnliche|weitere|verwandte|vorherige[rs]?|nächste[rs]?|neueste) (?:beiträge|beitrag|artikel)",
            "(?:das )?könnte (?:dich|sie) auch interessieren|mehr zum thema|beitragsnavigation|weiterlesen",
            "auch interessant|(?:related|recent|previous|next|more) (?:posts?|articles?|stories)|post navigation",
            "you (?:may|might) also like|(?:zurück )?nach oben|zum seitenanfang|back to top",
            "zurück zur (?:startseite|übersicht)|read (?:more|next)",
        )
    )
)
# Lines that say nothing alone: they go where a prompt stands above them.
_NETWORK = (
    "(?:facebook|twitter|x|linkedin|xing|whatsapp|telegram|e-?mail|mail|pinterest|reddit|instagram|mastodon|bluesky"
    "|threads|pocket)"
)
_BESIDE_PROMPTS = re.compile(
    rf"{_NETWORK}(?:[ ,|/·]+{_NETWORK})*|name|website|kommentar|comment|einstellungen|settings|ok|okay|absenden|senden"
    r"|submit|reply|antworten|ablehnen|akzeptieren|accept|reject|decline|anmelden|log ?in|close|schließen|subscribe"
    r"|abonnieren|erforderliche felder sind .{0,40}markiert|required fields are marked.{0,10}"
)
_EDGES = " \t\xa0.!…:*»›→<>«#|–—-▼▲↓↑()"
_SENTENCE_ENDS = tuple('.!?…"“”»«)')


def split_trailer(lines: Sequence[str]) -> tuple[Sequence[str], tuple[str, ...]]:
    """The lines of an article, and those at its very end that belong to the page.

    A prompt is a whole line, never a part of one, and never the only line; a line of it that follows directly upon text
    counts only where that text is a finished sentence.
    """
    written = [number for number, line in enumerate(lines) if _comparable(line)]
    end = len(written)
    start = end
    while start > 1:
        line = _comparable(lines[written[start - 1]])
        if _PROMPTS.fullmatch(line):
            end = start - 1
        elif not _BESIDE_PROMPTS.fullmatch(line):
            break
        start -= 1
    if end < len(written) and written[end] - written[end - 1] == 1:
        above = lines[written[end - 1]].rstrip()
        if len(above) > len(lines[written[end]]) and not above.endswith(_SENTENCE_ENDS):
            return lines, ()
    if end == len(written):
        return lines, ()
    return lines[: written[end - 1] + 1], tuple(lines[number].strip() for number in written[end:])


def _comparable(line: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", line).lower().split()).strip(_EDGES)
