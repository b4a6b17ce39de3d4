# SPDX-License-Identifier: PostgreSQL
# Writes the install script out of the parts: awk -f sql/write.awk PART...
#
# A part is SQL and stays as it is but for lines that begin with @.  Statements
# that differ in a few words stand once, and are written as often as needed:
#
#	@for customer | words           the names
#	bigint | numbers                a line for each copy: what they stand for
#	uuid   | "uuid"
#	@make
#	COMMENT ON FUNCTION cvm.f({customer}) IS 'Of {words}';
#	@end
#
# {customer} and {words} become what the line says; all else in braces stays.
# What several places need is defined once, and used with its values; {body} is
# what stands between @use and @end, for those that have something there:
#
#	@define comparison type | sign
#	...
#	@end
#	@use comparison cvm.activity | <
#	@with comparison cvm.activity | <
#	...
#	@end
#
# Each of them may stand in another.  A line of them that ends in a backslash goes
# on in the next.  Nothing is left to be put together when the
# script runs, so a statement is found in it by its text: grep 'cvm.f(uuid'.

function fail(message) {
	printf "sql/write.awk: %s\n", message > "/dev/stderr"
	failed = 1
	exit 1
}

function trim(text) {
	gsub(/^[ \t]+|[ \t]+$/, "", text)
	return text
}

# The text with every {name} replaced, left to right, by what it stands for
function replace(text, name, value,    mark, at, done) {
	mark = "{" name "}"
	done = ""
	while ((at = index(text, mark)) > 0) {
		done = done substr(text, 1, at - 1) value
		text = substr(text, at + length(mark))
	}
	return done text
}

# The text with names and values as they stand in two lines, parted by |
function fill(text, names, values,    n, i, name, value) {
	n = split(names, name, "|")
	if (split(values, value, "|") != n && !(n == 1 && values == ""))
		fail("\"" values "\" is not one value for each of \"" names "\"")
	for (i = 1; i <= n; i++)
		text = replace(text, trim(name[i]), trim(value[i]))
	return text
}

# What becomes of a text with lines that begin with @
function expand(text,    line, n, i, out, depth, word, rest, inner, rows, row, k, m, making) {
	n = split(text, line, "\n")
	out = ""
	for (i = 1; i <= n; i++) {
		if (line[i] !~ /^@/) {
			out = out line[i] (i < n ? "\n" : "")
			continue
		}
		word = line[i]
		sub(/ .*/, "", word)
		rest = trim(substr(line[i], length(word) + 1))
		if (word == "@use") {
			out = out use(rest, "")
			continue
		}
		if (word != "@for" && word != "@define" && word != "@with")
			fail("\"" line[i] "\" stands where it means nothing")
		inner = ""
		rows = ""
		making = word != "@for"
		for (depth = 1; ++i <= n; ) {
			if (line[i] ~ /^@(for|define|with)/)
				depth++
			else if (line[i] == "@end" && --depth == 0)
				break
			if (depth == 1 && line[i] == "@make" && !making)
				making = 1
			else if (making)
				inner = inner line[i] "\n"
			else
				rows = rows line[i] "\n"
		}
		if (depth > 0)
			fail("\"" word " " rest "\" has no @end")
		if (word == "@with")
			out = out use(rest, inner)
		else if (word == "@define") {
			k = rest
			sub(/ .*/, "", k)
			defined[k] = inner
			names[k] = trim(substr(rest, length(k) + 1))
		} else {
			m = split(rows, row, "\n") - 1
			for (k = 1; k <= m; k++)
				out = out expand(fill(inner, rest, row[k]))
		}
	}
	return out
}

function use(call, body,    name, text) {
	name = call
	sub(/ .*/, "", name)
	if (!(name in defined))
		fail("\"" name "\" is not defined")
	text = fill(defined[name], names[name], trim(substr(call, length(name) + 1)))
	sub(/\n$/, "", body)
	return expand(replace(text, "body", body))
}

{
	if (rows > 0 && row[rows] ~ /^@.*\\$/) {
		sub(/[ \t]*\\$/, " ", row[rows])
		row[rows] = row[rows] trim($0)
	} else
		row[++rows] = $0
}
END {
	if (failed)
		exit 1
	# what stands between is written as it is: the whole as one text, each line
	# added to it, took ten seconds
	for (i = 1; i <= rows; i++) {
		if (row[i] !~ /^@/) {
			print row[i]
			continue
		}
		block = row[i] "\n"
		for (depth = row[i] ~ /^@(for|define|with)/; depth > 0 && i < rows; depth += (row[i] ~ /^@(for|define|with)/) - (row[i] == "@end"))
			block = block row[++i] "\n"
		printf "%s", expand(block)
	}
}
