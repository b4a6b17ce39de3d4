#!/usr/bin/perl
# SPDX-License-Identifier: PostgreSQL
# The colours of text in the page of a review, light, dark and on paper:
# contrast.pl FILE prints a line for each that is less than 4.5 : 1 against what is behind it, and ends
# as grep does: with 1 where there is none.
use strict;
use warnings;

sub luminance {
	my @part = map { my $c = hex($_) / 255; $c <= 0.04045 ? $c / 12.92 : (($c + 0.055) / 1.055) ** 2.4 } @_;
	return 0.2126 * $part[0] + 0.7152 * $part[1] + 0.0722 * $part[2];
}

sub of {
	my ($colour) = @_;
	$colour =~ s/^#(.)(.)(.)$/#$1$1$2$2$3$3/;
	my @part = $colour =~ /^#(..)(..)(..)$/ or die "no colour: $colour";
	return luminance(@part);
}

sub ratio {
	my ($high, $low) = sort { $b <=> $a } map { of($_) } @_;
	return ($high + 0.05) / ($low + 0.05);
}

sub told {
	my ($what, $ratio) = @_;
	printf "%s: %.2f\n", $what, $ratio if $ratio < 4.5;
	return $ratio < 4.5 ? 1 : 0;
}

my $page = do { local $/; <> };
my @roots = $page =~ /:root\{([^}]*)\}/g;
my ($pairs, $found) = (0, 0);
my %light;
for my $i (0 .. $#roots) {
	my %colour = (%light, $roots[$i] =~ /--(\w+):(#[0-9a-f]+)/g);
	%light = %colour if $i == 0;
	for my $text (qw(ink soft good stir)) {
		for my $behind (qw(paper tint)) {
			$pairs++;
			my $ratio = ratio($colour{$text}, $colour{$behind});
			$found += told("$text on $behind of $i", $ratio);
		}
	}
}
# numbers on the cells of the heat map
my %cell = $page =~ /\.(q\d)\{fill:(#[0-9a-f]+)\}/g;
while ($page =~ /class="(q\d)"(?:(?!class=).)*?class="(dark|pale)"/gs) {
	$pairs++;
	my $ratio = ratio($2 eq 'dark' ? '#111' : '#fff', $cell{$1});
	$found += told("$2 on $1", $ratio);
}
$found += told("of so few pairs", 0) if $pairs < 30;
exit($found ? 0 : 1);
