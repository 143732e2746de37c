# Sourced by scripts/demo: what it expects, checked with sqlite3 since neither jq nor Python need be there.
syncs="loyalty audiences churn"

headline() { printf '\n=== %s ===\n' "$*"; }

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# expect "CODES" COMMAND…: runs a command and fails unless it exits with one of the codes.
expect() {
    local codes=$1 status=0
    shift
    "$@" || status=$?
    case " $codes " in
        *" $status "*) ;;
        *) fail "exit code $status instead of $codes: ${*#"$top/"}" ;;
    esac
}

same() {
    [ "$2" = "$3" ] || fail "$1: $2 instead of $3"
    echo "ok: $1: $2"
}

wait_for_simulator() {
    local try
    for try in $(seq 100); do
        if curl --silent --max-time 1 "$simulator/__simulator/stats" > /dev/null; then
            echo "the simulator listens on $simulator"
            return
        fi
        kill -0 "$simulator_pid" 2> /dev/null || break
        sleep 0.1
    done
    cat "$work/simulator.log" >&2
    fail "the simulator does not listen on $simulator"
}

# The lines of a file of JSON lines as one JSON array, in SQL.
lines_of() {
    sed -e '1s/^/[/' -e '$!s/$/,/' -e '$s/$/]/' "$1" > "$1.array"
    printf "json_each(CAST(readfile('%s.array') AS TEXT))" "$1"
}

# field FILE SYNC PATH: one value of that sync's line.
field() {
    local value
    value=$(sqlite3 :memory: "SELECT json_extract(value, '\$.$3') FROM $(lines_of "$1")
        WHERE json_extract(value, '\$.sync') = '$2'")
    [ -n "$value" ] || fail "$(basename "$1") has no $3 for $2"
    echo "$value"
}

show_books() {
    sqlite3 -header -column :memory: "SELECT json_extract(value, '\$.sync') AS sync,
        json_extract(value, '\$.status') AS status, json_extract(value, '\$.rows.queried') AS queried,
        json_extract(value, '\$.rows.unchanged') AS unchanged, json_extract(value, '\$.rows.added') AS added,
        json_extract(value, '\$.rows.changed') AS changed, json_extract(value, '\$.rows.removed') AS removed,
        json_extract(value, '\$.rows.invalid') AS invalid, json_extract(value, '\$.operations.planned') AS planned,
        json_extract(value, '\$.operations.confirmed') AS confirmed FROM $(lines_of "$1")"
}

# Every sync has its line, and both equations of its books hold.
check_books() {
    local balanced
    balanced=$(sqlite3 :memory: "
        WITH books AS (SELECT json_extract(value, '\$.rows') AS r, json_extract(value, '\$.operations') AS o
            FROM $(lines_of "$1"))
        SELECT count(*) FROM books
        WHERE r ->> 'queried' = (r ->> 'unchanged') + (r ->> 'added') + (r ->> 'changed') + (r ->> 'invalid')
        AND o ->> 'planned' = (o ->> 'confirmed') + (o ->> 'rejected') + (o ->> 'unknown') + (o ->> 'deferred')
            + (o ->> 'quarantined')
        AND o ->> 'planned' = o ->> 'confirmed'")
    same "syncs with balanced books, all confirmed" "$balanced" 3
}

# Keeps what each model yields now, asked of sqlite3 and not of Headrace.
remember_rows() {
    local sync
    for sync in $syncs; do sqlite3 demo/shop.db < "models/$sync.sql" > "$work/$sync.$1"; done
}

# The planned users of a sync are those whose rows differ, no more and no fewer. Only audiences has an on_removed.
check_plan() {
    local removals=0
    if [ "$2" = audiences ]; then removals=1; fi
    awk -F'|' -v removals="$removals" '
        NR == FNR { old[$2] = $0; next }
        { new[$2] = $0 }
        END {
            for (uid in new) if (!(uid in old)) print "added " uid; else if (new[uid] != old[uid]) print "changed " uid
            if (removals) for (uid in old) if (!(uid in new)) print "removed " uid
        }' "$work/$2.before" "$work/$2.after" | sort > "$work/$2.expected"
    sqlite3 -separator ' ' :memory: "SELECT json_extract(user.value, '\$.kind'), json_extract(user.value, '\$.user_uid')
        FROM $(lines_of "$1") AS line, json_each(line.value, '\$.users') AS user
        WHERE json_extract(line.value, '\$.sync') = '$2'" | sort > "$work/$2.planned"
    diff "$work/$2.expected" "$work/$2.planned" || fail "the plan of $2 does not list the users whose rows changed"
    same "users planned by $2, as changed in the shop" "$(field "$1" "$2" operations.planned)" \
        "$(wc -l < "$work/$2.expected")"
}

# value UID ATTRIBUTE: what the simulator holds.
value() {
    curl --silent --show-error --fail --max-time 5 "$simulator/__simulator/users/$1?project=$project_uid" > "$work/user.json"
    sqlite3 :memory: "SELECT json_extract(CAST(readfile('$work/user.json') AS TEXT), '\$.attributes.$2')"
}

check_simulator() {
    same "tier of user-000040" "$(value user-000040 loyalty_tier)" silver
    same "audiences of user-000040" "$(value user-000040 audience_ids)" \
        "$(sqlite3 demo/shop.db < models/audiences.sql | awk -F'|' '$2 == "user-000040" { print $3 }' \
            | tr -d '[]"' | sed -e 's/,/|/g' -e 's/.*/|&|/')"
    same "audiences of user-001601, who withdrew consent" "$(value user-001601 audience_ids)" ""
    same "tier of user-004001, who arrived" "$(value user-004001 loyalty_tier)" silver
    curl --silent --show-error --fail --max-time 5 "$simulator/__simulator/stats" > "$work/stats.json"
    same "most requests in flight for one user" \
        "$(sqlite3 :memory: "SELECT json_extract(CAST(readfile('$work/stats.json') AS TEXT), '\$.max_in_flight_per_user')")" 1
}
