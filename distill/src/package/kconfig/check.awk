# Compares a .config with what was asked of it: awk -f check.awk asked .config
# A line of `asked` is option, value and who asked, with tabs between them.
BEGIN { FS = "\t" }

FILENAME == ARGV[1] {
	count++
	option[count] = $1
	asked[count] = $2
	by[count] = $3
	next
}

/^CONFIG_[A-Za-z0-9_]*=/ {
	at = index($0, "=")
	found[substr($0, 1, at - 1)] = substr($0, at + 1)
}

END {
	for (i = 1; i <= count; i++) {
		name = option[i]
		value = name in found ? found[name] : "n"
		# The empty text makes this a comparison of texts, not of numbers.
		if (value "" == asked[i] "") continue
		wrong = wrong "\n  " name "=" asked[i] " asked by `" by[i] "`: it is " value
		bad++
	}
	if (!bad) exit 0
	print "options that did not take: " bad " of " count wrong > "/dev/stderr"
	print "hint: an option may not exist, or need others (see its `depends on`)" > "/dev/stderr"
	exit 1
}
