"""What every single element reads, for cases in which intervals and phases only give a bound."""
