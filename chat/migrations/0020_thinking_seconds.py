from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0018_stored_chars"),
    ]

    operations = [
        migrations.AddField(
            model_name="generation",
            name="thinking_seconds",
            field=models.FloatField(
                blank=True,
                help_text="From its first thought to its first word, where it began with a thought.",
                null=True,
            ),
        ),
    ]
