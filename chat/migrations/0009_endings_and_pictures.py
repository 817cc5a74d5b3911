"""Ends by another word, pieces that could not be read, pictures. On SQLite the messages' table is made anew."""

from importlib import import_module

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.db import migrations, models


def restore_search(apps, schema_editor):
    """Make the triggers again that a table which is made anew has lost."""
    if schema_editor.connection.vendor == "sqlite":
        for subject in ("title", "message"):
            for verb in ("insert", "update", "delete"):
                schema_editor.execute(f"DROP TRIGGER IF EXISTS chat_search_{subject}_{verb}", params=None)
        import_module("chat.migrations.0004_search").create_triggers(schema_editor)


def forget(apps, schema_editor):
    """Give what the older version has no word for the nearest that it has."""
    apps.get_model("chat", "Message").objects.filter(finish_reason="other").update(finish_reason="stop")


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0008_grains'),
    ]

    operations = [
        migrations.RunPython(migrations.RunPython.noop, restore_search),
        migrations.CreateModel(
            name='Picture',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('media_type', models.CharField(max_length=50)),
                ('data', models.BinaryField()),
                ('size', models.PositiveIntegerField(help_text='In bytes.')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                'ordering': ['created_at', 'id'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='message',
            name='message_finish_reason_known',
        ),
        migrations.AddField(
            model_name='generation',
            name='has_gaps',
            field=models.BooleanField(default=False, help_text='Whether a piece of the answer could not be read.'),
        ),
        migrations.AddField(
            model_name='message',
            name='finish_detail',
            field=models.CharField(blank=True, help_text="The provider's own word for another end; none: it gave no reason.", max_length=100),
        ),
        migrations.AlterField(
            model_name='message',
            name='finish_reason',
            field=models.CharField(blank=True, choices=[('stop', 'Stop'), ('length', 'Length'), ('content_filter', 'Content Filter'), ('tool_calls', 'Tool Calls'), ('stopped', 'Stopped'), ('disconnected', 'Disconnected'), ('other', 'Other')], max_length=14),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(('finish_reason__in', ['', 'stop', 'length', 'content_filter', 'tool_calls', 'stopped', 'disconnected', 'other'])), name='message_finish_reason_known'),
        ),
        migrations.AddField(
            model_name='picture',
            name='message',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pictures', to='chat.message'),
        ),
        migrations.RunPython(restore_search, forget),
    ]
