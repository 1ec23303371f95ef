"""Money: what an order is worth, what was paid for it, what is given back. Every fen is in a journal entry."""
