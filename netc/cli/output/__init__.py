"""Reports for a person at a terminal, one module a report, each with its template in `templates/`."""
