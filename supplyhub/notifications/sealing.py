"""Where the addresses of channels are sealed."""

ADDRESS = ("channel", "address")
