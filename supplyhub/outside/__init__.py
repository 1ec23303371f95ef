"""Other people's services, each behind a port."""
