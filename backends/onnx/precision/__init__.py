"""Files of fewer bits: half precision, 8-bit integers, 4-bit weights, and what they cost."""
