-- SPDX-License-Identifier: PostgreSQL
-- Titles of jobs: what they are about and how senior they are, as data.

CREATE TABLE cvm.job_title (
	kind text NOT NULL CHECK (kind IN ('function', 'seniority', 'segment')),
	position int NOT NULL,
	pattern text NOT NULL,
	word text NOT NULL,
	reader text,
	PRIMARY KEY (kind, position)
);
COMMENT ON TABLE cvm.job_title IS 'What words in a title say, for cvm.normalise_title(): of each kind the first that is found counts.';
COMMENT ON COLUMN cvm.job_title.kind IS 'function, seniority or segment.';
COMMENT ON COLUMN cvm.job_title.position IS 'Order in which they are looked for; of seniority also the level, 1 the highest.';
COMMENT ON COLUMN cvm.job_title.pattern IS 'Regular expression over the title in small letters, with single blanks between words.';
COMMENT ON COLUMN cvm.job_title.word IS 'What the title then says.';
COMMENT ON COLUMN cvm.job_title.reader IS 'Which review such a function reads (cvm.review_section).';
INSERT INTO cvm.job_title (kind, position, pattern, word, reader) VALUES
	('function', 1, '\m(customer value|cvm)\M', 'customer value', 'cco_customer'),
	('function', 2, '\m(customer|subscriber) base\M|\mbase manage', 'base', 'cco_customer'),
	('function', 3, '\m(retention|churn|loyalty|win ?back|renewals?)\M', 'retention', 'cco_customer'),
	('function', 4, '\m(lifecycle|life cycle|onboarding)\M', 'lifecycle', 'cco_customer'),
	('function', 5, '\m(engagement|campaigns?)\M', 'engagement', 'cmo'),
	('function', 6, '\m(customer relationships?|relationship|crm)\M', 'relationship', 'cco_customer'),
	('function', 7, '\m(pricing|price)\M', 'pricing', 'product'),
	('function', 8, '\mproducts?\M', 'product', 'product'),
	('function', 9, '\m(bi|business intelligence|analytics|insights?|data)\M', 'analytics', 'it'),
	('function', 10, '\m(segments?|high value|prepaid|postpaid|mass)\M', 'segment', 'cco_commercial'),
	('function', 11, '\m(customer experience|cx|customer success|customer service|service|support|care)\M', 'service', 'service'),
	('function', 12, '\m(marketing|cmo|brand)\M', 'marketing', 'cmo'),
	('function', 13, '\m(sales|business development)\M', 'sales', 'sales'),
	('function', 14, '\m(commercial|cco|subscriptions?|revenue)\M', 'commercial', 'cco_commercial'),
	('function', 15, '\m(it|information technology|technology|cio|cto)\M', 'it', 'it'),
	('function', 16, '\m(finance|financial|cfo)\M', 'finance', 'board'),
	('function', 17, '\m(ceo|coo|managing director|general manager|chief executive|chief operating|president|board|chair[a-z]*)\M', 'general management',
		'board'),
	('seniority', 1, '\m(board|chair[a-z]*)\M', 'board', NULL),
	('seniority', 2, '\m(chief|c[a-z]o|managing director)\M', 'chief', NULL),
	('seniority', 3, '\m([se]?vp|vice president)\M', 'VP', NULL),
	('seniority', 4, '\mpresident\M', 'chief', NULL),
	('seniority', 5, '\mdirector\M', 'director', NULL),
	('seniority', 6, '\mhead\M', 'head', NULL),
	('seniority', 7, '\m(senior|sr|general|group) ([a-z&,]+ )*manager\M', 'senior manager', NULL),
	('seniority', 8, '\m(manager|owner)\M', 'manager', NULL),
	('seniority', 9, '\m(team )?lead(er)?\M', 'lead', NULL),
	('seniority', 10, '\m(specialist|expert|analyst|scientist|executive|officer|associate)\M', 'specialist', NULL),
	('seniority', 11, '\m(coordinator|assistant|junior|trainee|intern)\M', 'assistant', NULL),
	('segment', 1, '\mhigh value\M', 'High-Value', NULL),
	('segment', 2, '\mprepaid\M', 'Prepaid', NULL),
	('segment', 3, '\mpostpaid\M', 'Postpaid', NULL),
	('segment', 4, '\mmass\M', 'Mass', NULL);
GRANT SELECT ON cvm.job_title TO PUBLIC;

CREATE FUNCTION cvm.normalise_title(title text, OUT title_function text, OUT seniority text, OUT seniority_level int, OUT title_segment text,
	OUT standard_title text, OUT is_standard boolean, OUT reader text)
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT f.word, s.word, s.position, g.word,
		-- chiefs and boards have names of their own
		CASE WHEN s.position >= 5 OR s.word = 'VP' THEN 'Customer Value ' || CASE WHEN s.word = 'VP' THEN s.word ELSE initcap(s.word) END END,
		t.plain ~ '^customer value (vp|vice president|director|head|senior manager|manager|lead|specialist|assistant)$', f.reader
	FROM (SELECT btrim(regexp_replace(lower(title COLLATE "C"), '[^a-z&,]+', ' ', 'g')) AS plain) t
	LEFT JOIN LATERAL (SELECT j.word, j.reader FROM cvm.job_title j WHERE j.kind = 'function' AND t.plain ~ j.pattern ORDER BY j.position LIMIT 1) f ON true
	LEFT JOIN LATERAL (SELECT j.word, j.position FROM cvm.job_title j WHERE j.kind = 'seniority' AND t.plain ~ j.pattern ORDER BY j.position LIMIT 1) s ON true
	LEFT JOIN LATERAL (SELECT j.word FROM cvm.job_title j WHERE j.kind = 'segment' AND t.plain ~ j.pattern ORDER BY j.position LIMIT 1) g ON true;
$$;
COMMENT ON FUNCTION cvm.normalise_title(text) IS
	'What a title of a job is about, how senior (1: highest; 6, head, and above are senior), which segment it names, the same rank under the '
	'prefix Customer Value, whether it has that name already, and which review its function reads. What is not known is NULL.';
