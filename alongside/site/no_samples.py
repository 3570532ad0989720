"""Keeps PostgreSQL from sampling columns about members; migrations 0001 and 0003 call this, so it never changes."""

from collections.abc import Callable, Sequence

from django.apps.registry import Apps
from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def of(tables: Sequence[tuple[str, str]]) -> Callable[[Apps, BaseDatabaseSchemaEditor], None]:
    """Return the step of a migration after which PostgreSQL samples none of these tables (app, model).

    Sealed columns are stored as they are: compressing noise costs time only.
    """

    def leave_no_statistics(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        if schema_editor.connection.vendor != "postgresql":
            return
        quote = schema_editor.connection.ops.quote_name
        for app, name in tables:
            meta = apps.get_model(app, name)._meta
            for field in meta.local_concrete_fields:
                column = quote(str(field.column))
                changes = [f"ALTER COLUMN {column} SET STATISTICS 0"]
                if isinstance(field, models.BinaryField) and not field.max_length:
                    changes.append(f"ALTER COLUMN {column} SET STORAGE EXTERNAL")
                schema_editor.execute(f"ALTER TABLE {quote(meta.db_table)} {', '.join(changes)}")

    return leave_no_statistics
