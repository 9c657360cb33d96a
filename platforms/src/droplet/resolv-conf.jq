# The file's lines. No resolver looks at more than three servers.

def is_ipv4: test("\\A((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(\\.(?!\\z)|\\z)){4}\\z");
def is_ipv6: test("\\A[0-9a-fA-F:]{2,39}\\z") and contains(":");

[ .dns | objects | .nameservers | if type == "array" then .[] else empty end
  | strings | select(is_ipv4 or is_ipv6) ]
| .[:3][]
| "nameserver \(.)"
