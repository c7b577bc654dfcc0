"""What can be asked: functions that take the desk and return frozen dataclasses, never rows. Nothing is written."""
