from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0012_provider_account"),
    ]

    operations = [
        migrations.AddField(
            model_name="setuptoken",
            name="seed",
            field=models.CharField(default="", editable=False, max_length=64),
        ),
    ]
