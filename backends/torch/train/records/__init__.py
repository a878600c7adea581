"""What a run shows and keeps of how it goes: lines, tables, pictures."""
