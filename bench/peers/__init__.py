"""Other helpdesks, each in an environment of its own, with as many tickets as ours."""
