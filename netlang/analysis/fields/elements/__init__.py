"""What every element reads, told one by one, where intervals and phases tell a bound alone."""
