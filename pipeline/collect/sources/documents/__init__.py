"""Documents as people write them: Markdown, HTML and plain text, each with what it says of itself."""
