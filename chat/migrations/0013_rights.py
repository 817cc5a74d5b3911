"""What keys are for and until when, and who may use which model."""

import chat.models.access
from django.conf import settings
from django.db import migrations, models


def keep_scopes(apps, schema_editor):
    """Keys that are there keep what they could do; new ones look at other people's usage only when told to."""
    apps.get_model("chat", "ApiKey").objects.update(scopes=["chat", "usage", "admin"])


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('chat', '0012_provider_account'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='apikey',
            name='expires_at',
            field=models.DateTimeField(blank=True, help_text='From then on the key opens nothing. Empty: never.', null=True, verbose_name='expires (UTC)'),
        ),
        migrations.AddField(
            model_name='apikey',
            name='scopes',
            field=models.JSONField(default=chat.models.access.usual_scopes, validators=[chat.models.access.validate_scopes]),
        ),
        migrations.RunPython(keep_scopes, migrations.RunPython.noop),
        migrations.AddField(
            model_name='chatmodel',
            name='groups',
            field=models.ManyToManyField(blank=True, help_text='Whose members may use it.', related_name='+', to='auth.group'),
        ),
        migrations.AddField(
            model_name='chatmodel',
            name='is_limited',
            field=models.BooleanField(default=False, help_text='Only for the groups and people below. Otherwise everybody may use it.', verbose_name='limited'),
        ),
        migrations.AddField(
            model_name='chatmodel',
            name='people',
            field=models.ManyToManyField(blank=True, help_text='Who may use it besides.', related_name='+', to=settings.AUTH_USER_MODEL),
        ),
    ]
