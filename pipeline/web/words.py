"""What the web app's pages say to people, by language."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "skip": "To the content",
        "question": "Unsubscribe from {newsletter}?",
        "question_explanation": "Then no more issues of {newsletter} will come to {address}.",
        "unsubscribe": "Unsubscribe",
        "done": "You are unsubscribed",
        "done_explanation": (
            "{newsletter} no longer goes to {address}. An issue that is already on its way may still arrive."
        ),
        "mistake": "Was that a mistake?",
        "undo": "Subscribe again",
        "back": "You are subscribed again",
        "back_explanation": "{newsletter} goes to {address} as before.",
        "not_back": "You are still unsubscribed",
        "not_back_explanation": "We can't send mail to {address} any more. Please sign up with another address.",
        "to_confirm": "Please confirm your subscription",
        "to_confirm_explanation": (
            "{newsletter} comes to {address} as soon as you have confirmed it by the link that we sent you."
        ),
        "unknown": "This link doesn't work",
        "unknown_explanation": (
            "It may have been cut off when it was copied. Please open the link in the mail itself; "
            "if that doesn't help, reply to the mail."
        ),
    },
    "de": {
        "skip": "Zum Inhalt",
        "question": "{newsletter} abbestellen?",
        "question_explanation": "An {address} kommen dann keine Ausgaben von „{newsletter}“ mehr.",
        "unsubscribe": "Abbestellen",
        "done": "Sie sind abgemeldet",
        "done_explanation": (
            "„{newsletter}“ geht nicht mehr an {address}. Eine Ausgabe, die schon unterwegs ist, kann noch eintreffen."
        ),
        "mistake": "War das ein Versehen?",
        "undo": "Wieder abonnieren",
        "back": "Sie sind wieder angemeldet",
        "back_explanation": "„{newsletter}“ geht wie bisher an {address}.",
        "not_back": "Sie sind weiterhin abgemeldet",
        "not_back_explanation": (
            "An {address} können wir nichts mehr schicken. Bitte melden Sie sich mit einer anderen Adresse an."
        ),
        "to_confirm": "Bitte bestätigen Sie Ihre Anmeldung",
        "to_confirm_explanation": (
            "„{newsletter}“ kommt an {address}, sobald Sie die Anmeldung mit dem Link bestätigt haben, "
            "den wir Ihnen geschickt haben."
        ),
        "unknown": "Dieser Link funktioniert nicht",
        "unknown_explanation": (
            "Vielleicht wurde er beim Kopieren abgeschnitten. Bitte öffnen Sie den Link in der Mail selbst. "
            "Wenn das nicht hilft, antworten Sie bitte auf die Mail."
        ),
    },
}
