from importlib import import_module

from django.db import migrations, models

COUNT = """
UPDATE chat_conversation SET stored_chars = LENGTH(system_prompt) + COALESCE(
    (SELECT SUM(LENGTH(content) + LENGTH(reasoning)) FROM chat_message WHERE conversation_id = chat_conversation.id), 0
)
"""


def create_triggers(apps, schema_editor):
    """Those of the search index: SQLite makes the table anew for a column, without its triggers."""
    if schema_editor.connection.vendor == "sqlite":
        search = import_module("chat.migrations.0004_search")
        every = search.SQLITE_TRIGGERS.split("END;\n")
        for what in ("insert", "update", "delete"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS chat_search_title_{what}")
        search.run_each(schema_editor, [each for each in every if " ON chat_conversation " in each], end="END")


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0017_setup_seed"),
    ]

    operations = [
        migrations.RunPython(migrations.RunPython.noop, create_triggers),
        migrations.AddField(
            model_name='conversation',
            name='stored_chars',
            field=models.PositiveBigIntegerField(default=0, editable=False, help_text='How many characters are in it: questions, answers, thoughts.'),
        ),
        migrations.RunPython(create_triggers, migrations.RunPython.noop),
        migrations.RunSQL(COUNT, migrations.RunSQL.noop),
    ]
