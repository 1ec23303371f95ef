"""From what happened to messages: who is told, by which channel, when."""
