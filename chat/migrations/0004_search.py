"""Full-text search, kept by triggers so that no way of writing a row passes it by.

What is found is titles and what was said, each row together with its owner. On SQLite a later migration that makes
chat_message or chat_conversation anew drops that table's triggers, and has to call `create_triggers` again.
"""

from django.db import migrations

# `place` gives each title and message the number that FTS5 knows it by; the rows' own numbers change with VACUUM.
# A title's row is there before its messages' rows are, and tells them whose they are.
SQLITE_TABLES = """
CREATE TABLE chat_search_place (
    id INTEGER PRIMARY KEY,
    owner_id INTEGER NOT NULL,
    conversation_id CHAR(32) NOT NULL,
    message_id CHAR(32) UNIQUE
);
CREATE UNIQUE INDEX chat_search_place_title ON chat_search_place (conversation_id) WHERE message_id IS NULL;
CREATE VIRTUAL TABLE chat_search USING fts5(
    owner, body, content='', columnsize=0, detail=column, prefix='1 2', tokenize='unicode61 remove_diacritics 2'
);
INSERT INTO chat_search_place (owner_id, conversation_id) SELECT owner_id, id FROM chat_conversation;
INSERT INTO chat_search (rowid, owner, body)
    SELECT place.id, 'o' || place.owner_id, title FROM chat_search_place AS place
    JOIN chat_conversation AS conversation ON conversation.id = place.conversation_id;
INSERT INTO chat_search_place (owner_id, conversation_id, message_id)
    SELECT owner_id, conversation_id, message.id FROM chat_message AS message
    JOIN chat_conversation AS conversation ON conversation.id = message.conversation_id ORDER BY message.created_at;
INSERT INTO chat_search (rowid, owner, body)
    SELECT place.id, 'o' || place.owner_id, content FROM chat_search_place AS place
    JOIN chat_message AS message ON message.id = place.message_id;
"""
SQLITE_TRIGGERS = """
CREATE TRIGGER chat_search_title_insert AFTER INSERT ON chat_conversation BEGIN
    INSERT INTO chat_search_place (owner_id, conversation_id) VALUES (NEW.owner_id, NEW.id);
    INSERT INTO chat_search (rowid, owner, body) SELECT id, 'o' || owner_id, NEW.title
        FROM chat_search_place WHERE conversation_id = NEW.id AND message_id IS NULL;
END;
CREATE TRIGGER chat_search_title_update AFTER UPDATE OF title ON chat_conversation WHEN OLD.title IS NOT NEW.title BEGIN
    INSERT INTO chat_search (chat_search, rowid, owner, body) SELECT 'delete', id, 'o' || owner_id, OLD.title
        FROM chat_search_place WHERE conversation_id = OLD.id AND message_id IS NULL;
    INSERT INTO chat_search (rowid, owner, body) SELECT id, 'o' || owner_id, NEW.title
        FROM chat_search_place WHERE conversation_id = NEW.id AND message_id IS NULL;
END;
CREATE TRIGGER chat_search_title_delete AFTER DELETE ON chat_conversation BEGIN
    INSERT INTO chat_search (chat_search, rowid, owner, body) SELECT 'delete', id, 'o' || owner_id, OLD.title
        FROM chat_search_place WHERE conversation_id = OLD.id AND message_id IS NULL;
    DELETE FROM chat_search_place WHERE conversation_id = OLD.id AND message_id IS NULL;
END;
CREATE TRIGGER chat_search_message_insert AFTER INSERT ON chat_message BEGIN
    INSERT INTO chat_search_place (owner_id, conversation_id, message_id) SELECT owner_id, conversation_id, NEW.id
        FROM chat_search_place WHERE conversation_id = NEW.conversation_id AND message_id IS NULL;
    INSERT INTO chat_search (rowid, owner, body) SELECT id, 'o' || owner_id, NEW.content
        FROM chat_search_place WHERE message_id = NEW.id;
END;
CREATE TRIGGER chat_search_message_update AFTER UPDATE OF content ON chat_message WHEN OLD.content IS NOT NEW.content BEGIN
    INSERT INTO chat_search (chat_search, rowid, owner, body) SELECT 'delete', id, 'o' || owner_id, OLD.content
        FROM chat_search_place WHERE message_id = OLD.id;
    INSERT INTO chat_search (rowid, owner, body) SELECT id, 'o' || owner_id, NEW.content
        FROM chat_search_place WHERE message_id = NEW.id;
END;
CREATE TRIGGER chat_search_message_delete AFTER DELETE ON chat_message BEGIN
    INSERT INTO chat_search (chat_search, rowid, owner, body) SELECT 'delete', id, 'o' || owner_id, OLD.content
        FROM chat_search_place WHERE message_id = OLD.id;
    DELETE FROM chat_search_place WHERE message_id = OLD.id;
END;
"""
SQLITE_DROP = """
DROP TRIGGER chat_search_title_insert;
DROP TRIGGER chat_search_title_update;
DROP TRIGGER chat_search_title_delete;
DROP TRIGGER chat_search_message_insert;
DROP TRIGGER chat_search_message_update;
DROP TRIGGER chat_search_message_delete;
DROP TABLE chat_search;
DROP TABLE chat_search_place;
"""

