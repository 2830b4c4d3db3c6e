"""The commands: arguments in, tables and exit codes out."""
