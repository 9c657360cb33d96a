# The host name; nothing if it is none.
.hostname | strings | select(test("\\A[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?\\z"))
