"""Summaries as text: a table for people, JSON and CSV for programs."""
