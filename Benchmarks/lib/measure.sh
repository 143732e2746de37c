# Sourced by ../run: timing, medians, and the table at the end.

table=()

# Seconds that a command takes, on stdout; its own output goes to a file, shown if it fails.
# The exit codes that are fine come first: seconds_of "0 3" command…
seconds_of() {
    local fine=$1 start end status=0
    shift
    start=$EPOCHREALTIME
    "$@" > "$work/last.out" 2> "$work/last.err" < /dev/null || status=$?
    end=$EPOCHREALTIME
    if [[ " $fine " != *" $status "* ]]; then
        echo "exit $status: $*" >&2
        tail -n 20 "$work/last.out" "$work/last.err" >&2
        return 1
    fi
    awk -v start="$start" -v end="$end" 'BEGIN { printf "%.4f\n", end - start }'
}

# The middle of the numbers on stdin, the mean of the two middle ones for an even count.
median() {
    sort -g | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# calc EXPRESSION DIGITS
calc() { awk "BEGIN { printf \"%.${2:-2}f\", $1 }"; }

# row WHAT VALUE "PEER AND ITS VALUE" RATIO
row() { table+=("$1|$2|$3|$4"); }

print_table() {
    echo
    printf '%s\n' "measured|Headrace|peer|ratio" "${table[@]}" | column -t -s '|'
    echo
    echo "$(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(date -u +%Y-%m-%d), medians"
}

# A number out of the last command's JSON: from_json deliver
from_json() { grep -o "\"$1\":[0-9.eE+-]*" "$work/last.out" | head -n 1 | cut -d: -f2; }

# same WHAT FOUND WANTED: a measurement of something else than it says is worse than none.
same() {
    if [ "$2" != "$3" ]; then
        echo "$1: $2 instead of $3" >&2
        return 1
    fi
}
