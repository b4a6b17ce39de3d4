-- SPDX-License-Identifier: PostgreSQL
DROP PROCEDURE create_ledger_aggregate(text, text, text, text);
DROP PROCEDURE create_state_merge(text, text);
DROP PROCEDURE create_state_type(text, text);
