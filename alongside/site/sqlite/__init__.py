"""Django's SQLite backend with one queue of writers in each process, and tables without row numbers (decision 0018)."""
