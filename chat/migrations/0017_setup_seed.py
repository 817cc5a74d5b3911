from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0016_invitations"),
    ]

    operations = [
        migrations.AddField(
            model_name="setuptoken",
            name="seed",
            field=models.CharField(default="", editable=False, max_length=64),
        ),
    ]
