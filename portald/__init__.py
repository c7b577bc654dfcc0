"""The customers' window: a small web daemon over the same queries and operations as the shell."""
