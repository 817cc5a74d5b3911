import django.db.models.deletion
from django.db import migrations, models

import chat.models.shallow_json


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0021_error_retry_at"),
    ]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="taken",
            field=chat.models.shallow_json.ShallowJSONField(
                blank=True,
                editable=False,
                help_text="`leaf` and `parents` as they were before it was taken out.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="conversation",
            name="taken_from",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                help_text="Not a conversation, but what was deleted from one: as long as that can be restored.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="chat.conversation",
            ),
        ),
    ]
