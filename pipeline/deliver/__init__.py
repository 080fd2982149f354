"""The ledger's work: batches go to providers, each once, and every answer is written down."""
