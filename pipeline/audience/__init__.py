"""The stage that keeps the audience: import and export, the links in a mail, unsubscribing."""
