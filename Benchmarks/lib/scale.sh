# Sourced by ../run: unchanged runs over a million and over ten million users, in one pass and in parts.

measure_scale() {
    local rows
    start_postgres
    for rows in ${SCALES:-1000000 10000000}; do measure_scale_of "$rows"; done
}

measure_scale_of() {
    local rows=$1 rounds=${ROUNDS:-3} project=$work/scale-$1 round limit
    echo "scale: $rows unchanged users of PostgreSQL, $rounds rounds"
    fill_table members << SQL
CREATE TABLE members (user_id text PRIMARY KEY, visits int8, active bool, last_seen timestamptz, country text);
INSERT INTO members SELECT 'user-' || lpad(i::text, 9, '0'), (i * 7919) % 100000, i % 3 = 0,
    timestamptz '2026-01-01 00:00:00+00' + make_interval(secs => (i * 37) % 25000000),
    (ARRAY['Germany','France','Japan','Brazil','United States'])[(1 + i % 5)::int]
FROM generate_series(1::bigint, $rows::bigint) i;
SQL
    local query="SELECT user_id, visits, active, last_seen, country FROM members"
    unchanged_project "$project" "$query"
    sed -i '/attribute: score\|attribute: ltv\|attribute: signup\|attribute: tags\|attribute: member/d' "$project/models/users.yml"
    scale_limit 768MB
    seconds_of 0 "$headrace" run --project "$project" --baseline --output json > /dev/null
    same "rows recorded" "$(from_json queried)" "$rows"
    for limit in 768MB 64MB; do
        scale_limit "$limit"
        : > "$work/scale.seconds"
        : > "$work/scale.kilobytes"
        : > "$work/scale.processor"
        : > "$work/scale.copy"
        for ((round = 0; round < rounds; round++)); do
            seconds_of 0 psql_as reader bench -c "\\copy ($query) to /dev/null" >> "$work/scale.copy"
            seconds_of 0 /usr/bin/time -f "%M %U %S" -o "$work/usage" "$headrace" run --project "$project" --output json \
                >> "$work/scale.seconds"
            cut -d' ' -f1 "$work/usage" >> "$work/scale.kilobytes"
            awk '{ print $2 + $3 }' "$work/usage" >> "$work/scale.processor"
            same "rows unchanged" "$(from_json unchanged)" "$rows"
        done
        local seconds processor copy
        copy=$(median < "$work/scale.copy")
        seconds=$(median < "$work/scale.seconds")
        processor=$(median < "$work/scale.processor")
        row "$rows unchanged users, memory_limit $limit, rows/s" "$(calc "$rows / $seconds" 0)" \
            "psql \\copy $(calc "$rows / $copy" 0)" "$(calc "$copy / $seconds")"
        row "  processor time a row, µs" "$(calc "1000000 * $processor / $rows")" "" ""
        row "  peak memory, MB" "$(calc "$(sort -g "$work/scale.kilobytes" | tail -n 1) / 1024" 0)" "" ""
    done
    rm -rf "$project"
}

scale_limit() { sed -i "s|^state:.*|state: {url: \"sqlite:.headrace/state.db\", memory_limit: $1}|" "$project/headrace.yml"; }
