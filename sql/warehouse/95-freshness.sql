-- SPDX-License-Identifier: PostgreSQL
-- How old what is stored is.

CREATE VIEW cvm.freshness WITH (security_invoker = true) AS
SELECT f.model::text AS model, f.relation::text AS object, f.mode, f.refreshed_at AS last_refreshed_at, f.data_through, f.row_count,
	f.reason IS NOT NULL AS is_stale, f.reason, f.last_attempt, f.last_attempt_at, f.error
FROM (
	SELECT t.model, t.relation, t.mode, t.refreshed_at, t.data_through, t.row_count, a.started_at AS last_attempt_at, a.error, w.last_attempt,
		CASE
			WHEN t.refreshed_at IS NULL THEN 'never refreshed'
			WHEN w.last_attempt IN ('failed', 'interrupted') THEN 'last refresh ' || w.last_attempt
			WHEN EXISTS (SELECT FROM cvm.model m WHERE m.model = t.model) AND t.made_of IS DISTINCT
				FROM (SELECT d.made_of FROM cvm._digests(t.model, t.relation::text) d)
				THEN 'settings or binding changed'
			WHEN NOT pg_catalog.isfinite(t.refreshed_at) THEN 'refreshed at no time'
			WHEN pg_catalog.now() - t.refreshed_at > t.max_staleness THEN pg_catalog.format('older than %s', t.max_staleness)
		END AS reason
	FROM cvm.stored t
	LEFT JOIN LATERAL (
		SELECT l.* FROM cvm.refresh_log l
		WHERE l.model = t.model AND l.relation = t.relation AND l.mode IS DISTINCT FROM 'skipped'
		ORDER BY l.refresh_id DESC LIMIT 1) a ON true
	CROSS JOIN LATERAL (
		SELECT CASE
			WHEN a.refresh_id IS NULL THEN NULL
			WHEN a.error IS NOT NULL THEN 'failed'
			WHEN a.finished_at IS NOT NULL THEN 'done'
			WHEN EXISTS (
				SELECT FROM pg_catalog.pg_locks k
				WHERE k.locktype = 'object' AND k.granted
					AND k.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
					AND k.classid = 'cvm.stored'::pg_catalog.regclass
					AND k.objid = (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = t.model) AND k.objsubid = cvm._lock_id(t.relation)) THEN 'running'
			ELSE 'interrupted' END) AS w (last_attempt)
) f;
COMMENT ON VIEW cvm.freshness IS
	'How old what is stored is: one row per stored state or report of the models that you may read.';
COMMENT ON COLUMN cvm.freshness.model IS 'Model.';
COMMENT ON COLUMN cvm.freshness.object IS 'State or report view.';
COMMENT ON COLUMN cvm.freshness.mode IS 'How customers who changed are found: full, watermark, queue or scan.';
COMMENT ON COLUMN cvm.freshness.last_refreshed_at IS 'The rows are those of this moment or later; NULL: never filled.';
COMMENT ON COLUMN cvm.freshness.data_through IS 'Last day that the rows know of.';
COMMENT ON COLUMN cvm.freshness.row_count IS 'Rows after the last refresh.';
COMMENT ON COLUMN cvm.freshness.is_stale IS 'Should it be refreshed before it is believed?';
COMMENT ON COLUMN cvm.freshness.reason IS 'Why it is stale; NULL when it is not.';
COMMENT ON COLUMN cvm.freshness.last_attempt IS
	'What became of the last attempt: done, running, failed or interrupted; NULL for who only reads the model.';
COMMENT ON COLUMN cvm.freshness.last_attempt_at IS 'When that attempt began.';
COMMENT ON COLUMN cvm.freshness.error IS 'Why it failed.';
GRANT SELECT ON cvm.freshness TO PUBLIC;
