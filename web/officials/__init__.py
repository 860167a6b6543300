"""The desks of officials, coordinators, auditors and administrators."""
