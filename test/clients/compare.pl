#!/usr/bin/perl
# SPDX-License-Identifier: PostgreSQL
# compare.pl TRUTH SAID: what a client said of the views against what psql says;
# prints what is wrong, nothing when all is well.  TRUTH has the lines of a
# client, from psql itself, with the types of the server.
use strict;
use warnings;

sub slurp {
	my ($file) = @_;
	my %said = (view => {}, column => {}, row => {});
	open my $in, '<:utf8', $file or die "$file: $!";
	while (<$in>) {
		chomp;
		s/\r\z//;
		my ($what, $view, @rest) = split /\t/, $_, -1;
		next unless defined $view && exists $said{$what};
		if ($what eq 'view') { $said{view}{$view} = $rest[0] }
		elsif ($what eq 'column') { push @{ $said{column}{$view} }, \@rest }
		else { push @{ $said{row}{$view} }, \@rest }
	}
	return \%said;
}

binmode STDOUT, ':utf8';
my ($truth, $said) = map { slurp($_) } @ARGV;
my $none = qr/^(|null|None|undefined)\z/;
for my $view (sort keys %{ $truth->{view} }) {
	if (!exists $said->{view}{$view}) { print "$view is not listed\n"; next }
	print "$view has no comment\n" if $said->{view}{$view} =~ $none;
	my %types = map { $_->[0] => $_->[1] } @{ $truth->{column}{$view} };
	my @columns = @{ $said->{column}{$view} // [] };
	my %seen = map { $_->[0] => 1 } @columns;
	print "$view.$_ is not listed\n" for grep { !$seen{$_} } sort keys %types;
	for my $column (@columns) {
		print "$view.$column->[0] has an unknown type\n" if $column->[1] =~ /^(unknown|NULL|)$/i;
		print "$view.$column->[0] has no comment\n" if $column->[2] =~ $none;
	}
	my @want = @{ $truth->{row}{$view} // [] };
	my @got = @{ $said->{row}{$view} // [] };
	print "$view has ", scalar @got, " rows, not ", scalar @want, "\n" if @got != @want;
	my @order = map { $_->[0] } @{ $truth->{column}{$view} };
	my $wrong = 0;
	for my $i (0 .. ($#want < $#got ? $#want : $#got)) {
		my %got;
		@got{ map { $_->[0] } @columns } = @{ $got[$i] };
		for my $j (0 .. $#order) {
			my ($want, $got) = ($want[$i][$j], $got{ $order[$j] } // '(nothing)');
			my $type = $types{ $order[$j] };
			next if $want eq $got;
			next if $want ne '\N' && $got =~ /^[-+0-9.eE]+\z/ && $type =~ /^(double|numeric|bigint|integer)/ && $want == $got;
			# moments, however they are written
			next if $type =~ /^timestamp/ && moment($want) eq moment($got);
			print "$view.$order[$j] of row ", $i + 1, " is $got, not $want\n" if $wrong++ < 3;
		}
	}
}
print "$_ is listed and is not there\n" for grep { !exists $truth->{view}{$_} } sort keys %{ $said->{view} };

# to the millisecond, for clients that have no more
sub moment {
	my ($text) = @_;
	$text =~ s/ /T/;
	$text =~ s/(Z|\+00(:?00)?)\z//;
	$text =~ s/\.(\d{1,3})\d*\z/'.' . substr("${1}00", 0, 3)/e or $text .= '.000';
	return $text;
}
