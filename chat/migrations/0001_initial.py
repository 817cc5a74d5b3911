# The first tables. Many lines, because a migration that has run stays as it is.

import chat.models.catalog
import chat.models.money
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
import uuid
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ChatModel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text="What people see and API callers send: the provider's name for it, or provider/name if taken.", max_length=200, unique=True)),
                ('upstream_name', models.CharField(help_text="The provider's own name for it.", max_length=200)),
                ('enabled', models.BooleanField(default=True)),
                ('is_listed', models.BooleanField(default=True, editable=False, help_text='Whether the provider still has it.')),
                ('is_default', models.BooleanField(default=False, help_text='The choice for people who have not chosen yet.')),
                ('position', models.PositiveIntegerField(default=0, help_text='Order in the picker, after the default.')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                'verbose_name': 'model',
                'ordering': ['position', 'name'],
            },
        ),
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(default='key', max_length=100)),
                ('prefix', models.CharField(editable=False, help_text="The key's first characters.", max_length=11)),
                ('hash', models.CharField(editable=False, max_length=64, unique=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('revoked_at', models.DateTimeField(blank=True, help_text='From then on the key opens nothing.', null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='api_keys', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'API key',
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='Conversation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('title', models.CharField(blank=True, max_length=200)),
                ('system_prompt', models.TextField(blank=True)),
                ('pinned', models.BooleanField(default=False)),
                ('archived', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, help_text='When something was last said.')),
                ('model', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='chat.chatmodel')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='conversations', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-updated_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Generation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('request_id', models.CharField(blank=True, help_text="The caller's idempotency key, unique per user.", max_length=200, null=True)),
                ('parameters', models.JSONField(blank=True, default=dict, help_text='system_prompt, max_tokens, temperature, response_format, where given.')),
                ('error_type', models.CharField(blank=True, max_length=20)),
                ('error_message', models.TextField(blank=True)),
                ('error_retryable', models.BooleanField(default=False)),
                ('ttft_seconds', models.FloatField(blank=True, help_text='From the start to the first token.', null=True)),
                ('elapsed_seconds', models.FloatField(blank=True, null=True)),
                ('outline', models.JSONField(blank=True, default=list, help_text="The order of the answer's parts, where it is not the usual one.")),
                ('worker', models.CharField(blank=True, help_text='The process that writes it: host, pid, its start.', max_length=200)),
                ('heartbeat_at', models.DateTimeField(blank=True, help_text='When that process last said it is alive.', null=True)),
                ('followed_at', models.DateTimeField(blank=True, help_text='When another process last had a follower.', null=True)),
                ('stop_requested_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('api_key', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='chat.apikey')),
                ('model', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='chat.chatmodel')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='generations', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='JournalEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sequence', models.PositiveIntegerField(help_text='0 for the first entry of its generation, then one more each.')),
                ('events', models.JSONField(help_text='The events in order, each as it goes to the browser.')),
                ('generation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='journal', to='chat.generation')),
            ],
            options={
                'ordering': ['generation', 'sequence'],
            },
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('role', models.CharField(choices=[('user', 'User'), ('assistant', 'Assistant')], max_length=10)),
                ('content', models.TextField(blank=True)),
                ('reasoning', models.TextField(blank=True)),
                ('tool_calls', models.JSONField(blank=True, default=list, help_text='A list of objects with index, id, name and arguments (JSON text).')),
                ('status', models.CharField(choices=[('queued', 'Queued'), ('streaming', 'Streaming'), ('complete', 'Complete'), ('stopped', 'Stopped'), ('interrupted', 'Interrupted'), ('failed', 'Failed')], default='complete', max_length=12)),
                ('finish_reason', models.CharField(blank=True, choices=[('stop', 'Stop'), ('length', 'Length'), ('content_filter', 'Content Filter'), ('tool_calls', 'Tool Calls'), ('stopped', 'Stopped'), ('disconnected', 'Disconnected')], max_length=14)),
                ('model', models.CharField(blank=True, help_text='The model that wrote it, by its name then.', max_length=200)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('conversation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='chat.conversation')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='children', to='chat.message')),
            ],
            options={
                'ordering': ['created_at', 'id'],
            },
        ),
        migrations.AddField(
            model_name='generation',
            name='message',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='generation', to='chat.message'),
        ),
        migrations.CreateModel(
            name='Price',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateTimeField(default=django.utils.timezone.now)),
                ('input_per_million', models.DecimalField(decimal_places=6, max_digits=14, validators=[django.core.validators.MinValueValidator(Decimal('0'))])),
                ('cached_input_per_million', models.DecimalField(blank=True, decimal_places=6, help_text='Empty: cached tokens cost what other input costs.', max_digits=14, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0'))])),
                ('output_per_million', models.DecimalField(decimal_places=6, max_digits=14, validators=[django.core.validators.MinValueValidator(Decimal('0'))])),
                ('currency', models.CharField(default='USD', max_length=3)),
                ('origin', models.CharField(choices=[('genai-prices', 'genai-prices'), ('admin', 'entered by an admin'), ('built-in', 'built in')], default='admin', max_length=20)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('model', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='prices', to='chat.chatmodel')),
            ],
            options={
                'ordering': ['-valid_from', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Provider',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.SlugField(unique=True)),
                ('kind', models.CharField(choices=[('openai', 'OpenAI-compatible'), ('anthropic', 'Anthropic-compatible'), ('demo', 'Built-in demo')], default='openai', max_length=20)),
                ('base_url', models.CharField(blank=True, help_text="Empty: the variable OPENAI_BASE_URL or ANTHROPIC_BASE_URL, and without it the kind's own address.", max_length=300, validators=[chat.models.catalog.validate_base_url], verbose_name='base URL')),
                ('api_key_variable', models.CharField(blank=True, help_text='The environment variable that holds the key, such as OPENAI_API_KEY. Empty: no key is sent.', max_length=100, validators=[django.core.validators.RegexValidator('\\A[A-Z][A-Z0-9_]*_API_KEY\\Z', 'Name a variable that ends with _API_KEY.')], verbose_name='API key variable')),
                ('enabled', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['openai', 'anthropic', 'demo'])), name='provider_kind_known'), models.CheckConstraint(condition=models.Q(('api_key_variable', ''), ('api_key_variable__endswith', '_API_KEY'), _connector='OR'), name='provider_key_is_a_variable')],
            },
        ),
        migrations.AddField(
            model_name='chatmodel',
            name='provider',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='models', to='chat.provider'),
        ),
        migrations.CreateModel(
            name='SetupToken',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('hash', models.CharField(max_length=64)),
                ('used_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='setup_token_is_one')],
            },
        ),
        migrations.CreateModel(
            name='UsageRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('user_id', models.BigIntegerField()),
                ('username', models.CharField(max_length=150)),
                ('api_key_name', models.CharField(blank=True, max_length=100)),
                ('conversation_id', models.UUIDField()),
                ('message_id', models.UUIDField()),
                ('generation_id', models.UUIDField()),
                ('attempt', models.PositiveIntegerField(default=1)),
                ('provider', models.CharField(max_length=50)),
                ('model', models.CharField(max_length=200)),
                ('prompt_tokens', models.PositiveIntegerField(null=True)),
                ('cached_tokens', models.PositiveIntegerField(null=True)),
                ('completion_tokens', models.PositiveIntegerField(null=True)),
                ('reasoning_tokens', models.PositiveIntegerField(null=True)),
                ('input_cost', chat.models.money.MoneyField(null=True)),
                ('output_cost', chat.models.money.MoneyField(null=True)),
                ('cost', chat.models.money.MoneyField(help_text='Empty: the model has no price.', null=True)),
                ('currency', models.CharField(max_length=3)),
                ('source', models.CharField(choices=[('provider', 'Provider'), ('estimated', 'Estimated')], max_length=10)),
                ('finish_reason', models.CharField(blank=True, max_length=14)),
                ('error_type', models.CharField(blank=True, max_length=20)),
                ('ttft_seconds', models.FloatField(null=True)),
                ('elapsed_seconds', models.FloatField()),
                ('price', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='chat.price')),
            ],
            options={
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.AddIndex(
            model_name='conversation',
            index=models.Index(fields=['owner', '-updated_at', '-id'], name='conversation_newest'),
        ),
        migrations.AddConstraint(
            model_name='journalentry',
            constraint=models.UniqueConstraint(fields=('generation', 'sequence'), name='journal_in_order'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(fields=['conversation', 'created_at'], name='message_in_order'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['user', 'assistant'])), name='message_role_known'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['queued', 'streaming', 'complete', 'stopped', 'interrupted', 'failed'])), name='message_status_known'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(('finish_reason__in', ['', 'stop', 'length', 'content_filter', 'tool_calls', 'stopped', 'disconnected'])), name='message_finish_reason_known'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(('id', models.F('parent')), _negated=True), name='message_not_its_own_parent'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(('role', 'assistant'), models.Q(('finish_reason', ''), ('reasoning', ''), ('status', 'complete')), _connector='OR'), name='message_user_is_complete'),
        ),
        migrations.AddIndex(
            model_name='generation',
            index=models.Index(condition=models.Q(('finished_at__isnull', True)), fields=['heartbeat_at'], name='generation_unfinished'),
        ),
        migrations.AddConstraint(
            model_name='generation',
            constraint=models.UniqueConstraint(fields=('owner', 'request_id'), name='generation_once_per_request'),
        ),
        migrations.AddConstraint(
            model_name='generation',
            constraint=models.CheckConstraint(condition=models.Q(('error_type', ''), ('finished_at__isnull', False), _connector='OR'), name='generation_error_is_final'),
        ),
        migrations.AddIndex(
            model_name='price',
            index=models.Index(fields=['model', '-valid_from', '-id'], name='price_newest'),
        ),
        migrations.AddConstraint(
            model_name='price',
            constraint=models.CheckConstraint(condition=models.Q(('input_per_million__gte', 0), ('output_per_million__gte', 0), models.Q(('cached_input_per_million__isnull', True), ('cached_input_per_million__gte', 0), _connector='OR')), name='price_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='chatmodel',
            constraint=models.UniqueConstraint(fields=('provider', 'upstream_name'), name='chat_model_once_per_provider'),
        ),
        migrations.AddConstraint(
            model_name='chatmodel',
            constraint=models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('is_default',), name='chat_model_one_default'),
        ),
        migrations.AddConstraint(
            model_name='chatmodel',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('name', ''), _negated=True), models.Q(('upstream_name', ''), _negated=True)), name='chat_model_named'),
        ),
        migrations.AddIndex(
            model_name='usagerecord',
            index=models.Index(fields=['-created_at', '-id'], name='usage_newest'),
        ),
        migrations.AddIndex(
            model_name='usagerecord',
            index=models.Index(fields=['conversation_id'], name='usage_of_conversation'),
        ),
        migrations.AddIndex(
            model_name='usagerecord',
            index=models.Index(fields=['user_id', 'created_at'], name='usage_of_user'),
        ),
        migrations.AddConstraint(
            model_name='usagerecord',
            constraint=models.UniqueConstraint(fields=('generation_id', 'attempt'), name='usage_once_per_attempt'),
        ),
        migrations.AddConstraint(
            model_name='usagerecord',
            constraint=models.CheckConstraint(condition=models.Q(('source__in', ['provider', 'estimated'])), name='usage_source_known'),
        ),
        migrations.AddConstraint(
            model_name='usagerecord',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cost__isnull', True), ('price__isnull', True)), ('price__isnull', False), _connector='OR'), name='usage_cost_has_price'),
        ),
        migrations.AddConstraint(
            model_name='usagerecord',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cost__isnull', True), ('input_cost__isnull', True), ('output_cost__isnull', True)), ('cost', django.db.models.expressions.CombinedExpression(models.F('input_cost'), '+', models.F('output_cost'))), _connector='OR'), name='usage_cost_is_the_sum'),
        ),
    ]
