"""The agents' screen, worked by keys as an agent would (Textual's Pilot), on both databases."""
