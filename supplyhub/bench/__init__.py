"""Measures how many orders a second are taken, against a throw-away community of its own."""
