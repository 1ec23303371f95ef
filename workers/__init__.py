"""What happens without anybody waiting: the outbox's relay, the jobs it wakes, and what the clock starts."""
