#!/usr/bin/env perl
# SPDX-License-Identifier: PostgreSQL
# Prints the files of src that call each other in a circle, one circle a line:
# a file that calls another must be readable without it.
use strict;
use warnings;

my (%text, %home, %calls);
chomp(my @files = `find src -name '*.c' | sort`);
for my $file (@files) {
	local $/;
	open my $in, '<', $file or die "$file: $!";
	my $code = <$in>;
	$code =~ s{/\*.*?\*/|"(?:\\.|[^"\\\n])*"}{}gs;
	$text{$file} = $code;
	while ($code =~ /^([^\n]*)\n([a-z_]\w*)\(/gm) {
		$home{$2} = $file unless $1 =~ /\bstatic\b/;
	}
}
for my $file (@files) {
	my %seen;
	$seen{$1} = 1 while $text{$file} =~ /\b([a-z_]\w*)\b/g;
	$calls{$file}{ $home{$_} } = 1 for grep { $home{$_} && $home{$_} ne $file } keys %seen;
}

# What is reached from a file, and reaches it, is in a circle with it
sub reached {
	my ($from) = @_;
	my (%seen, @todo);
	@todo = keys %{ $calls{$from} };
	while (defined(my $file = pop @todo)) {
		next if $seen{$file}++;
		push @todo, keys %{ $calls{$file} || {} };
	}
	return \%seen;
}
my %reached = map { $_ => reached($_) } @files;
my %told;
for my $file (@files) {
	next if !$reached{$file}{$file} || $told{$file};
	my @circle = grep { $reached{$file}{$_} && $reached{$_}{$file} } @files;
	$told{$_} = 1 for @circle;
	print join(' ', @circle), "\n";
}
print STDERR "no files\n" unless @files > 100;
