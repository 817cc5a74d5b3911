from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0020_thinking_seconds"),
    ]

    operations = [
        migrations.AddField(
            model_name="generation",
            name="error_retry_at",
            field=models.DateTimeField(
                blank=True, help_text="From when on asking again helps, where that is known.", null=True
            ),
        ),
    ]
