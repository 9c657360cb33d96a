# vmdk.pl IMAGE: gives the descriptor in a VMDK a content identifier that is always the same. It tells
# whether a parent has changed, and nothing has this one for its parent.
use strict;
use warnings;

my ($image) = @ARGV;
# The descriptor is text behind the first sector, with zeros behind it (VMware's Virtual Disk Format 1.1).
my ($at, $length) = (512, 20 * 512);
open(my $file, '+<:raw', $image) or die "$image: $!";
seek($file, $at, 0) && read($file, my $text, $length) == $length or die "$image: too short";
$text =~ s/\0+\z//;
$text =~ s/^CID=[0-9a-f]+$/CID=fffffffe/m or die "$image: no descriptor";
seek($file, $at, 0);
print $file pack("a$length", $text);
close($file) or die "$image: $!";
