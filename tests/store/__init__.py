"""The contract of the store over its implementations, and the SQLite engine by itself."""
