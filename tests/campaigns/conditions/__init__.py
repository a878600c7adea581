"""Random nets with conditions on their sizes, told in sentences that are read and tried."""
