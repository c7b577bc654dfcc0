"""What is true about tickets: pure functions and values, standard library only; `now` is an argument."""
