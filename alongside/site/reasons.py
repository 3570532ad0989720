"""Why a database does not answer, in words chosen here: its own words may name hosts, people or what was typed."""

# What a driver's text is searched for, and what is said instead. The first that fits counts.
PHRASES = (
    ("password authentication failed", "it refuses name or password"),
    ("no password supplied", "it wants a password"),
    ("pg_hba.conf", "it does not let this machine in"),
    ("too many clients", "it has no free connections"),
    ("remaining connection slots", "it has no free connections"),
    ("the database system is starting up", "it is starting"),
    ("the database system is shutting down", "it is stopping"),
    ("terminating connection", "it ended the connection"),
    ("server closed the connection", "it ended the connection"),
    ("the connection is closed", "the connection was closed"),
    ("connection refused", "nothing listens there"),
    ("no such file or directory", "nothing listens there"),
    ("could not translate host name", "its host name is unknown"),
    ("name or service not known", "its host name is unknown"),
    ("timeout expired", "it does not answer in time"),
    ("timed out", "it does not answer in time"),
    ("certificate verify failed", "its certificate is not valid"),
    ("does not match host name", "its certificate is for another name"),
    ("root certificate file", "the certificate to check it by cannot be read"),
    ("does not support ssl", "it does not offer encryption"),
    ("read-only transaction", "it takes no changes: is it a standby?"),
    ("session is not read-write", "it takes no changes: is it a standby?"),
    ("no space left", "the disk is full"),
    ("database or disk is full", "the disk is full"),
    ("disk i/o error", "the disk fails"),
    ("readonly database", "the file may not be written"),
    ("unable to open database file", "the file or its folder cannot be opened"),
    ("database is locked", "another process holds it"),
    ("malformed", "the file is damaged"),
    ("not a database", "the file is damaged"),
    ("does not exist", "that database or table does not exist"),
    ("no such table", "that database or table does not exist"),
)


def of(error: BaseException | None) -> str:
    """Return in few English words why, or nothing; with it the error's public code, where it has one."""
    while error is not None:
        text = str(error).lower()
        code = getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", None) or ""
        said = next((words for phrase, words in PHRASES if phrase in text), "")
        if said or code:
            return " ".join(filter(None, [said, f"({code})" if code else ""]))
        error = error.__cause__
    return ""
