"""Rules of operators along one axis: as functions of a place, and at the borders."""
