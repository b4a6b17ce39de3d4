# SPDX-License-Identifier: PostgreSQL
# Writes the script that updates from a released version to this one:
#
#	awk -f sql/updates/write.awk sql/updates/0.1.0.objects sql/updates/0.1.0.sql sql/cvm--NEW.sql
#
# The first file lists what that version made and nothing replaces, the second
# says by hand what has to be done to it, the third is the install script, whose
# statements stand for these lines of the second:
#
#	@check		up to the check that the schema holds nothing else
#	@parts		the rest
#
# Functions, aggregates and views are replaced.  Types, tables and operators that
# are listed stay as they are; a table that the extension fills is emptied first,
# and of every table the rights of PUBLIC and the policies are made again.

function fail(message) {
	printf "sql/updates/write.awk: %s\n", message > "/dev/stderr"
	failed = 1
	exit 1
}

# Where the text is after this line, if it was there before: in a quote of this
# kind, in a function's body of SQL, or nowhere ("")
function inside(line, quote,    at) {
	if (quote == "ATOMIC")
		return line ~ /^END;/ ? "" : quote
	for (;;) {
		if (quote != "") {
			at = index(line, quote)
			if (at == 0)
				return quote
			line = substr(line, at + length(quote))
			quote = ""
		}
		if (line ~ /^BEGIN ATOMIC/)
			return "ATOMIC"
		if (!match(line, /'|\$[a-z_]*\$|--/))
			return ""
		quote = substr(line, RSTART, RLENGTH)
		line = substr(line, RSTART + RLENGTH)
		if (quote == "--")
			return ""
	}
}

# The word after another in a statement: after("LEFTARG = cvm.a, ...", "LEFTARG = ")
function after(text, word,    rest) {
	rest = text
	if (!index(rest, word))
		fail("no \"" word "\" in \"" text "\"")
	rest = substr(rest, index(rest, word) + length(word))
	sub(/[ ,;()].*/, "", rest)
	return rest
}

# The names of what a CREATE makes, as they are listed
function object(text,    kind) {
	if (text ~ /^CREATE OPERATOR CLASS/)
		return "operator class " after(text, "CLASS ") " USING " after(text, "USING ")
	if (text ~ /^CREATE OPERATOR/)
		return "operator " after(text, "OPERATOR ") "(" after(text, "LEFTARG = ") "," after(text, "RIGHTARG = ") ")"
	if (text ~ /^CREATE (TYPE|TABLE)/) {
		kind = text ~ /^CREATE TYPE/ ? "type" : "table"
		return kind " " after(text, toupper(kind) " ")
	}
	fail("do not know how \"" text "\" is updated")
}

# A statement of the install script, as it updates
function update(text,    table) {
	if (text ~ /^CREATE (FUNCTION|PROCEDURE|AGGREGATE|VIEW) /) {
		sub(/^CREATE/, "CREATE OR REPLACE", text)
		return text
	}
	if (text ~ /^CREATE POLICY /)
		return "DROP POLICY IF EXISTS " after(text, "POLICY ") " ON " after(text, " ON ") ";\n" text
	if (text ~ /^CREATE INDEX /)
		return ("table " after(text, " ON ")) in listed ? "" : text
	if (text ~ /^ALTER TABLE [^ ]+ OWNER /)
		return ("table " after(text, "TABLE ")) in listed ? "" : text
	if (text ~ /^CREATE /) {
		if (!(object(text) in listed))
			return text
		made[object(text)] = 1
		return text ~ /^CREATE TABLE/ ? "REVOKE ALL ON " after(text, "TABLE ") " FROM PUBLIC;\n" : ""
	}
	if (text ~ /^(ALTER (SCHEMA|TABLE [^ ]+ ENABLE ROW)|COMMENT|GRANT|SELECT|SET|INSERT|UPDATE|DELETE|WITH|DROP TABLE) ?/)
		return text
	fail("do not know how \"" text "\" is updated")
}

# In the order in which they come, before the check or after it
function say(text) {
	said[checked, ++count[checked]] = text
}

BEGIN { checked = 0 }
FNR == 1 { file++ }
file == 1 && !/^#/ { listed[$0] = 1 }
file == 2 { by_hand = by_hand $0 "\n" }
file == 3 {
	if (statement == "" && /^(--.*|\\echo .*)?$/) {
		if (!/^\\/)
			say($0 "\n")
		next
	}
	statement = statement $0 "\n"
	quote = inside($0, quote)
	if (quote != "" || $0 !~ /;([ \t]*--.*)?$/)
		next
	say(update(statement))
	# of a listed table, what it holds
	if (match(statement, /(^|\n)INSERT INTO cvm\.[a-z_]+/)) {
		table = after(substr(statement, RSTART), "INTO ")
		sub(/[\n].*/, "", table)
		if (("table " table) in listed && !(table in emptied)) {
			emptied[table] = 1
			empty = "DELETE FROM " table ";\n" empty
		}
	}
	if (statement ~ /^SELECT cvm\._check_schema\(\);/)
		checked = 1
	statement = ""
}
END {
	if (failed)
		exit 1
	if (statement != "" || !checked)
		fail("the install script does not end, or does not check")
	for (name in listed)
		if (!(name in made) && index(by_hand, name) == 0)
			fail("\"" name "\" is no longer made: drop it by hand, and say so with its name as it is listed")
	n = split(by_hand, line, "\n")
	for (i = 1; i < n; i++)
		if (line[i] == "@check" || line[i] == "@parts") {
			checked = line[i] == "@parts"
			printf "%s", checked ? empty : ""
			for (k = 1; k <= count[checked]; k++)
				printf "%s", said[checked, k]
		} else
			print line[i]
}
