"""Accounts that are to be deleted, when keys were last used, and the one change that the ledger's rows take.

That one: a row loses its person.

On SQLite a later migration that makes chat_usagerecord anew, or adds a column to it, has to call `create_triggers` of
this module, which calls the one of 0005.
"""

from importlib import import_module

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

# What may change of a row of the ledger, and what becomes of it; ids may become anything.
FORGOTTEN = {"user_id": "0", "username": "'a former user'", "api_key_id": "NULL", "api_key_name": "''"}
IDS = ("conversation_id", "message_id", "generation_id")

SQLITE_TRIGGER = """CREATE TRIGGER chat_usagerecord_no_UPDATE BEFORE UPDATE ON chat_usagerecord
WHEN NOT (OLD.user_id IS NOT 0 AND {becomes} AND {stays}) BEGIN
    SELECT RAISE(ABORT, 'chat_usagerecord is append-only: rows are added and read.');
END"""
POSTGRESQL = """
CREATE FUNCTION chat_usage_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'UPDATE' AND OLD.user_id <> 0 AND {becomes}
        AND to_jsonb(NEW) - ARRAY[{names}] = to_jsonb(OLD) - ARRAY[{names}] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only: rows are added and read.', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
DROP TRIGGER chat_usagerecord_append_only ON chat_usagerecord;
CREATE TRIGGER chat_usagerecord_append_only BEFORE UPDATE OR DELETE ON chat_usagerecord
    FOR EACH ROW EXECUTE FUNCTION chat_usage_append_only();
"""
POSTGRESQL_BACK = """
DROP TRIGGER chat_usagerecord_append_only ON chat_usagerecord;
CREATE TRIGGER chat_usagerecord_append_only BEFORE UPDATE OR DELETE ON chat_usagerecord
    FOR EACH ROW EXECUTE FUNCTION chat_append_only();
DROP FUNCTION chat_usage_append_only();
"""


def create_triggers(connection):
    """SQLite's, of all append-only tables."""
    with connection.cursor() as cursor:
        import_module("chat.migrations.0005_ledger").create_triggers(cursor.execute)
        cursor.execute("DROP TRIGGER chat_usagerecord_no_UPDATE")
        columns = [each.name for each in connection.introspection.get_table_description(cursor, "chat_usagerecord")]
        kept = [name for name in columns if name not in (*FORGOTTEN, *IDS)]
        stays = " AND ".join(f'NEW."{name}" IS OLD."{name}"' for name in kept)
        cursor.execute(SQLITE_TRIGGER.format(becomes=_becomes("IS"), stays=stays))


def _becomes(operator):
    return " AND ".join(f"NEW.{name} {operator} {value}" for name, value in FORGOTTEN.items())


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        create_triggers(schema_editor.connection)
        return
    names = ", ".join(f"'{name}'" for name in (*FORGOTTEN, *IDS))
    becomes = _becomes("IS NOT DISTINCT FROM")
    schema_editor.execute(POSTGRESQL.format(names=names, becomes=becomes), params=None)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        import_module("chat.migrations.0005_ledger").create_triggers(schema_editor.execute)
        return
    schema_editor.execute(POSTGRESQL_BACK, params=None)


class Migration(migrations.Migration):

    dependencies = [
        ("chat", "0013_rights"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AccountDeletion",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="deletion",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("requested_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("due_at", models.DateTimeField(db_index=True, help_text="From then on the server deletes it.")),
                (
                    "claimed_at",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        help_text="When a process last said that it is deleting it.",
                        null=True,
                    ),
                ),
            ],
            options={
                "ordering": ["due_at"],
            },
        ),
        migrations.AddField(
            model_name="apikey",
            name="last_used_at",
            field=models.DateTimeField(editable=False, help_text="To the minute.", null=True),
        ),
        migrations.RunPython(create, drop),
    ]
