"""The demo community: a register, people, a cycle at the doors and one that takes orders, all by real commands."""
