"""The fair draw (公平摇号): a menu's second mode, in which asking early is worth nothing. See ADR 0010."""
