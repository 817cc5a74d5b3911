"""How much has been guessed lately."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0014_account_deletion")]

    operations = [
        migrations.CreateModel(
            name="Throttle",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("full_at", models.DateTimeField(db_index=True)),
            ],
        ),
    ]
