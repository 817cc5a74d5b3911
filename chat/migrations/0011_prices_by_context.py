"""What a request was charged by, what it costs beside tokens, and prices that go by it.

On SQLite the tables are made anew, which drops the triggers that keep them append-only: they are created again.
"""

from importlib import import_module

import chat.models.prices
import chat.models.money
import django.core.validators
import django.db.models.expressions
import django.db.models.functions.comparison
from decimal import Decimal
from django.db import migrations, models


def create_triggers(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        import_module("chat.migrations.0005_ledger").create_triggers(schema_editor.execute)


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0010_learnt'),
    ]

    operations = [
        # Begun with, backwards: last.
        migrations.RunPython(migrations.RunPython.noop, create_triggers),
        migrations.RemoveConstraint(
            model_name='correction',
            name='correction_is_the_sum',
        ),
        migrations.RemoveConstraint(
            model_name='usagerecord',
            name='usage_cost_has_price',
        ),
        migrations.RemoveConstraint(
            model_name='usagerecord',
            name='usage_cost_is_the_sum',
        ),
        migrations.RemoveIndex(
            model_name='price',
            name='price_newest',
        ),
        migrations.AddField(
            model_name='correction',
            name='search_cost',
            field=chat.models.money.MoneyField(help_text='Of web searches; empty: none were made.', null=True),
        ),
        migrations.AddField(
            model_name='price',
            name='context',
            field=models.CharField(blank=True, db_default='', default='', help_text='Empty: the standard price. A tier that the provider charges otherwise has a price of its own, such as service_tier=priority, service_tier=flex or speed=fast. Where you enter a standard price, tiers that you enter no price for have none: what they cost is unknown.', max_length=200, validators=[chat.models.prices.validate_context], verbose_name='charged by'),
        ),
        migrations.AddField(
            model_name='price',
            name='searches_per_thousand',
            field=models.DecimalField(blank=True, decimal_places=6, help_text='For a thousand web searches. Empty: unknown, and so is the cost of a request that made some.', max_digits=14, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0'))]),
        ),
        migrations.AddField(
            model_name='usagerecord',
            name='asked_at',
            field=models.DateTimeField(editable=False, help_text='When the request was made: the price of that moment holds.', null=True),
        ),
        migrations.AddField(
            model_name='usagerecord',
            name='cache_saving',
            field=chat.models.money.MoneyField(help_text='What tokens from and to the cache would have cost more as other input.', null=True),
        ),
        migrations.AddField(
            model_name='usagerecord',
            name='cache_write_lifetimes',
            field=models.JSONField(help_text='Of those, by how long they are kept.', null=True),
        ),
        migrations.AddField(
            model_name='usagerecord',
            name='finish_detail',
            field=models.CharField(blank=True, db_default='', default='', help_text="The provider's own word for another end.", max_length=100),
        ),
        migrations.AddField(
            model_name='usagerecord',
            name='inference_geo',
            field=models.CharField(blank=True, db_default='', default='', max_length=50),
        ),
        migrations.AddField(
            model_name='usagerecord',
            name='provider_cost',
            field=chat.models.money.MoneyField(help_text="The provider's own price for the request, in US dollars.", null=True),
        ),
        migrations.AddField(
            model_name='usagerecord',
            name='search_cost',
            field=chat.models.money.MoneyField(help_text='Of web searches; empty: none were made.', null=True),
        ),
        migrations.AddField(
            model_name='usagerecord',
            name='service_tier',
            field=models.CharField(blank=True, db_default='', default='', help_text='What the provider says it charged by.', max_length=50),
        ),
        migrations.AddField(
            model_name='usagerecord',
            name='speed',
            field=models.CharField(blank=True, db_default='', default='', max_length=50),
        ),
        migrations.AddField(
            model_name='usagerecord',
            name='web_searches',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name='dailytotal',
            name='uncosted',
            field=models.IntegerField(db_default=0, help_text='Somebody had, but what was used is not known, or a part of it has no price.'),
        ),
        migrations.AlterField(
            model_name='dailytotal',
            name='unpriced',
            field=models.IntegerField(db_default=0, help_text='Requests that nobody had a price for.'),
        ),
        migrations.AlterField(
            model_name='usagerecord',
            name='cost',
            field=chat.models.money.MoneyField(help_text='Empty: there is no price for it.', null=True),
        ),
        migrations.AddIndex(
            model_name='price',
            index=models.Index(fields=['model', 'context', '-valid_from', '-id'], name='price_newest'),
        ),
        migrations.AddConstraint(
            model_name='correction',
            constraint=models.CheckConstraint(condition=models.Q(('cost', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('input_cost'), '+', models.F('output_cost')), '+', django.db.models.functions.comparison.Coalesce(models.F('search_cost'), 0)))), name='correction_is_the_sum'),
        ),
        migrations.AddConstraint(
            model_name='price',
            constraint=models.CheckConstraint(condition=models.Q(('searches_per_thousand__isnull', True), ('searches_per_thousand__gte', 0), _connector='OR'), name='price_of_searches_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='usagerecord',
            constraint=models.CheckConstraint(condition=models.Q(('price__isnull', False), models.Q(('cost__isnull', True), ('price__isnull', True)), models.Q(('cost', models.F('provider_cost')), ('currency', 'USD'), ('price__isnull', True), ('provider_cost__isnull', False)), _connector='OR'), name='usage_cost_has_price'),
        ),
        migrations.AddConstraint(
            model_name='usagerecord',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cost__isnull', True), ('input_cost__isnull', True), ('output_cost__isnull', True), ('search_cost__isnull', True)), models.Q(('input_cost__isnull', True), ('output_cost__isnull', True), ('price__isnull', True), ('search_cost__isnull', True)), models.Q(('cost', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('input_cost'), '+', models.F('output_cost')), '+', django.db.models.functions.comparison.Coalesce(models.F('search_cost'), 0))), ('cost__isnull', False), ('input_cost__isnull', False), ('output_cost__isnull', False)), _connector='OR'), name='usage_cost_is_the_sum'),
        ),
        migrations.AddConstraint(
            model_name='usagerecord',
            constraint=models.CheckConstraint(condition=models.Q(('provider_cost__isnull', True), ('provider_cost__gte', 0), _connector='OR'), name='usage_provider_cost_not_negative'),
        ),
        migrations.RunPython(create_triggers, migrations.RunPython.noop),
    ]
