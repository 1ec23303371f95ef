"""Plays a whole cycle through the public HTTP API, as the five actors would. Knows no room, only the API."""
