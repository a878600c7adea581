"""From the place where reading stopped to the diagnostic that explains it; loaded only for that."""
