"""What was meant by a text that reads one way and would mean another."""
