from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0022_taken_out"),
    ]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="unread_since",
            field=models.DateTimeField(
                blank=True, editable=False, help_text="When an answer ended that nobody followed.", null=True
            ),
        ),
    ]
