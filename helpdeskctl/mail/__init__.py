"""Mail as mail: read, judged, written, fetched, sent. Knows the domain and no database."""
