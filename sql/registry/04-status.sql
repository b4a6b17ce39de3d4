-- SPDX-License-Identifier: PostgreSQL
-- Words of status: how those that billing systems use are read.
--
-- Four settings say which words are read how, in any case of letters and
-- whether parts of a word are joined by '_', '-', a blank or nothing; what they
-- have at first is the vocabulary here.

CREATE TABLE cvm.status_word (
	word text PRIMARY KEY,
	position int NOT NULL UNIQUE,
	reading text NOT NULL CHECK (reading IN ('paid', 'unpaid', 'paused', 'not begun', 'ended')),
	systems text[] NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE cvm.status_word IS
	'Values of subscription.status that billing systems use, and how they are read where no setting says otherwise.';
COMMENT ON COLUMN cvm.status_word.reading IS
	'paid: brings its mrr; unpaid and not begun: brings nothing; paused: brings nothing for now; ended: brought its '
	'mrr until it ended.';
COMMENT ON COLUMN cvm.status_word.systems IS 'Billing systems that use it; {}: a word of many warehouses.';
GRANT SELECT ON cvm.status_word TO PUBLIC;

INSERT INTO cvm.status_word (position, word, reading, systems) VALUES
	(1, 'trial', 'unpaid', '{Recurly}'),
	(2, 'trialing', 'unpaid', '{Stripe,Paddle}'),
	(3, 'in_trial', 'unpaid', '{Chargebee,Recurly}'),
	(4, 'free', 'unpaid', '{}'),
	(5, 'free_trial', 'unpaid', '{}'),
	(6, 'unpaid', 'unpaid', '{Stripe}'),
	(7, 'future', 'not begun', '{Chargebee,Recurly}'),
	(8, 'pending', 'not begun', '{WooCommerce,Recurly}'),
	(9, 'incomplete', 'not begun', '{Stripe}'),
	(10, 'incomplete_expired', 'not begun', '{Stripe}'),
	(11, 'draft', 'not begun', '{Zuora}'),
	(12, 'auto-draft', 'not begun', '{WooCommerce}'),
	(13, 'pending activation', 'not begun', '{Zuora}'),
	(14, 'pending acceptance', 'not begun', '{Zuora}'),
	(15, 'scheduled', 'not begun', '{}'),
	(16, 'not_started', 'not begun', '{}'),
	(17, 'paused', 'paused', '{Stripe,Chargebee,Recurly,Paddle,Shopify}'),
	(18, 'on-hold', 'paused', '{WooCommerce}'),
	(19, 'suspended', 'paused', '{Zuora}'),
	(20, 'frozen', 'paused', '{}'),
	(21, 'wc-pending', 'not begun', '{WooCommerce}'),
	(22, 'wc-on-hold', 'paused', '{WooCommerce}'),
	(30, 'active', 'paid', '{Stripe,Chargebee,Recurly,Zuora,Paddle,Shopify,WooCommerce}'),
	(31, 'past_due', 'paid', '{Stripe,Recurly,Paddle}'),
	(32, 'non_renewing', 'paid', '{Chargebee}'),
	(33, 'pending-cancel', 'paid', '{WooCommerce}'),
	(34, 'pending cancellation', 'paid', '{}'),
	(35, 'live', 'paid', '{Recurly}'),
	(36, 'wc-active', 'paid', '{WooCommerce}'),
	(37, 'wc-pending-cancel', 'paid', '{WooCommerce}'),
	(38, 'paid', 'paid', '{}'),
	(39, 'paying', 'paid', '{}'),
	(40, 'current', 'paid', '{}'),
	(41, 'open', 'paid', '{}'),
	(42, 'running', 'paid', '{}'),
	(43, 'overdue', 'paid', '{}'),
	(44, 'grace', 'paid', '{}'),
	(45, 'in_grace', 'paid', '{}'),
	(46, 'grace_period', 'paid', '{}'),
	(47, 'unpaid_grace', 'paid', '{}'),
	(48, 'renewed', 'paid', '{}'),
	(49, 'new', 'paid', '{}'),
	(60, 'canceled', 'ended', '{Stripe,Recurly,Paddle}'),
	(61, 'cancelled', 'ended', '{Chargebee,Zuora,Shopify,WooCommerce}'),
	(62, 'expired', 'ended', '{Recurly,Zuora,Shopify,WooCommerce}'),
	(63, 'transferred', 'ended', '{Chargebee}'),
	(64, 'failed', 'ended', '{Recurly,Shopify}'),
	(65, 'stale', 'ended', '{Shopify}'),
	(66, 'deleted', 'ended', '{Paddle}'),
	(67, 'switched', 'ended', '{WooCommerce}'),
	(68, 'trash', 'ended', '{WooCommerce}'),
	(69, 'wc-cancelled', 'ended', '{WooCommerce}'),
	(70, 'wc-switched', 'ended', '{WooCommerce}'),
	(71, 'wc-expired', 'ended', '{WooCommerce}'),
	(72, 'ended', 'ended', '{}'),
	(73, 'churned', 'ended', '{}'),
	(74, 'closed', 'ended', '{}'),
	(75, 'terminated', 'ended', '{}'),
	(76, 'disconnected', 'ended', '{}'),
	(77, 'lapsed', 'ended', '{}'),
	(78, 'completed', 'ended', '{}'),
	(79, 'inactive', 'ended', '{}');

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description)
SELECT s.position, s.setting, 'words', (SELECT array_agg(w.word ORDER BY w.position)::text FROM cvm.status_word w
	WHERE w.reading = ANY (s.readings)), s.description
