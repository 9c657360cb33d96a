# The file's lines. No resolver looks at more than three servers.
[ .dns | objects | .nameservers | if type == "array" then .[] else empty end
  | strings | select(test("\\A([0-9]{1,3}(\\.[0-9]{1,3}){3}|[0-9a-fA-F:]{2,39})\\z")) ]
| .[:3][]
| "nameserver \(.)"
