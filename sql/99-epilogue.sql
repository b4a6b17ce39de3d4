DROP PROCEDURE create_state_merge(text, text);
DROP PROCEDURE create_state_type(text, text);