FROM (VALUES
	(20, 'unpaid_statuses', '{unpaid,not begun,paused}'::text[],
		'Values of subscription.status, in any case of letters, in which a spell brings nothing, whatever its price; '
		'NULL: none.'),
	(25, 'paused_statuses', '{paused}',
		'Values of subscription.status, in any case of letters, in which a spell is paused: it brings nothing, and '
		'mrr is what it would bring; NULL: none.'),
	(27, 'paid_statuses', '{paid}',
		'Values of subscription.status, in any case of letters, in which a spell brings its mrr. So does one with a '
		'status in no setting, but cvm.check_model() asks about it.'),
	(28, 'ended_statuses', '{ended}',
		'Values of subscription.status, in any case of letters, of spells that are over and were paid for until then: '
		'they should have an end.')) AS s (position, setting, readings, description);

CREATE FUNCTION cvm._plain_status(status text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT lower(translate($1, ' _-', '') COLLATE "C");
$$;
COMMENT ON FUNCTION cvm._plain_status(text) IS
	'A status as settings are compared with it: in small letters, its parts joined.';

CREATE FUNCTION cvm._status_words(model name, setting text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN s.setting IS NULL THEN d.initial ELSE s.value END
	FROM cvm.setting_definition d
	LEFT JOIN cvm.setting s ON s.setting = d.setting AND s.model = $1
	WHERE d.setting = $2;
$$;
COMMENT ON FUNCTION cvm._status_words(name, text) IS 'The words of one of the settings about statuses, as an array.';

CREATE FUNCTION cvm._has_status(status text, words text[]) RETURNS boolean
	AS 'MODULE_PATHNAME', 'cvm_has_status'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm._has_status(text, text[]) IS
	'Is a status, in small letters and its parts joined, one of some words?';

CREATE FUNCTION cvm._status_test(words text, expression text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- Every spell is asked, so that words in plain letters are compared in C.  No
	-- cast of what lower() gives to text[], which is stable: for every spell
	-- the words would be read again.
	RETURN (
		SELECT CASE WHEN $1 IS NULL THEN 'false' ELSE (
			SELECT CASE WHEN count(*) = 0 THEN 'NULL::boolean'
				WHEN p.collation_name = '"C"'
				THEN format('cvm._has_status(%s, %L::text[])', $2, array_agg(DISTINCT lower(translate(w.word, ' _-', '') COLLATE "C")))
				ELSE format('lower(translate(%s, '' _-'', '''') COLLATE %s) = ANY (ARRAY[%s])', $2, p.collation_name,
					string_agg(DISTINCT format('lower(%L COLLATE "default")', translate(w.word, ' _-', '')), ', ')) END
			FROM unnest($1::text[]) AS w (word)) END
		FROM (SELECT cvm._word_collation($1) AS collation_name) p);
END
$$;
COMMENT ON FUNCTION cvm._status_test(text, text) IS 'SQL that says whether a status is one of the words of a setting.';
