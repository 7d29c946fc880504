"""The values of every kind of schedule."""
