"""What can be done: one verb, one function, one transaction with its events and outbox rows."""
