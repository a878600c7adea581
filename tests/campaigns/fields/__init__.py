"""Random nets whose receptive fields are hard to tell, and what their gradients say."""
