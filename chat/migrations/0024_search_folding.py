"""Search tells words alike on both databases: accents, Latin words within scripts that put no space between words.

PostgreSQL's index is made anew by what SQLite's tokenizer does anyway, and takes a text whole: only one whose different
words are too many for a tsvector (1 MiB of them) is indexed by its beginning. SQLite gets the list of its index's words,
in which what is nearly a word is looked for.
"""

from django.db import migrations

SQLITE_CREATE = "CREATE VIRTUAL TABLE chat_search_vocabulary USING fts5vocab(chat_search, 'row')"
SQLITE_DROP = "DROP TABLE chat_search_vocabulary"

# As UNSPACED in chat/search/query.py, without what lies beyond the first 65,536 characters.
POSTGRESQL_CREATE = r"""
CREATE OR REPLACE FUNCTION chat_search_words(owner bigint, body text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    folded text := normalize(regexp_replace(normalize(body, NFD), '[\u0300-\u036f]+', '', 'g'), NFC);
BEGIN
    folded := regexp_replace(folded, '([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1980-\u19df\u2e80-\u9fff]+)', ' \1 ', 'g');
    folded := regexp_replace(folded, '[\x01-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+', ' ', 'g');
    BEGIN
        RETURN strip(to_tsvector('simple'::regconfig, folded)) || array_to_tsvector(ARRAY['owner ' || owner]);
    EXCEPTION WHEN program_limit_exceeded THEN
        RETURN strip(to_tsvector('simple'::regconfig, left(folded, 200000)))
            || array_to_tsvector(ARRAY['owner ' || owner]);
    END;
END $$;
UPDATE chat_conversation SET words = chat_search_words(owner_id, title);
UPDATE chat_message AS message SET words = chat_search_words(owner_id, content)
    FROM chat_conversation AS conversation WHERE conversation.id = message.conversation_id;
"""
POSTGRESQL_DROP = r"""
CREATE OR REPLACE FUNCTION chat_search_words(owner bigint, body text) RETURNS tsvector LANGUAGE sql IMMUTABLE AS $$
    SELECT strip(to_tsvector('simple'::regconfig,
        regexp_replace(left(body, 200000), '[\x01-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+', ' ', 'g')))
        || array_to_tsvector(ARRAY['owner ' || owner])
$$;
"""


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(SQLITE_CREATE, params=None)
    else:
        schema_editor.execute(POSTGRESQL_CREATE, params=None)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(SQLITE_DROP, params=None)
    else:
        schema_editor.execute(POSTGRESQL_DROP, params=None)


class Migration(migrations.Migration):

    dependencies = [
        ("chat", "0023_unread_since"),
    ]

    operations = [
        migrations.RunPython(create, drop),
    ]
