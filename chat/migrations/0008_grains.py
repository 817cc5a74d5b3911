from typing import Any

from django.db import migrations, models


def forget(apps: Any, schema_editor: Any) -> None:
    """Drop what the older version neither knows nor has room for."""
    apps.get_model("chat", "DailyTotal").objects.filter(grain__in=("group", "provider")).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0007_context_window"),
    ]

    operations = [
        migrations.AlterField(
            model_name="dailytotal",
            name="grain",
            field=models.CharField(
                choices=[
                    ("finest", "Finest"),
                    ("model", "Model"),
                    ("group", "Group"),
                    ("user", "User"),
                    ("provider", "Provider"),
                ],
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="dailytotal",
            name="kind",
            field=models.CharField(blank=True, choices=[("answer", "Answer"), ("title", "Title")], max_length=6),
        ),
        migrations.AddIndex(
            model_name="dailytotal",
            index=models.Index(
                condition=models.Q(("grain", "provider")), fields=["provider", "day"], name="daily_total_of_provider"
            ),
        ),
        # Begun with, backwards.
        migrations.RunPython(migrations.RunPython.noop, forget),
    ]
