# check-options.sh FRAGMENT CONFIG
# kconfig drops an option whose conditions are not met, in silence. Fails, and names them, if an
# option of FRAGMENT did not come out in CONFIG as asked.
awk '
	function name(line) { sub(/^# /, "", line); sub(/[= ].*/, "", line); return line }
	FNR == 1 { file++ }
	!/^(# )?CONFIG_/ { next }
	file == 1 { got[name($0)] = $0; next }
	{
		key = name($0)
		off = $0 ~ /=n$/ || $0 ~ /is not set$/
		have = key in got ? got[key] : "# " key " is not set"
		if (off ? have !~ /is not set$/ : have != $0) {
			print "option did not take: asked for " $0 ", got " have
			bad = 1
		}
	}
	END { exit bad }
' "$2" "$1"
