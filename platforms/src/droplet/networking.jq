# One thing to do a line: `public INTERFACE ADDRESS/LENGTH`, `more INTERFACE ADDRESS/LENGTH`,
# `default INTERFACE GATEWAY`. Interfaces are named by their hardware address. What is not an
# address is left out, with everything that would depend on it.

def matches($pattern): type == "string" and test("\\A" + $pattern + "\\z");
def is_ipv4: matches("((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(\\.(?!\\z)|\\z)){4}");
def is_ipv6: matches("[0-9a-fA-F:]{2,39}") and contains(":");
def bits: {"255": 8, "254": 7, "252": 6, "248": 5, "240": 4, "224": 3, "192": 2, "128": 1, "0": 0}[.];

# The length of a netmask; nothing if it has gaps.
def length_of_mask:
  strings | split(".") | map(bits)
  | select(length == 4 and all(.[]; . != null))
  | select(. as $bits | all(range(1; 4); $bits[.] == 0 or $bits[. - 1] == 8))
  | add;

def with_length_4: select(.ip_address | is_ipv4) | "\(.ip_address)/\(.netmask | length_of_mask)";
def with_length_6:
  select(.ip_address | is_ipv6)
  | (.cidr | tostring | select(matches("[0-9]{1,3}")) | tonumber | select(. <= 128)) as $length
  | "\(.ip_address)/\($length)";

def list: if type == "array" then .[] else empty end | objects;
def name($otherwise):
  .mac | if matches("([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}") then ascii_downcase else $otherwise end;

.interfaces | objects
| (
    .public | list | name("eth0") as $name
    | ( (.ipv4 | objects | with_length_4 | "public \($name) \(.)"),
        (.ipv6 | objects | with_length_6 | "public \($name) \(.)"),
        (.anchor_ipv4 | objects | with_length_4 | "more \($name) \(.)"),
        (.ipv4 | objects | .gateway | select(is_ipv4) | "default \($name) \(.)"),
        (.ipv6 | objects | .gateway | select(is_ipv6) | "default \($name) \(.)") )
  ),
  (
    .private | list | name("eth1") as $name
    | ( (.ipv4 | objects | with_length_4), (.ipv6 | objects | with_length_6) )
    | "more \($name) \(.)"
  )
