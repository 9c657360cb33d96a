# Public keys, one a line. A key that brings a line break or another control character along, or
# options in front, is left out.
.public_keys
| if type == "array" then .[] else empty end
| strings
| sub("\\s+\\z"; "")
| select(test("\\A(sk-)?(ssh|ecdsa)-[A-Za-z0-9@.-]+ AAAA[A-Za-z0-9+/]+={0,3}( [^\\x00-\\x1f\\x7f]*)?\\z"))
