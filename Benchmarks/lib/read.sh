# Sourced by ../run: reading alone, beside psql's \copy and the sqlite3 shell printing the same rows.

read_query="SELECT user_id, visits, score, ltv, active, signup, last_seen, tags, props, uid, note, country FROM users"

measure_read() {
    local rows=${ROWS:-1000000} rounds=${ROUNDS:-5} round
    echo "read: $rows rows of 12 columns on both engines, $rounds rounds"
    start_postgres
    fill_table users << SQL
CREATE TABLE users (user_id text PRIMARY KEY, visits int8, score float8, ltv numeric(12,2), active bool, signup date,
    last_seen timestamptz, tags text[], props jsonb, uid uuid, note text, country varchar(40));
INSERT INTO users SELECT 'user-' || lpad(i::text, 9, '0'), (i * 7919) % 100000,
    ((i * 104729) % 1000003)::float8 / 1000003, ((i * 31) % 1000000)::numeric / 100, i % 3 = 0,
    date '2020-01-01' + (i % 2000)::int, timestamptz '2026-01-01 00:00:00+00' + make_interval(secs => (i * 37) % 25000000),
    CASE WHEN i % 5 = 0 THEN '{}'::text[] ELSE ARRAY['sport', 'tech-' || (i % 100), 'travel'] END,
    jsonb_build_object('plan', CASE i % 3 WHEN 0 THEN 'free' WHEN 1 THEN 'pro' ELSE 'enterprise' END, 'seats', i % 50,
        'beta', i % 2 = 0),
    md5(i::text)::uuid, CASE WHEN i % 10 = 0 THEN 'note number ' || i END,
    (ARRAY['Germany','France','Japan','Brazil','United States'])[(1 + i % 5)::int]
FROM generate_series(1::bigint, $rows::bigint) i;
SQL
    sqlite3 -batch "$work/users.db" << SQL
CREATE TABLE users (user_id TEXT PRIMARY KEY, visits INTEGER, score REAL, ltv NUMERIC, active BOOLEAN, signup DATE,
    last_seen TIMESTAMP, tags JSON LIST, props JSON, uid TEXT, note TEXT, country TEXT) WITHOUT ROWID;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $rows)
INSERT INTO users SELECT printf('user-%09d', i), i * 7919 % 100000, (i * 104729 % 1000003) / 1000003.0,
    i * 31 % 1000000 / 100.0, i % 3 = 0, date('2020-01-01', '+' || (i % 2000) || ' days'),
    strftime('%Y-%m-%dT%H:%M:%SZ', 1767225600 + i * 37 % 25000000, 'unixepoch'),
    CASE WHEN i % 5 = 0 THEN '[]' ELSE json_array('sport', 'tech-' || (i % 100), 'travel') END,
    json_object('plan', CASE i % 3 WHEN 0 THEN 'free' WHEN 1 THEN 'pro' ELSE 'enterprise' END, 'seats', i % 50),
    lower(hex(randomblob(16))), CASE WHEN i % 10 = 0 THEN 'note number ' || i END,
    CASE i % 5 WHEN 0 THEN 'Germany' WHEN 1 THEN 'France' WHEN 2 THEN 'Japan' WHEN 3 THEN 'Brazil' ELSE 'United States' END
FROM n;
SQL
    local name
    for name in copy pg.cells pg.typed shell sqlite.cells sqlite.typed; do : > "$work/read.$name"; done
    for ((round = 0; round < rounds; round++)); do
        seconds_of 0 psql_as reader bench -c "\\copy ($read_query) to /dev/null" >> "$work/read.copy"
        read_with postgres "postgresql://reader@127.0.0.1:$postgres_port/bench" pg
        seconds_of 0 sqlite3 -readonly "$work/users.db" "$read_query" >> "$work/read.shell"
        read_with sqlite "$work/users.db" sqlite
    done
    read_rows PostgreSQL pg copy "psql \\copy"
    read_rows SQLite sqlite shell "sqlite3 shell"
}

# read_with ENGINE WHERE NAME: once as cells, once typed too.
read_with() {
    seconds_of 0 "$read_benchmark" "$1" "$2" "$read_query" >> "$work/read.$3.cells"
    same "rows read" "$(cat "$work/last.out")" "rows $rows fitting 0"
    HEADRACE_TYPE=1 seconds_of 0 "$read_benchmark" "$1" "$2" "$read_query" >> "$work/read.$3.typed"
    same "rows typed" "$(cat "$work/last.out")" "rows $rows fitting $rows"
}

# read_rows WHAT NAME PEER "PEER'S NAME"
read_rows() {
    local peer cells typed
    peer=$(median < "$work/read.$3")
    cells=$(median < "$work/read.$2.cells")
    typed=$(median < "$work/read.$2.typed")
    row "$1 read, rows/s" "$(calc "$rows / $cells" 0)" "$4 $(calc "$rows / $peer" 0)" "$(calc "$peer / $cells")"
    row "  and typed" "$(calc "$rows / $typed" 0)" "" "$(calc "$peer / $typed")"
}
