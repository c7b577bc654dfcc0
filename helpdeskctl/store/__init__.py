"""How rows are kept: the connection, the tables, the schema and its migrations, blobs, secrets, full text."""
