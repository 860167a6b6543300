"""Reports that offices file: the five lists and the map, the ledger of cases; made, kept and read again."""
