-- Written by `make schema`: what the migrations make of an empty SQLite database.
CREATE TABLE "django_migrations" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "app" varchar(255) NOT NULL, "name" varchar(255) NOT NULL, "applied" datetime NOT NULL);
CREATE TABLE "auth_group_permissions" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "group_id" integer NOT NULL REFERENCES "auth_group" ("id") DEFERRABLE INITIALLY DEFERRED, "permission_id" integer NOT NULL REFERENCES "auth_permission" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "auth_user_groups" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "group_id" integer NOT NULL REFERENCES "auth_group" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "auth_user_user_permissions" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "permission_id" integer NOT NULL REFERENCES "auth_permission" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE UNIQUE INDEX "auth_group_permissions_group_id_permission_id_0cd325b0_uniq" ON "auth_group_permissions" ("group_id", "permission_id");
CREATE INDEX "auth_group_permissions_group_id_b120cbf9" ON "auth_group_permissions" ("group_id");
CREATE INDEX "auth_group_permissions_permission_id_84c5c92e" ON "auth_group_permissions" ("permission_id");
CREATE UNIQUE INDEX "auth_user_groups_user_id_group_id_94350c0c_uniq" ON "auth_user_groups" ("user_id", "group_id");
CREATE INDEX "auth_user_groups_user_id_6a12ed8b" ON "auth_user_groups" ("user_id");
CREATE INDEX "auth_user_groups_group_id_97559544" ON "auth_user_groups" ("group_id");
CREATE UNIQUE INDEX "auth_user_user_permissions_user_id_permission_id_14a6b632_uniq" ON "auth_user_user_permissions" ("user_id", "permission_id");
CREATE INDEX "auth_user_user_permissions_user_id_a95ead1b" ON "auth_user_user_permissions" ("user_id");
CREATE INDEX "auth_user_user_permissions_permission_id_1fbb5f2c" ON "auth_user_user_permissions" ("permission_id");
CREATE TABLE "account_emailconfirmation" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "created" datetime NOT NULL, "sent" datetime NULL, "key" varchar(64) NOT NULL UNIQUE, "email_address_id" integer NOT NULL REFERENCES "account_emailaddress" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE INDEX "account_emailconfirmation_email_address_id_5b7f8c58" ON "account_emailconfirmation" ("email_address_id");
CREATE TABLE "account_emailaddress" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "verified" bool NOT NULL, "primary" bool NOT NULL, "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "email" varchar(254) NOT NULL);
CREATE UNIQUE INDEX "account_emailaddress_user_id_email_987c8728_uniq" ON "account_emailaddress" ("user_id", "email");
CREATE UNIQUE INDEX "unique_verified_email" ON "account_emailaddress" ("email") WHERE "verified";
CREATE INDEX "account_emailaddress_user_id_2c513194" ON "account_emailaddress" ("user_id");
CREATE INDEX "account_emailaddress_email_03be32b2" ON "account_emailaddress" ("email");
CREATE UNIQUE INDEX "unique_primary_email" ON "account_emailaddress" ("user_id", "primary") WHERE "primary";
CREATE TABLE "django_admin_log" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "object_id" text NULL, "object_repr" varchar(200) NOT NULL, "action_flag" smallint unsigned NOT NULL CHECK ("action_flag" >= 0), "change_message" text NOT NULL, "content_type_id" integer NULL REFERENCES "django_content_type" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "action_time" datetime NOT NULL);
CREATE INDEX "django_admin_log_content_type_id_c4bce8eb" ON "django_admin_log" ("content_type_id");
CREATE INDEX "django_admin_log_user_id_c564eba6" ON "django_admin_log" ("user_id");
CREATE TABLE "django_content_type" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "app_label" varchar(100) NOT NULL, "model" varchar(100) NOT NULL);
CREATE UNIQUE INDEX "django_content_type_app_label_model_76bd3d3b_uniq" ON "django_content_type" ("app_label", "model");
CREATE TABLE "auth_permission" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "content_type_id" integer NOT NULL REFERENCES "django_content_type" ("id") DEFERRABLE INITIALLY DEFERRED, "codename" varchar(100) NOT NULL, "name" varchar(255) NOT NULL);
CREATE UNIQUE INDEX "auth_permission_content_type_id_codename_01ab375a_uniq" ON "auth_permission" ("content_type_id", "codename");
CREATE INDEX "auth_permission_content_type_id_2f476e4b" ON "auth_permission" ("content_type_id");
CREATE TABLE "auth_group" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(150) NOT NULL UNIQUE);
CREATE TABLE "auth_user" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "password" varchar(128) NOT NULL, "last_login" datetime NULL, "is_superuser" bool NOT NULL, "username" varchar(150) NOT NULL UNIQUE, "last_name" varchar(150) NOT NULL, "email" varchar(254) NOT NULL, "is_staff" bool NOT NULL, "is_active" bool NOT NULL, "date_joined" datetime NOT NULL, "first_name" varchar(150) NOT NULL);
CREATE TABLE "chat_journalentry" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "sequence" integer unsigned NOT NULL CHECK ("sequence" >= 0), "events" text NOT NULL CHECK ((JSON_VALID("events") OR "events" IS NULL)), "generation_id" char(32) NOT NULL REFERENCES "chat_generation" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "journal_in_order" UNIQUE ("generation_id", "sequence"));
CREATE INDEX "chat_journalentry_generation_id_4074d469" ON "chat_journalentry" ("generation_id");
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
CREATE TABLE "chat_sitepolicy" ("id" smallint unsigned NOT NULL PRIMARY KEY CHECK ("id" >= 0), "forbid_unpriced" bool NOT NULL, CONSTRAINT "site_policy_is_one" CHECK ("id" = 1));
CREATE TABLE "chat_vocabulary" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "provider" varchar(50) NOT NULL, "model" varchar(200) NOT NULL, "answers" integer unsigned NOT NULL CHECK ("answers" >= 0), "lessons" text NOT NULL CHECK ((JSON_VALID("lessons") OR "lessons" IS NULL)), "changed_at" datetime NOT NULL, CONSTRAINT "vocabulary_once_per_model" UNIQUE ("provider", "model"));
CREATE TABLE "chat_pricetier" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "above_tokens" integer unsigned NOT NULL CHECK ("above_tokens" >= 0), "input_per_million" decimal NOT NULL, "cached_input_per_million" decimal NULL, "cache_write_per_million" decimal NULL, "long_cache_write_per_million" decimal NULL, "output_per_million" decimal NOT NULL, "price_id" bigint NOT NULL REFERENCES "chat_price" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "price_tier_once" UNIQUE ("price_id", "above_tokens"), CONSTRAINT "price_tier_not_negative" CHECK (("input_per_million" >= '0' AND "output_per_million" >= '0' AND ("cached_input_per_million" IS NULL OR "cached_input_per_million" >= '0') AND ("cache_write_per_million" IS NULL OR "cache_write_per_million" >= '0') AND ("long_cache_write_per_million" IS NULL OR "long_cache_write_per_million" >= '0') AND "above_tokens" >= 1)));
CREATE INDEX "chat_pricetier_price_id_5b334193" ON "chat_pricetier" ("price_id");
CREATE TABLE "chat_budget" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "scope" varchar(5) NOT NULL, "amount" decimal NOT NULL, "unit" varchar(6) NOT NULL, "period" varchar(5) NOT NULL, "hard" bool NOT NULL, "begins" date NOT NULL, "used" bigint NOT NULL, "created_at" datetime NOT NULL, "api_key_id" bigint NULL REFERENCES "chat_apikey" ("id") DEFERRABLE INITIALLY DEFERRED, "group_id" integer NULL REFERENCES "auth_group" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" integer NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "budget_is_of_one" CHECK ((("api_key_id" IS NULL AND "group_id" IS NULL AND "scope" = 'user' AND "user_id" IS NOT NULL) OR ("api_key_id" IS NULL AND "group_id" IS NOT NULL AND "scope" = 'group' AND "user_id" IS NULL) OR ("api_key_id" IS NOT NULL AND "group_id" IS NULL AND "scope" = 'key' AND "user_id" IS NULL) OR ("api_key_id" IS NULL AND "group_id" IS NULL AND "scope" = 'site' AND "user_id" IS NULL))), CONSTRAINT "budget_period_known" CHECK ("period" IN ('day', 'month')), CONSTRAINT "budget_has_a_unit" CHECK (NOT ("unit" = '')), CONSTRAINT "budget_amount_can_be_counted" CHECK (("amount" >= '0' AND ("unit" = 'tokens' OR "amount" <= '9000000'))), CONSTRAINT "budget_used_not_negative" CHECK ("used" >= 0));
CREATE INDEX "chat_budget_api_key_id_f3f7df7e" ON "chat_budget" ("api_key_id");
CREATE INDEX "chat_budget_group_id_bcc88eef" ON "chat_budget" ("group_id");
CREATE INDEX "chat_budget_user_id_0bd608de" ON "chat_budget" ("user_id");
CREATE UNIQUE INDEX "budget_once_per_user" ON "chat_budget" ("user_id", "period", "unit", "hard") WHERE "scope" = 'user';
CREATE UNIQUE INDEX "budget_once_per_group" ON "chat_budget" ("group_id", "period", "unit", "hard") WHERE "scope" = 'group';
CREATE UNIQUE INDEX "budget_once_per_key" ON "chat_budget" ("api_key_id", "period", "unit", "hard") WHERE "scope" = 'key';
CREATE UNIQUE INDEX "budget_once_per_site" ON "chat_budget" ("period", "unit", "hard") WHERE "scope" = 'site';
CREATE TABLE "chat_ratelimit" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "messages_per_minute" integer unsigned NULL CHECK ("messages_per_minute" >= 0), "streams" integer unsigned NULL CHECK ("streams" >= 0), "group_id" integer NULL UNIQUE REFERENCES "auth_group" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" integer NULL UNIQUE REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "rate_limit_is_of_one" CHECK ((("group_id" IS NOT NULL AND "user_id" IS NULL) OR ("group_id" IS NULL AND "user_id" IS NOT NULL))));
CREATE TABLE "chat_reservation" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "generation_id" char(32) NOT NULL, "amount" bigint NOT NULL, "created_at" datetime NOT NULL, "budget_id" bigint NOT NULL REFERENCES "chat_budget" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "reservation_once_per_budget" UNIQUE ("generation_id", "budget_id"), CONSTRAINT "reservation_not_negative" CHECK ("amount" >= 0));
CREATE INDEX "chat_reservation_budget_id_af05d6e5" ON "chat_reservation" ("budget_id");
CREATE TABLE "chat_dailytotal" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "day" date NOT NULL, "user_id" bigint NOT NULL, "username" varchar(150) NOT NULL, "group" varchar(150) NOT NULL, "provider" varchar(50) NOT NULL, "model" varchar(200) NOT NULL, "api_key_id" bigint NOT NULL, "api_key_name" varchar(100) NOT NULL, "source" varchar(10) NOT NULL, "kind" varchar(6) NOT NULL, "currency" varchar(3) NOT NULL, "requests" integer DEFAULT 0 NOT NULL, "errors" integer DEFAULT 0 NOT NULL, "unpriced" integer DEFAULT 0 NOT NULL, "uncosted" integer DEFAULT 0 NOT NULL, "prompt_tokens" bigint NULL, "cached_tokens" bigint NULL, "cache_write_tokens" bigint NULL, "completion_tokens" bigint NULL, "reasoning_tokens" bigint NULL, "cost_millionths" bigint NULL, "cost_rest" bigint NULL, "elapsed_ms" bigint DEFAULT 0 NOT NULL, "ttft_00" integer DEFAULT 0 NOT NULL, "ttft_01" integer DEFAULT 0 NOT NULL, "ttft_02" integer DEFAULT 0 NOT NULL, "ttft_03" integer DEFAULT 0 NOT NULL, "ttft_04" integer DEFAULT 0 NOT NULL, "ttft_05" integer DEFAULT 0 NOT NULL, "ttft_06" integer DEFAULT 0 NOT NULL, "ttft_07" integer DEFAULT 0 NOT NULL, "ttft_08" integer DEFAULT 0 NOT NULL, "ttft_09" integer DEFAULT 0 NOT NULL, "ttft_10" integer DEFAULT 0 NOT NULL, "ttft_11" integer DEFAULT 0 NOT NULL, "ttft_12" integer DEFAULT 0 NOT NULL, "ttft_13" integer DEFAULT 0 NOT NULL, "ttft_14" integer DEFAULT 0 NOT NULL, "ttft_15" integer DEFAULT 0 NOT NULL, "ttft_16" integer DEFAULT 0 NOT NULL, "ttft_17" integer DEFAULT 0 NOT NULL, "ttft_18" integer DEFAULT 0 NOT NULL, "ttft_19" integer DEFAULT 0 NOT NULL, "ttft_20" integer DEFAULT 0 NOT NULL, "ttft_21" integer DEFAULT 0 NOT NULL, "ttft_22" integer DEFAULT 0 NOT NULL, "ttft_23" integer DEFAULT 0 NOT NULL, "ttft_24" integer DEFAULT 0 NOT NULL, "ttft_25" integer DEFAULT 0 NOT NULL, "ttft_26" integer DEFAULT 0 NOT NULL, "ttft_27" integer DEFAULT 0 NOT NULL, "ttft_28" integer DEFAULT 0 NOT NULL, "ttft_29" integer DEFAULT 0 NOT NULL, "ttft_30" integer DEFAULT 0 NOT NULL, "ttft_31" integer DEFAULT 0 NOT NULL, "grain" varchar(8) NOT NULL, CONSTRAINT "daily_total_once" UNIQUE ("grain", "day", "provider", "model", "user_id", "username", "group", "api_key_id", "api_key_name", "source", "kind", "currency"));
CREATE INDEX "daily_total_of_user" ON "chat_dailytotal" ("user_id", "day") WHERE "grain" = 'finest';
CREATE INDEX "daily_total_of_model" ON "chat_dailytotal" ("model", "day") WHERE "grain" = 'finest';
CREATE INDEX "daily_total_of_key" ON "chat_dailytotal" ("api_key_id", "day") WHERE ("api_key_id" > 0 AND "grain" = 'finest');
CREATE INDEX "daily_total_of_provider" ON "chat_dailytotal" ("provider", "day") WHERE "grain" = 'provider';
CREATE TABLE "chat_generation" ("id" char(32) NOT NULL PRIMARY KEY, "request_id" varchar(200) NULL, "parameters" text NOT NULL CHECK ((JSON_VALID("parameters") OR "parameters" IS NULL)), "error_type" varchar(20) NOT NULL, "error_message" text NOT NULL, "error_retryable" bool NOT NULL, "ttft_seconds" real NULL, "elapsed_seconds" real NULL, "outline" text NOT NULL CHECK ((JSON_VALID("outline") OR "outline" IS NULL)), "worker" varchar(200) NOT NULL, "heartbeat_at" datetime NULL, "followed_at" datetime NULL, "stop_requested_at" datetime NULL, "created_at" datetime NOT NULL, "finished_at" datetime NULL, "api_key_id" bigint NULL REFERENCES "chat_apikey" ("id") DEFERRABLE INITIALLY DEFERRED, "model_id" bigint NULL REFERENCES "chat_chatmodel" ("id") DEFERRABLE INITIALLY DEFERRED, "owner_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "message_id" char(32) NOT NULL UNIQUE REFERENCES "chat_message" ("id") DEFERRABLE INITIALLY DEFERRED, "is_trimmed" bool NOT NULL, "has_gaps" bool NOT NULL, "thinking_seconds" real NULL, "error_retry_at" datetime NULL, CONSTRAINT "generation_once_per_request" UNIQUE ("owner_id", "request_id"), CONSTRAINT "generation_error_is_final" CHECK (("error_type" = '' OR "finished_at" IS NOT NULL)));
CREATE INDEX "chat_generation_api_key_id_3c99bf76" ON "chat_generation" ("api_key_id");
CREATE INDEX "chat_generation_model_id_ac02e82b" ON "chat_generation" ("model_id");
CREATE INDEX "chat_generation_owner_id_963f4998" ON "chat_generation" ("owner_id");
CREATE INDEX "generation_unfinished" ON "chat_generation" ("heartbeat_at") WHERE "finished_at" IS NULL;
CREATE INDEX "generation_of_owner_unfinished" ON "chat_generation" ("owner_id") WHERE "finished_at" IS NULL;
CREATE INDEX "generation_newest_of_owner" ON "chat_generation" ("owner_id", "created_at" DESC);
CREATE TABLE "chat_message" ("id" char(32) NOT NULL PRIMARY KEY, "role" varchar(10) NOT NULL, "content" text NOT NULL, "reasoning" text NOT NULL, "tool_calls" text NOT NULL CHECK ((JSON_VALID("tool_calls") OR "tool_calls" IS NULL)), "status" varchar(12) NOT NULL, "finish_reason" varchar(14) NOT NULL, "model" varchar(200) NOT NULL, "created_at" datetime NOT NULL, "conversation_id" char(32) NOT NULL REFERENCES "chat_conversation" ("id") DEFERRABLE INITIALLY DEFERRED, "finish_detail" varchar(100) NOT NULL, "parent_id" char(32) NULL REFERENCES "chat_message" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "message_role_known" CHECK ("role" IN ('user', 'assistant')), CONSTRAINT "message_status_known" CHECK ("status" IN ('queued', 'streaming', 'complete', 'stopped', 'interrupted', 'failed')), CONSTRAINT "message_not_its_own_parent" CHECK (NOT ("id" = ("parent_id") AND "parent_id" IS NOT NULL)), CONSTRAINT "message_user_is_complete" CHECK (("role" = 'assistant' OR ("finish_reason" = '' AND "reasoning" = '' AND "status" = 'complete'))), CONSTRAINT "message_finish_reason_known" CHECK ("finish_reason" IN ('', 'stop', 'length', 'content_filter', 'tool_calls', 'stopped', 'disconnected', 'other')));
CREATE INDEX "chat_message_conversation_id_a1207bf4" ON "chat_message" ("conversation_id");
CREATE INDEX "chat_message_parent_id_d93c704f" ON "chat_message" ("parent_id");
CREATE INDEX "message_in_order" ON "chat_message" ("conversation_id", "created_at");
CREATE TABLE "chat_picture" ("id" char(32) NOT NULL PRIMARY KEY, "media_type" varchar(50) NOT NULL, "data" BLOB NOT NULL, "size" integer unsigned NOT NULL CHECK ("size" >= 0), "created_at" datetime NOT NULL, "message_id" char(32) NOT NULL REFERENCES "chat_message" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE INDEX "chat_picture_message_id_a24b83f6" ON "chat_picture" ("message_id");
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
CREATE TABLE "chat_correction" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "created_at" datetime NOT NULL, "cost_before" bigint NULL, "currency_before" varchar(3) NOT NULL, "input_cost" bigint NOT NULL, "output_cost" bigint NOT NULL, "cost" bigint NOT NULL, "currency" varchar(3) NOT NULL, "price_id" bigint NOT NULL REFERENCES "chat_price" ("id") DEFERRABLE INITIALLY DEFERRED, "record_id" bigint NOT NULL REFERENCES "chat_usagerecord" ("id") DEFERRABLE INITIALLY DEFERRED, "search_cost" bigint NULL, CONSTRAINT "correction_is_the_sum" CHECK ("cost" = (("input_cost" + "output_cost") + COALESCE("search_cost", 0))));
CREATE INDEX "chat_correction_price_id_d50c1ac3" ON "chat_correction" ("price_id");
CREATE INDEX "chat_correction_record_id_c35b6d2d" ON "chat_correction" ("record_id");
CREATE TABLE "chat_price" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "valid_from" datetime NOT NULL, "input_per_million" decimal NOT NULL, "cached_input_per_million" decimal NULL, "output_per_million" decimal NOT NULL, "currency" varchar(3) NOT NULL, "origin" varchar(20) NOT NULL, "created_at" datetime NOT NULL, "model_id" bigint NOT NULL REFERENCES "chat_chatmodel" ("id") DEFERRABLE INITIALLY DEFERRED, "cache_write_per_million" decimal NULL, "long_cache_write_per_million" decimal NULL, "per_hour" decimal NULL, "tokens_per_hour" bigint unsigned NULL CHECK ("tokens_per_hour" >= 0), "context" varchar(200) DEFAULT '' NOT NULL, "searches_per_thousand" decimal NULL, CONSTRAINT "price_not_negative" CHECK (("input_per_million" >= '0' AND "output_per_million" >= '0' AND ("cached_input_per_million" IS NULL OR "cached_input_per_million" >= '0') AND ("cache_write_per_million" IS NULL OR "cache_write_per_million" >= '0') AND ("long_cache_write_per_million" IS NULL OR "long_cache_write_per_million" >= '0'))), CONSTRAINT "price_by_the_hour_is_whole" CHECK ((("per_hour" IS NULL AND "tokens_per_hour" IS NULL) OR ("per_hour" >= '0' AND "per_hour" IS NOT NULL AND "tokens_per_hour" >= 1 AND "tokens_per_hour" IS NOT NULL))), CONSTRAINT "price_of_searches_not_negative" CHECK (("searches_per_thousand" IS NULL OR "searches_per_thousand" >= '0')));
CREATE INDEX "chat_price_model_id_022d8ab6" ON "chat_price" ("model_id");
CREATE INDEX "price_newest" ON "chat_price" ("model_id", "context", "valid_from" DESC, "id" DESC);
CREATE TABLE "chat_usagerecord" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "created_at" datetime NOT NULL, "user_id" bigint NOT NULL, "username" varchar(150) NOT NULL, "api_key_name" varchar(100) NOT NULL, "conversation_id" char(32) NOT NULL, "message_id" char(32) NOT NULL, "generation_id" char(32) NOT NULL, "attempt" integer unsigned NOT NULL CHECK ("attempt" >= 0), "provider" varchar(50) NOT NULL, "model" varchar(200) NOT NULL, "prompt_tokens" integer unsigned NULL CHECK ("prompt_tokens" >= 0), "cached_tokens" integer unsigned NULL CHECK ("cached_tokens" >= 0), "completion_tokens" integer unsigned NULL CHECK ("completion_tokens" >= 0), "reasoning_tokens" integer unsigned NULL CHECK ("reasoning_tokens" >= 0), "input_cost" bigint NULL, "output_cost" bigint NULL, "cost" bigint NULL, "currency" varchar(3) NOT NULL, "source" varchar(10) NOT NULL, "finish_reason" varchar(14) NOT NULL, "error_type" varchar(20) NOT NULL, "ttft_seconds" real NULL, "elapsed_seconds" real NOT NULL, "price_id" bigint NULL REFERENCES "chat_price" ("id") DEFERRABLE INITIALLY DEFERRED, "cache_write_tokens" integer unsigned NULL CHECK ("cache_write_tokens" >= 0), "kind" varchar(6) NOT NULL, "api_key_id" bigint NULL, "group" varchar(150) NOT NULL, "long_cache_write_tokens" integer unsigned NULL CHECK ("long_cache_write_tokens" >= 0), "asked_at" datetime NULL, "cache_saving" bigint NULL, "cache_write_lifetimes" text NULL CHECK ((JSON_VALID("cache_write_lifetimes") OR "cache_write_lifetimes" IS NULL)), "finish_detail" varchar(100) DEFAULT '' NOT NULL, "inference_geo" varchar(50) DEFAULT '' NOT NULL, "provider_cost" bigint NULL, "search_cost" bigint NULL, "service_tier" varchar(50) DEFAULT '' NOT NULL, "speed" varchar(50) DEFAULT '' NOT NULL, "web_searches" integer unsigned NULL CHECK ("web_searches" >= 0), CONSTRAINT "usage_once_per_attempt" UNIQUE ("generation_id", "attempt"), CONSTRAINT "usage_source_known" CHECK ("source" IN ('provider', 'estimated')), CONSTRAINT "usage_kind_known" CHECK ("kind" IN ('answer', 'title')), CONSTRAINT "usage_cost_has_price" CHECK (("price_id" IS NOT NULL OR ("cost" IS NULL AND "price_id" IS NULL) OR ("cost" = ("provider_cost") AND "currency" = 'USD' AND "price_id" IS NULL AND "provider_cost" IS NOT NULL))), CONSTRAINT "usage_cost_is_the_sum" CHECK ((("cost" IS NULL AND "input_cost" IS NULL AND "output_cost" IS NULL AND "search_cost" IS NULL) OR ("input_cost" IS NULL AND "output_cost" IS NULL AND "price_id" IS NULL AND "search_cost" IS NULL) OR ("cost" = (("input_cost" + "output_cost") + COALESCE("search_cost", 0)) AND "cost" IS NOT NULL AND "input_cost" IS NOT NULL AND "output_cost" IS NOT NULL))), CONSTRAINT "usage_provider_cost_not_negative" CHECK (("provider_cost" IS NULL OR "provider_cost" >= 0)));
CREATE INDEX "chat_usagerecord_price_id_e5784670" ON "chat_usagerecord" ("price_id");
CREATE INDEX "usage_newest" ON "chat_usagerecord" ("created_at" DESC, "id" DESC);
CREATE INDEX "usage_of_conversation" ON "chat_usagerecord" ("conversation_id");
CREATE INDEX "usage_of_user" ON "chat_usagerecord" ("user_id", "created_at");
CREATE INDEX "usage_of_key" ON "chat_usagerecord" ("api_key_id", "created_at") WHERE "api_key_id" IS NOT NULL;
CREATE TABLE "chat_provider" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(50) NOT NULL UNIQUE, "kind" varchar(20) NOT NULL, "base_url" varchar(300) NOT NULL, "api_key_variable" varchar(100) NOT NULL, "enabled" bool NOT NULL, "created_at" datetime NOT NULL, "drain_seconds" smallint unsigned NOT NULL CHECK ("drain_seconds" >= 0), "drain_tokens" integer unsigned NOT NULL CHECK ("drain_tokens" >= 0), "list_problem" varchar(500) NOT NULL, "look_again_at" datetime NULL, "admin_key_variable" varchar(100) NOT NULL, "prompt_caching" varchar(4) NOT NULL, CONSTRAINT "provider_kind_known" CHECK ("kind" IN ('openai', 'anthropic', 'demo')), CONSTRAINT "provider_key_is_a_variable" CHECK (("api_key_variable" = '' OR "api_key_variable" LIKE '%\_API\_KEY' ESCAPE '\')), CONSTRAINT "provider_admin_key_is_a_variable" CHECK (("admin_key_variable" = '' OR "admin_key_variable" LIKE '%\_ADMIN\_KEY' ESCAPE '\')), CONSTRAINT "provider_caching_known" CHECK ("prompt_caching" IN ('auto', 'off', 'on', 'hour')));
CREATE TABLE "chat_apikey" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(100) NOT NULL, "prefix" varchar(11) NOT NULL, "hash" varchar(64) NOT NULL UNIQUE, "created_at" datetime NOT NULL, "revoked_at" datetime NULL, "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "expires_at" datetime NULL, "scopes" text NOT NULL CHECK ((JSON_VALID("scopes") OR "scopes" IS NULL)), "last_used_at" datetime NULL);
CREATE INDEX "chat_apikey_user_id_cb1b7856" ON "chat_apikey" ("user_id");
CREATE TABLE "chat_chatmodel_groups" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "chatmodel_id" bigint NOT NULL REFERENCES "chat_chatmodel" ("id") DEFERRABLE INITIALLY DEFERRED, "group_id" integer NOT NULL REFERENCES "auth_group" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE UNIQUE INDEX "chat_chatmodel_groups_chatmodel_id_group_id_43ef5d29_uniq" ON "chat_chatmodel_groups" ("chatmodel_id", "group_id");
CREATE INDEX "chat_chatmodel_groups_chatmodel_id_a4004218" ON "chat_chatmodel_groups" ("chatmodel_id");
CREATE INDEX "chat_chatmodel_groups_group_id_3b82e54e" ON "chat_chatmodel_groups" ("group_id");
CREATE TABLE "chat_chatmodel_people" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "chatmodel_id" bigint NOT NULL REFERENCES "chat_chatmodel" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE UNIQUE INDEX "chat_chatmodel_people_chatmodel_id_user_id_3233666a_uniq" ON "chat_chatmodel_people" ("chatmodel_id", "user_id");
CREATE INDEX "chat_chatmodel_people_chatmodel_id_a4351306" ON "chat_chatmodel_people" ("chatmodel_id");
CREATE INDEX "chat_chatmodel_people_user_id_d62f8b49" ON "chat_chatmodel_people" ("user_id");
CREATE TABLE "chat_accountdeletion" ("user_id" integer NOT NULL PRIMARY KEY REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "requested_at" datetime NOT NULL, "due_at" datetime NOT NULL, "claimed_at" datetime NULL);
CREATE TRIGGER chat_usagerecord_no_DELETE BEFORE DELETE ON chat_usagerecord BEGIN
    SELECT RAISE(ABORT, 'chat_usagerecord is append-only: rows are added and read.');
END;
CREATE TRIGGER chat_correction_no_UPDATE BEFORE UPDATE ON chat_correction BEGIN
    SELECT RAISE(ABORT, 'chat_correction is append-only: rows are added and read.');
END;
CREATE TRIGGER chat_correction_no_DELETE BEFORE DELETE ON chat_correction BEGIN
    SELECT RAISE(ABORT, 'chat_correction is append-only: rows are added and read.');
END;
CREATE TRIGGER chat_price_no_UPDATE BEFORE UPDATE ON chat_price BEGIN
    SELECT RAISE(ABORT, 'chat_price is append-only: rows are added and read.');
END;
CREATE TRIGGER chat_price_no_DELETE BEFORE DELETE ON chat_price BEGIN
    SELECT RAISE(ABORT, 'chat_price is append-only: rows are added and read.');
END;
CREATE TRIGGER chat_pricetier_no_UPDATE BEFORE UPDATE ON chat_pricetier BEGIN
    SELECT RAISE(ABORT, 'chat_pricetier is append-only: rows are added and read.');
END;
CREATE TRIGGER chat_pricetier_no_DELETE BEFORE DELETE ON chat_pricetier BEGIN
    SELECT RAISE(ABORT, 'chat_pricetier is append-only: rows are added and read.');
END;
CREATE TRIGGER chat_usagerecord_no_UPDATE BEFORE UPDATE ON chat_usagerecord
WHEN NOT (OLD.user_id IS NOT 0 AND NEW.user_id IS 0 AND NEW.username IS 'a former user' AND NEW.api_key_id IS NULL AND NEW.api_key_name IS '' AND NEW."id" IS OLD."id" AND NEW."created_at" IS OLD."created_at" AND NEW."attempt" IS OLD."attempt" AND NEW."provider" IS OLD."provider" AND NEW."model" IS OLD."model" AND NEW."prompt_tokens" IS OLD."prompt_tokens" AND NEW."cached_tokens" IS OLD."cached_tokens" AND NEW."completion_tokens" IS OLD."completion_tokens" AND NEW."reasoning_tokens" IS OLD."reasoning_tokens" AND NEW."input_cost" IS OLD."input_cost" AND NEW."output_cost" IS OLD."output_cost" AND NEW."cost" IS OLD."cost" AND NEW."currency" IS OLD."currency" AND NEW."source" IS OLD."source" AND NEW."finish_reason" IS OLD."finish_reason" AND NEW."error_type" IS OLD."error_type" AND NEW."ttft_seconds" IS OLD."ttft_seconds" AND NEW."elapsed_seconds" IS OLD."elapsed_seconds" AND NEW."price_id" IS OLD."price_id" AND NEW."cache_write_tokens" IS OLD."cache_write_tokens" AND NEW."kind" IS OLD."kind" AND NEW."group" IS OLD."group" AND NEW."long_cache_write_tokens" IS OLD."long_cache_write_tokens" AND NEW."asked_at" IS OLD."asked_at" AND NEW."cache_saving" IS OLD."cache_saving" AND NEW."cache_write_lifetimes" IS OLD."cache_write_lifetimes" AND NEW."finish_detail" IS OLD."finish_detail" AND NEW."inference_geo" IS OLD."inference_geo" AND NEW."provider_cost" IS OLD."provider_cost" AND NEW."search_cost" IS OLD."search_cost" AND NEW."service_tier" IS OLD."service_tier" AND NEW."speed" IS OLD."speed" AND NEW."web_searches" IS OLD."web_searches") BEGIN
    SELECT RAISE(ABORT, 'chat_usagerecord is append-only: rows are added and read.');
END;
CREATE INDEX "chat_accountdeletion_due_at_51c32bf3" ON "chat_accountdeletion" ("due_at");
CREATE TABLE "chat_throttle" ("key" varchar(64) NOT NULL PRIMARY KEY, "full_at" datetime NOT NULL);
CREATE INDEX "chat_throttle_full_at_059c72d2" ON "chat_throttle" ("full_at");
CREATE TABLE "chat_invitation" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "hash" varchar(64) NOT NULL UNIQUE, "created_at" datetime NOT NULL, "used_at" datetime NULL, "revoked_at" datetime NULL, "email" varchar(254) NOT NULL, "expires_at" datetime NOT NULL, "group_id" integer NULL REFERENCES "auth_group" ("id") DEFERRABLE INITIALLY DEFERRED, "inviter_id" integer NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "used_by_id" integer NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "chat_passwordlink" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "hash" varchar(64) NOT NULL UNIQUE, "created_at" datetime NOT NULL, "used_at" datetime NULL, "revoked_at" datetime NULL, "expires_at" datetime NOT NULL, "made_by_id" integer NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "chat_claimedgroup" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "group_id" integer NOT NULL REFERENCES "auth_group" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "claimed_group_is_one" UNIQUE ("user_id", "group_id"));
CREATE INDEX "chat_invitation_group_id_e40fb381" ON "chat_invitation" ("group_id");
CREATE INDEX "chat_invitation_inviter_id_a9ef8181" ON "chat_invitation" ("inviter_id");
CREATE INDEX "chat_invitation_used_by_id_ed666d8f" ON "chat_invitation" ("used_by_id");
CREATE INDEX "chat_passwordlink_made_by_id_d5b1a54e" ON "chat_passwordlink" ("made_by_id");
CREATE INDEX "chat_passwordlink_user_id_9c28d7a2" ON "chat_passwordlink" ("user_id");
CREATE INDEX "chat_claimedgroup_group_id_a52f76fd" ON "chat_claimedgroup" ("group_id");
CREATE INDEX "chat_claimedgroup_user_id_3aeb2e79" ON "chat_claimedgroup" ("user_id");
CREATE TABLE "chat_setuptoken" ("id" smallint unsigned NOT NULL PRIMARY KEY CHECK ("id" >= 0), "hash" varchar(64) NOT NULL, "used_at" datetime NULL, "seed" varchar(64) NOT NULL, CONSTRAINT "setup_token_is_one" CHECK ("id" = 1));
CREATE TABLE "chat_conversation" ("id" char(32) NOT NULL PRIMARY KEY, "title" varchar(200) NOT NULL, "system_prompt" text NOT NULL, "pinned" bool NOT NULL, "archived" bool NOT NULL, "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL, "model_id" bigint NULL REFERENCES "chat_chatmodel" ("id") DEFERRABLE INITIALLY DEFERRED, "owner_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "changed_at" datetime NOT NULL, "deleted_at" datetime NULL, "leaf_id" char(32) NULL REFERENCES "chat_message" ("id") DEFERRABLE INITIALLY DEFERRED, "max_tokens" integer unsigned NULL CHECK ("max_tokens" >= 0), "temperature" real NULL, "temporary" bool NOT NULL, "title_origin" varchar(6) NOT NULL, "stored_chars" bigint unsigned NOT NULL CHECK ("stored_chars" >= 0), "taken" text NULL CHECK ((JSON_VALID("taken") OR "taken" IS NULL)), "taken_from_id" char(32) NULL REFERENCES "chat_conversation" ("id") DEFERRABLE INITIALLY DEFERRED, "unread_since" datetime NULL, CONSTRAINT "conversation_title_origin_known" CHECK ("title_origin" IN ('words', 'model', 'person')), CONSTRAINT "conversation_temperature_in_range" CHECK (("temperature" IS NULL OR ("temperature" >= 0.0 AND "temperature" <= 2.0))), CONSTRAINT "conversation_max_tokens_positive" CHECK (("max_tokens" IS NULL OR "max_tokens" >= 1)));
CREATE INDEX "chat_conversation_model_id_521a0752" ON "chat_conversation" ("model_id");
CREATE INDEX "chat_conversation_owner_id_0460d4a2" ON "chat_conversation" ("owner_id");
CREATE INDEX "chat_conversation_leaf_id_c8407b41" ON "chat_conversation" ("leaf_id");
CREATE INDEX "conversation_newest" ON "chat_conversation" ("owner_id", "updated_at" DESC, "id" DESC);
CREATE INDEX "conversation_changed" ON "chat_conversation" ("owner_id", "changed_at");
CREATE INDEX "conversation_pinned" ON "chat_conversation" ("owner_id", "updated_at" DESC, "id" DESC) WHERE "pinned";
CREATE INDEX "conversation_deleted" ON "chat_conversation" ("deleted_at") WHERE "deleted_at" IS NOT NULL;
CREATE INDEX "conversation_temporary" ON "chat_conversation" ("updated_at") WHERE "temporary";
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
CREATE TABLE "chat_chatmodel" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(200) NOT NULL UNIQUE, "upstream_name" varchar(1000) NOT NULL, "enabled" bool NOT NULL, "is_listed" bool NOT NULL, "is_default" bool NOT NULL, "position" integer unsigned NOT NULL CHECK ("position" >= 0), "created_at" datetime NOT NULL, "provider_id" bigint NOT NULL REFERENCES "chat_provider" ("id") DEFERRABLE INITIALLY DEFERRED, "context_window" integer unsigned NULL CHECK ("context_window" >= 0), "context_window_origin" varchar(8) NOT NULL, "learnt" text NOT NULL CHECK ((JSON_VALID("learnt") OR "learnt" IS NULL)), "is_limited" bool NOT NULL, "description" varchar(200) NOT NULL, CONSTRAINT "chat_model_once_per_provider" UNIQUE ("provider_id", "upstream_name"), CONSTRAINT "chat_model_named" CHECK ((NOT ("name" = '') AND NOT ("upstream_name" = ''))));
CREATE UNIQUE INDEX "chat_model_one_default" ON "chat_chatmodel" ("is_default") WHERE "is_default";
CREATE INDEX "chat_chatmodel_provider_id_6ae30370" ON "chat_chatmodel" ("provider_id");
CREATE TABLE "chat_chatmodel_favourite_of" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "chatmodel_id" bigint NOT NULL REFERENCES "chat_chatmodel" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE UNIQUE INDEX "chat_chatmodel_favourite_of_chatmodel_id_user_id_96a4f26c_uniq" ON "chat_chatmodel_favourite_of" ("chatmodel_id", "user_id");
CREATE INDEX "chat_chatmodel_favourite_of_chatmodel_id_a9bbc5cb" ON "chat_chatmodel_favourite_of" ("chatmodel_id");
CREATE INDEX "chat_chatmodel_favourite_of_user_id_be8d5fa3" ON "chat_chatmodel_favourite_of" ("user_id");
CREATE INDEX "chat_conversation_taken_from_id_a10a9654" ON "chat_conversation" ("taken_from_id");
CREATE TABLE "mfa_authenticator" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "type" varchar(20) NOT NULL, "data" text NOT NULL CHECK ((JSON_VALID("data") OR "data" IS NULL)), "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "created_at" datetime NOT NULL, "last_used_at" datetime NULL);
CREATE INDEX "mfa_authenticator_user_id_0c3a50c0" ON "mfa_authenticator" ("user_id");
CREATE UNIQUE INDEX "unique_authenticator_type" ON "mfa_authenticator" ("user_id", "type") WHERE "type" IN ('totp', 'recovery_codes');
CREATE TABLE "django_session" ("session_key" varchar(40) NOT NULL PRIMARY KEY, "session_data" text NOT NULL, "expire_date" datetime NOT NULL);
CREATE INDEX "django_session_expire_date_a5c62663" ON "django_session" ("expire_date");
CREATE TABLE "socialaccount_socialapp" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "provider" varchar(30) NOT NULL, "name" varchar(40) NOT NULL, "client_id" varchar(191) NOT NULL, "secret" varchar(191) NOT NULL, "key" varchar(191) NOT NULL, "provider_id" varchar(200) NOT NULL, "settings" text NOT NULL CHECK ((JSON_VALID("settings") OR "settings" IS NULL)));
CREATE TABLE "socialaccount_socialtoken" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "token" text NOT NULL, "token_secret" text NOT NULL, "expires_at" datetime NULL, "account_id" integer NOT NULL REFERENCES "socialaccount_socialaccount" ("id") DEFERRABLE INITIALLY DEFERRED, "app_id" integer NULL REFERENCES "socialaccount_socialapp" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE UNIQUE INDEX "socialaccount_socialtoken_app_id_account_id_fca4e0ac_uniq" ON "socialaccount_socialtoken" ("app_id", "account_id");
CREATE INDEX "socialaccount_socialtoken_account_id_951f210e" ON "socialaccount_socialtoken" ("account_id");
CREATE INDEX "socialaccount_socialtoken_app_id_636a42d7" ON "socialaccount_socialtoken" ("app_id");
CREATE TABLE "socialaccount_socialaccount" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "provider" varchar(200) NOT NULL, "uid" varchar(191) NOT NULL, "last_login" datetime NOT NULL, "date_joined" datetime NOT NULL, "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "extra_data" text NOT NULL CHECK ((JSON_VALID("extra_data") OR "extra_data" IS NULL)));
CREATE UNIQUE INDEX "socialaccount_socialaccount_provider_uid_fc810c6e_uniq" ON "socialaccount_socialaccount" ("provider", "uid");
CREATE INDEX "socialaccount_socialaccount_user_id_8146e70c" ON "socialaccount_socialaccount" ("user_id");
CREATE TABLE "usersessions_usersession" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "created_at" datetime NOT NULL, "ip" char(39) NOT NULL, "last_seen_at" datetime NOT NULL, "session_key" varchar(40) NOT NULL UNIQUE, "user_agent" varchar(200) NOT NULL, "data" text NOT NULL CHECK ((JSON_VALID("data") OR "data" IS NULL)), "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE INDEX "usersessions_usersession_user_id_af5e0a6d" ON "usersessions_usersession" ("user_id");
INSERT INTO django_migrations (app, name, applied) VALUES ('contenttypes', '0001_initial', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('auth', '0001_initial', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('account', '0001_initial', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('account', '0002_email_max_length', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('account', '0003_alter_emailaddress_create_unique_verified_email', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('account', '0004_alter_emailaddress_drop_unique_email', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('account', '0005_emailaddress_idx_upper_email', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('account', '0006_emailaddress_lower', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('account', '0007_emailaddress_idx_email', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('account', '0008_emailaddress_unique_primary_email_fixup', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('account', '0009_emailaddress_unique_primary_email', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('admin', '0001_initial', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('admin', '0002_logentry_remove_auto_add', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('admin', '0003_logentry_add_action_flag_choices', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('contenttypes', '0002_remove_content_type_name', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('auth', '0002_alter_permission_name_max_length', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('auth', '0003_alter_user_email_max_length', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('auth', '0004_alter_user_username_opts', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('auth', '0005_alter_user_last_login_null', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('auth', '0006_require_contenttypes_0002', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('auth', '0007_alter_validators_add_error_messages', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('auth', '0008_alter_user_username_max_length', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('auth', '0009_alter_user_last_name_max_length', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('auth', '0010_alter_group_name_max_length', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('auth', '0011_update_proxy_permissions', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('auth', '0012_alter_user_first_name_max_length', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('chat', '0001_initial', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('chat', '0002_cache_writes', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('chat', '0003_conversation_state', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('chat', '0004_search', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('chat', '0005_ledger', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('chat', '0006_budgets', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('chat', '0007_context_window', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('chat', '0008_grains', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('chat', '0009_endings_and_pictures', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('chat', '0010_learnt', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('chat', '0011_prices_by_context', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('chat', '0012_provider_account', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('chat', '0013_rights', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('chat', '0014_account_deletion', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('chat', '0015_throttle', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('chat', '0016_invitations', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('chat', '0017_setup_seed', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('chat', '0018_stored_chars', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('chat', '0019_model_favourites', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('chat', '0020_thinking_seconds', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('chat', '0021_error_retry_at', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('chat', '0022_taken_out', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('chat', '0023_unread_since', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('mfa', '0001_initial', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('mfa', '0002_authenticator_timestamps', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('mfa', '0003_authenticator_type_uniq', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('sessions', '0001_initial', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('socialaccount', '0001_initial', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('socialaccount', '0002_token_max_lengths', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('socialaccount', '0003_extra_data_default_dict', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('socialaccount', '0004_app_provider_id_settings', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('socialaccount', '0005_socialtoken_nullable_app', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('socialaccount', '0006_alter_socialaccount_extra_data', CURRENT_TIMESTAMP);
INSERT INTO django_migrations (app, name, applied) VALUES ('usersessions', '0001_initial', CURRENT_TIMESTAMP);
