"""What people do about money, one intention a function."""
