"""Below the Waterline."""
