"""Days, tiers, corrections, append-only tables. Many lines, because a migration that has run stays as it is.

On SQLite a later migration that makes one of TABLES anew drops its triggers, and has to call `create_triggers` again.
"""

import chat.models.money
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
from decimal import Decimal
from django.db import migrations, models


TABLES = ("chat_usagerecord", "chat_correction", "chat_price", "chat_pricetier")
SQLITE_TRIGGER = """CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} BEGIN
    SELECT RAISE(ABORT, '{table} is append-only: rows are added and read.');
END"""
POSTGRESQL_FUNCTION = """
CREATE FUNCTION chat_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION '% is append-only: rows are added and read.', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""
POSTGRESQL_TRIGGERS = """
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION chat_append_only();
CREATE TRIGGER {table}_never_emptied BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION chat_append_only();
"""


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        create_triggers(schema_editor.execute)
        return
    schema_editor.execute(POSTGRESQL_FUNCTION, params=None)
    for table in TABLES:
        schema_editor.execute(POSTGRESQL_TRIGGERS.format(table=table), params=None)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        drop_triggers(schema_editor.execute)
        return
    for table in TABLES:
        schema_editor.execute(f"DROP TRIGGER {table}_append_only ON {table}", params=None)
        schema_editor.execute(f"DROP TRIGGER {table}_never_emptied ON {table}", params=None)
    schema_editor.execute("DROP FUNCTION chat_append_only()", params=None)


def create_triggers(execute):
    """SQLite's; `execute` takes a statement and its parameters."""
    drop_triggers(execute)
    for table in TABLES:
        for verb in ("UPDATE", "DELETE"):
            execute(SQLITE_TRIGGER.format(table=table, verb=verb), None)


