"""Rows out of spreadsheets, for whoever may write them by form."""
