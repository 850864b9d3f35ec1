"""Tables, figures, claims, the audit and the report: read files, write files."""
