"""The publish stage: articles become feeds, pages and an index of them in a directory that any web server can show."""
