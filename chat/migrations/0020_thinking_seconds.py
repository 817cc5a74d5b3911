from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0019_model_favourites"),
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
