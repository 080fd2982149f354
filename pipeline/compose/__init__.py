"""Articles and subscriptions become an issue and its variants: pure decisions."""
