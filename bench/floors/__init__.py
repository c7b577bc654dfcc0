"""What the same work costs in a few lines of nothing but the libraries: no rules, no rights, no history."""
