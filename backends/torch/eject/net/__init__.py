"""The class of the net in a script, as short as a person would write it."""
