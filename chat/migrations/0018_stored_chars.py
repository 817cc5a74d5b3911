from django.db import migrations, models

COUNT = """
UPDATE chat_conversation SET stored_chars = LENGTH(system_prompt) + COALESCE(
    (SELECT SUM(LENGTH(content) + LENGTH(reasoning)) FROM chat_message WHERE conversation_id = chat_conversation.id), 0
)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0017_setup_seed"),
    ]

    operations = [
        migrations.AddField(
            model_name='conversation',
            name='stored_chars',
            field=models.PositiveBigIntegerField(default=0, editable=False, help_text='How many characters are in it: questions, answers, thoughts.'),
        ),
        migrations.RunSQL(COUNT, migrations.RunSQL.noop),
    ]
