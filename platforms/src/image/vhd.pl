# vhd.pl IMAGE SEED: appends the footer that makes a raw disk a fixed VHD; its identifier comes from the
# seed, 32 hexadecimal digits at least. Virtual Hard Disk Image Format Specification, version 1.0.
use strict;
use warnings;

my ($image, $seed) = @ARGV;
my $size = -s $image;

# Cylinders, heads and sectors, as the specification computes them.
sub geometry {
  my $total = shift;
  $total = 65535 * 16 * 255 if $total > 65535 * 16 * 255;
  return (int($total / 255 / 16), 16, 255) if $total >= 65535 * 16 * 63;
  my $sectors = 17;
  my $tracks = int($total / $sectors);
  my $heads = int(($tracks + 1023) / 1024);
  $heads = 4 if $heads < 4;
  if ($tracks >= $heads * 1024 || $heads > 16) {
    ($sectors, $heads) = (31, 16);
    $tracks = int($total / $sectors);
  }
  if ($tracks >= $heads * 1024) {
    ($sectors, $heads) = (63, 16);
    $tracks = int($total / $sectors);
  }
  return (int($tracks / $heads), $heads, $sectors);
}

my ($cylinders, $heads, $sectors) = geometry($size / 512);
my $kind = 2; # fixed
sub footer {
  my $sum = shift;
  # Who made it decides whether readers go by the size (as here) or by the geometry, which is rounded.
  return pack(
    'a8 N N Q> N a4 N a4 Q> Q> n C C N N a16 C x427',
    'conectix', 2, 0x10000, ~0, 0, 'qem2', 0x50003, 'Wi2k', $size, $size,
    $cylinders, $heads, $sectors, $kind, $sum, pack('H32', $seed), 0,
  );
}
my $total = 0;
$total += $_ for unpack('C*', footer(0));
open(my $file, '>>:raw', $image) or die "$image: $!";
print $file footer(~$total & 0xffffffff);
close($file) or die "$image: $!";
