"""The command line: one file per noun, one function per verb; each parses, makes one call, prints."""
