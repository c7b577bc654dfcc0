"""One file per subject. Every handler takes the visit and answers: read, check, one operation or query, page."""
