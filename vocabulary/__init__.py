"""The words of the trade: codes, tables and reference data. Imports nothing of ours."""
