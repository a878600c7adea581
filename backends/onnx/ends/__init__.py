"""What a file does besides its net: images become inputs, and scores become classes."""