# PostgreSQL's parser would keep "example.com" and "a/b" whole; all that is not a letter or a digit parts words here.
# A tsvector holds 1 MiB at most, and a text that is too long for it must not keep its row from being written.
# No word holds a space, so nobody can say the owner's.
POSTGRESQL_CREATE = r"""
CREATE FUNCTION chat_search_words(owner bigint, body text) RETURNS tsvector LANGUAGE sql IMMUTABLE AS $$
    SELECT strip(to_tsvector('simple'::regconfig,
        regexp_replace(left(body, 200000), '[\x01-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+', ' ', 'g')))
        || array_to_tsvector(ARRAY['owner ' || owner])
$$;
CREATE FUNCTION chat_search_title() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    NEW.words := chat_search_words(NEW.owner_id, NEW.title);
    RETURN NEW;
END $$;
CREATE FUNCTION chat_search_message() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    NEW.words := chat_search_words(
        (SELECT owner_id FROM chat_conversation WHERE id = NEW.conversation_id), NEW.content);
    RETURN NEW;
END $$;
ALTER TABLE chat_conversation ADD COLUMN words tsvector NOT NULL DEFAULT '';
ALTER TABLE chat_message ADD COLUMN words tsvector NOT NULL DEFAULT '';
UPDATE chat_conversation SET words = chat_search_words(owner_id, title);
UPDATE chat_message AS message SET words = chat_search_words(owner_id, content)
    FROM chat_conversation AS conversation WHERE conversation.id = message.conversation_id;
CREATE INDEX chat_conversation_words ON chat_conversation USING gin (words);
CREATE INDEX chat_message_words ON chat_message USING gin (words);
CREATE TRIGGER chat_search_title BEFORE INSERT OR UPDATE OF title, owner_id ON chat_conversation
    FOR EACH ROW EXECUTE FUNCTION chat_search_title();
CREATE TRIGGER chat_search_message BEFORE INSERT OR UPDATE OF content ON chat_message
    FOR EACH ROW EXECUTE FUNCTION chat_search_message();
"""
POSTGRESQL_DROP = """
DROP TRIGGER chat_search_title ON chat_conversation;
DROP TRIGGER chat_search_message ON chat_message;
DROP FUNCTION chat_search_title();
DROP FUNCTION chat_search_message();
ALTER TABLE chat_conversation DROP COLUMN words;
ALTER TABLE chat_message DROP COLUMN words;
DROP FUNCTION chat_search_words(bigint, text);
"""


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        run_each(schema_editor, SQLITE_TABLES.split(";\n"))
        create_triggers(schema_editor)
    else:
        schema_editor.execute(POSTGRESQL_CREATE, params=None)


def create_triggers(schema_editor):
    run_each(schema_editor, SQLITE_TRIGGERS.split("END;\n"), end="END")


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        run_each(schema_editor, SQLITE_DROP.split(";\n"))
    else:
        schema_editor.execute(POSTGRESQL_DROP, params=None)


def run_each(schema_editor, statements, end=""):
    # SQLite's driver takes one statement at a time within a transaction.
    for statement in statements:
        if statement.strip():
            schema_editor.execute(statement + end, params=None)


class Migration(migrations.Migration):

    dependencies = [
        ("chat", "0003_conversation_state"),
    ]

    operations = [
        migrations.RunPython(create, drop),
    ]
