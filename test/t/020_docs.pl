#!/usr/bin/perl
# SPDX-License-Identifier: PostgreSQL
# The examples of README.md and doc/*.md: every block marked sql runs, in order,
# one database a file.  A block without a mark right behind it is what psql
# must print; without one, it is enough that nothing fails.  With --fill, what
# psql prints is written into the files instead.
use strict;
use warnings;

my $tests = 0;

sub ok {
	my ($passed, $name, $why) = @_;
	$tests++;
	print $passed ? '' : 'not ', "ok $tests - $name\n";
	print map { "#   $_\n" } split /\n/, $why // '' if !$passed;
}

# The blocks of a file: line, text, and what it prints or undef
sub blocks {
	my ($file) = @_;
	my (@blocks, $mark, $text, $line, $prose);
	open my $in, '<:utf8', $file or die "$file: $!";
	while (<$in>) {
		if (/^```(.*)$/) {
			if (!defined $mark) {
				($mark, $text, $line) = ($1, '', $.);
				next;
			}
			if ($mark eq 'sql') {
				push @blocks, { line => $line, sql => $text };
			}
			elsif ($mark eq '' && @blocks && !$prose) {
				$blocks[-1]{prints} //= $text;
			}
			$mark = undef;
			$prose = 0;
		}
		elsif (defined $mark) { $text .= $_ }
		elsif (/\S/) { $prose = 1 }
	}
	return @blocks;
}

# Put what was printed into a file.
sub fill {
	my ($file, $blocks, $printed) = @_;
	my ($text, $mark, $prose, $at) = ('', undef, 0, -1);
	open my $in, '<:utf8', $file or die "$file: $!";
	while (<$in>) {
		if (/^```(.*)$/) {
			if (!defined $mark) {
				$mark = $1;
				$at++ if $mark eq 'sql';
				$text .= $_;
				$text .= tidy($printed->[$at] // '') if $mark eq '' && $at >= 0 && !$prose;
				next;
			}
			$text .= $_;
			$mark = undef;
			$prose = 0;
			next;
		}
		$prose = 1 if !defined $mark && /\S/;
		$text .= $_ unless defined $mark && $mark eq '' && $at >= 0 && !$prose;
	}
	close $in;
	open my $out, '>:utf8', $file or die "$file: $!";
	print $out $text;
}

# What psql prints for each block
sub run {
	my ($database, @blocks) = @_;
	my $file = ($ENV{TMPDIR} // "/tmp") . "/cvm-docs.$$.sql";
	open my $out, '>:utf8', $file or die "$file: $!";
	print $out "\\pset footer off\n";
	for my $i (0 .. $#blocks) {
		print $out "\\echo \@block $i\n$blocks[$i]{sql}\n";
	}
	close $out;
	my $printed = `psql -Xq -d $database -f $file 2>&1`;
	utf8::decode($printed);
	unlink $file;
	my $status = $? >> 8;
	my @printed = map { undef } @blocks;
	my $at;
	for (split /^/, $printed) {
		if (/^\@block (\d+)$/) {
			$at = $1;
			$printed[$at] = '';
		}
		elsif (defined $at) { $printed[$at] .= $_ }
	}
	ok($status == 0 && defined $at && $at == $#blocks, "psql reads the examples of $database to the end", "exit status $status\n$printed");
	return @printed;
}

sub tidy {
	my ($text) = @_;
	$text =~ s/[ \t]+$//mg;
	$text =~ s/\n+\z/\n/;
	$text =~ s/\A\n+//;
	return $text;
}

binmode STDOUT, ':utf8';
my $number = 0;
for my $file ('README.md', sort glob 'doc/*.md') {
	next unless -e $file;
	my @blocks = blocks($file) or next;
	my $database = 'cvm_docs_' . ++$number;
	system("psql -Xq -d postgres -c 'create database $database' 2>&1") == 0
	  or die 'no database';
	my @printed = run($database, @blocks);
	fill($file, \@blocks, \@printed) if @ARGV && $ARGV[0] eq '--fill';
	for my $i (0 .. $#blocks) {
		my $name = "$file line $blocks[$i]{line}";
		my $got = tidy($printed[$i] // "ERROR:  psql did not come to this block\n");
		if (defined $blocks[$i]{prints}) {
			my $wanted = tidy($blocks[$i]{prints});
			ok($got eq $wanted, "$name prints what it says",
				"wanted:\n$wanted\ngot:\n$got");
		}
		else {
			ok($got !~ /ERROR:|FATAL:|PANIC:|connection .* failed/,
				"$name runs", $got);
		}
	}
	system("psql -Xq -d postgres -c 'drop database $database'");
}
ok($number >= 6, "the examples of $number documents were run");

# doc/model.md names all there is
system("psql -Xq -d postgres -c 'create database cvm_docs_names' -c '\\c cvm_docs_names' -c 'create extension cvm'") == 0
  or die 'no database';
my $model = do { local (@ARGV, $/) = 'doc/model.md'; <> };
for my $kind (['setting', 'select setting from cvm.setting_definition order by position', 'configure'],
	['view', 'select view from cvm.report_view order by position', 'Report views'],
	['problem', q{select distinct m[1] from pg_proc, regexp_matches(prosrc, $$problem'?(?: :=|,) '([a-z_]+)'$$, 'g') m where proname in ('check_model', '_row_checks', '_set_checks', '_alias_checks', '_status_since_check') order by 1}, 'check_model']) {
	my ($what, $query, $heading) = @$kind;
	open my $psql, '-|', 'psql', '-XAtq', '-d', 'cvm_docs_names', '-c', $query or die 'no psql';
	chomp(my @names = <$psql>);
	close $psql;
	my ($section) = $model =~ /^## \Q$heading\E\n(.*?)(?=^## |\z)/ms;
	my @missing = grep { $section !~ /`$_`/ } @names;
	ok(@names >= 20 && !@missing, "doc/model.md names every $what", "of " . @names . " are missing: @missing");
}
system("psql -Xq -d postgres -c 'drop database cvm_docs_names'");
print "1..$tests\n";