def drop_triggers(execute):
    for table in TABLES:
        for verb in ("UPDATE", "DELETE"):
            execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb}", None)


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0004_search'),
    ]

    operations = [
        migrations.CreateModel(
            name='Correction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('cost_before', chat.models.money.MoneyField(help_text='What counted until then; empty: unknown.', null=True)),
                ('currency_before', models.CharField(max_length=3)),
                ('input_cost', chat.models.money.MoneyField()),
                ('output_cost', chat.models.money.MoneyField()),
                ('cost', chat.models.money.MoneyField()),
                ('currency', models.CharField(max_length=3)),
            ],
            options={
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='DailyTotal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('grain', models.CharField(choices=[('finest', 'Finest'), ('model', 'Model'), ('user', 'User')], max_length=6)),
                ('day', models.DateField()),
                ('user_id', models.BigIntegerField(default=0)),
                ('username', models.CharField(blank=True, max_length=150)),
                ('group', models.CharField(blank=True, max_length=150)),
                ('provider', models.CharField(blank=True, max_length=50)),
                ('model', models.CharField(blank=True, max_length=200)),
                ('api_key_id', models.BigIntegerField(default=0, help_text='0: no key.')),
                ('api_key_name', models.CharField(blank=True, max_length=100)),
                ('source', models.CharField(choices=[('provider', 'Provider'), ('estimated', 'Estimated')], max_length=10)),
                ('kind', models.CharField(choices=[('answer', 'Answer'), ('title', 'Title')], max_length=6)),
                ('currency', models.CharField(max_length=3)),
                ('requests', models.IntegerField(db_default=0)),
                ('errors', models.IntegerField(db_default=0)),
                ('unpriced', models.IntegerField(db_default=0, help_text='Requests to a model that had no price.')),
                ('uncosted', models.IntegerField(db_default=0, help_text='It had, but their tokens were never counted.')),
                ('prompt_tokens', models.BigIntegerField(null=True)),
                ('cached_tokens', models.BigIntegerField(null=True)),
                ('cache_write_tokens', models.BigIntegerField(null=True)),
                ('completion_tokens', models.BigIntegerField(null=True)),
                ('reasoning_tokens', models.BigIntegerField(null=True)),
                ('cost_millionths', models.BigIntegerField(null=True)),
                ('cost_rest', models.BigIntegerField(null=True)),
                ('elapsed_ms', models.BigIntegerField(db_default=0)),
                ('ttft_00', models.IntegerField(db_default=0)),
                ('ttft_01', models.IntegerField(db_default=0)),
                ('ttft_02', models.IntegerField(db_default=0)),
                ('ttft_03', models.IntegerField(db_default=0)),
                ('ttft_04', models.IntegerField(db_default=0)),
                ('ttft_05', models.IntegerField(db_default=0)),
                ('ttft_06', models.IntegerField(db_default=0)),
                ('ttft_07', models.IntegerField(db_default=0)),
                ('ttft_08', models.IntegerField(db_default=0)),
                ('ttft_09', models.IntegerField(db_default=0)),
                ('ttft_10', models.IntegerField(db_default=0)),
                ('ttft_11', models.IntegerField(db_default=0)),
                ('ttft_12', models.IntegerField(db_default=0)),
                ('ttft_13', models.IntegerField(db_default=0)),
                ('ttft_14', models.IntegerField(db_default=0)),
                ('ttft_15', models.IntegerField(db_default=0)),
                ('ttft_16', models.IntegerField(db_default=0)),
                ('ttft_17', models.IntegerField(db_default=0)),
                ('ttft_18', models.IntegerField(db_default=0)),
                ('ttft_19', models.IntegerField(db_default=0)),
                ('ttft_20', models.IntegerField(db_default=0)),
                ('ttft_21', models.IntegerField(db_default=0)),
                ('ttft_22', models.IntegerField(db_default=0)),
                ('ttft_23', models.IntegerField(db_default=0)),
                ('ttft_24', models.IntegerField(db_default=0)),
                ('ttft_25', models.IntegerField(db_default=0)),
                ('ttft_26', models.IntegerField(db_default=0)),
                ('ttft_27', models.IntegerField(db_default=0)),
                ('ttft_28', models.IntegerField(db_default=0)),
                ('ttft_29', models.IntegerField(db_default=0)),
                ('ttft_30', models.IntegerField(db_default=0)),
                ('ttft_31', models.IntegerField(db_default=0)),
            ],
            options={
                'ordering': ['-day', 'id'],
            },
        ),
        migrations.CreateModel(
            name='PriceTier',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('above_tokens', models.PositiveIntegerField(help_text='All tokens of a request with a longer prompt.', validators=[django.core.validators.MinValueValidator(1)], verbose_name='prompts above')),
                ('input_per_million', models.DecimalField(decimal_places=6, max_digits=14, validators=[django.core.validators.MinValueValidator(Decimal('0'))])),
                ('cached_input_per_million', models.DecimalField(blank=True, decimal_places=6, help_text='Empty: as other input.', max_digits=14, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0'))])),
                ('cache_write_per_million', models.DecimalField(blank=True, decimal_places=6, help_text='Empty: as other input.', max_digits=14, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0'))])),
                ('long_cache_write_per_million', models.DecimalField(blank=True, decimal_places=6, help_text='Empty: as others written.', max_digits=14, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0'))])),
                ('output_per_million', models.DecimalField(decimal_places=6, max_digits=14, validators=[django.core.validators.MinValueValidator(Decimal('0'))])),
            ],
            options={
                'verbose_name': 'tier for long prompts',
                'verbose_name_plural': 'tiers for long prompts',
                'ordering': ['above_tokens'],
            },
        ),
        migrations.CreateModel(
            name='SitePolicy',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('forbid_unpriced', models.BooleanField(default=False, help_text='Nobody can ask a model whose cost is unknown: it is in no list, and no title comes from it.', verbose_name='forbid models without a price')),
            ],
            options={
                'verbose_name': 'site policy',
                'verbose_name_plural': 'site policy',
            },
        ),
        migrations.CreateModel(
            name='Vocabulary',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.CharField(max_length=50)),
                ('model', models.CharField(max_length=200)),
                ('answers', models.PositiveIntegerField(default=0, help_text='How many reports it was learnt from.')),
                ('lessons', models.JSONField(default=dict, help_text='Weighted sums over the texts and their counts.')),
                ('changed_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'verbose_name_plural': 'vocabularies',
            },
        ),
        migrations.RemoveConstraint(
            model_name='price',
            name='price_not_negative',
        ),
        migrations.AddField(
            model_name='price',
            name='long_cache_write_per_million',
            field=models.DecimalField(blank=True, decimal_places=6, help_text='Kept for an hour; empty: as others written to the cache.', max_digits=14, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0'))]),
        ),
        migrations.AddField(
            model_name='price',
            name='per_hour',
            field=models.DecimalField(blank=True, decimal_places=6, max_digits=12, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0'))]),
        ),
        migrations.AddField(
            model_name='price',
            name='tokens_per_hour',
            field=models.PositiveBigIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)]),
        ),
        migrations.AddField(
            model_name='usagerecord',
            name='api_key_id',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='usagerecord',
            name='group',
            field=models.CharField(blank=True, help_text="The group that pays: the user's first by name.", max_length=150),
        ),
        migrations.AddField(
            model_name='usagerecord',
            name='long_cache_write_tokens',
            field=models.PositiveIntegerField(help_text='Of those, kept for an hour.', null=True),
        ),
        migrations.AddIndex(
            model_name='usagerecord',
            index=models.Index(condition=models.Q(('api_key_id__isnull', False)), fields=['api_key_id', 'created_at'], name='usage_of_key'),
        ),
        migrations.AddConstraint(
            model_name='price',
            constraint=models.CheckConstraint(condition=models.Q(('input_per_million__gte', 0), ('output_per_million__gte', 0), models.Q(('cached_input_per_million__isnull', True), ('cached_input_per_million__gte', 0), _connector='OR'), models.Q(('cache_write_per_million__isnull', True), ('cache_write_per_million__gte', 0), _connector='OR'), models.Q(('long_cache_write_per_million__isnull', True), ('long_cache_write_per_million__gte', 0), _connector='OR')), name='price_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='price',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('per_hour__isnull', True), ('tokens_per_hour__isnull', True)), models.Q(('per_hour__gte', 0), ('per_hour__isnull', False), ('tokens_per_hour__gte', 1), ('tokens_per_hour__isnull', False)), _connector='OR'), name='price_by_the_hour_is_whole'),
        ),
        migrations.AddField(
            model_name='correction',
            name='price',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='chat.price'),
        ),
        migrations.AddField(
            model_name='correction',
            name='record',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='chat.usagerecord'),
        ),
        migrations.AddIndex(
            model_name='dailytotal',
            index=models.Index(condition=models.Q(('grain', 'finest')), fields=['user_id', 'day'], name='daily_total_of_user'),
        ),
        migrations.AddIndex(
            model_name='dailytotal',
            index=models.Index(condition=models.Q(('grain', 'finest')), fields=['model', 'day'], name='daily_total_of_model'),
        ),
        migrations.AddIndex(
            model_name='dailytotal',
            index=models.Index(condition=models.Q(('api_key_id__gt', 0), ('grain', 'finest')), fields=['api_key_id', 'day'], name='daily_total_of_key'),
        ),
        migrations.AddConstraint(
            model_name='dailytotal',
            constraint=models.UniqueConstraint(fields=('grain', 'day', 'provider', 'model', 'user_id', 'username', 'group', 'api_key_id', 'api_key_name', 'source', 'kind', 'currency'), name='daily_total_once'),
        ),
        migrations.AddField(
            model_name='pricetier',
            name='price',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tiers', to='chat.price'),
        ),
        migrations.AddConstraint(
            model_name='sitepolicy',
            constraint=models.CheckConstraint(condition=models.Q(('id', 1)), name='site_policy_is_one'),
        ),
        migrations.AddConstraint(
            model_name='vocabulary',
            constraint=models.UniqueConstraint(fields=('provider', 'model'), name='vocabulary_once_per_model'),
        ),
        migrations.AddConstraint(
            model_name='correction',
            constraint=models.CheckConstraint(condition=models.Q(('cost', django.db.models.expressions.CombinedExpression(models.F('input_cost'), '+', models.F('output_cost')))), name='correction_is_the_sum'),
        ),
        migrations.AddConstraint(
            model_name='pricetier',
            constraint=models.UniqueConstraint(fields=('price', 'above_tokens'), name='price_tier_once'),
        ),
        migrations.AddConstraint(
            model_name='pricetier',
            constraint=models.CheckConstraint(condition=models.Q(('input_per_million__gte', 0), ('output_per_million__gte', 0), models.Q(('cached_input_per_million__isnull', True), ('cached_input_per_million__gte', 0), _connector='OR'), models.Q(('cache_write_per_million__isnull', True), ('cache_write_per_million__gte', 0), _connector='OR'), models.Q(('long_cache_write_per_million__isnull', True), ('long_cache_write_per_million__gte', 0), _connector='OR'), ('above_tokens__gte', 1)), name='price_tier_not_negative'),
        ),
        migrations.AddField(
            model_name='provider',
            name='drain_seconds',
            field=models.PositiveSmallIntegerField(default=0, help_text="For the provider's own count instead of an estimate, at the cost of what it still says. 0: Stop closes the connection at once.", validators=[django.core.validators.MaxValueValidator(30)], verbose_name='read on after Stop, seconds'),
        ),
        migrations.AddField(
            model_name='provider',
            name='drain_tokens',
            field=models.PositiveIntegerField(default=500, help_text='And at most so many pieces of the answer.', verbose_name='read on after Stop, pieces'),
        ),
        migrations.RunPython(create, drop),
    ]
