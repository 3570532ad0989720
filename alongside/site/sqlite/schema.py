"""Tables whose rows lie in the order of their random key, not in the order they came."""

from typing import Any

from django.db import models
from django.db.backends.sqlite3 import schema


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    """Makes every table with a key of its own without SQLite's hidden row numbers, which count up."""

    def table_sql(self, model: type[models.Model]) -> tuple[str, list[Any]]:
        """Return the statement that makes a table."""
        sql, params = super().table_sql(model)
        if not isinstance(model._meta.pk, models.AutoField):
            sql += " WITHOUT ROWID"
        return sql, params
