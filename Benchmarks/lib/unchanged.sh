# Sourced by ../run: a run that finds nothing changed, beside psql's \copy of the same query.

measure_unchanged() {
    local rows=${ROWS:-500000} rounds=${ROUNDS:-5} project=$work/unchanged round
    local query="SELECT user_id, visits, score, ltv, active, signup, last_seen, tags, member, country FROM users"
    echo "unchanged: $rows PostgreSQL rows of 10 typed columns, $rounds rounds"
    start_postgres
    fill_table users << SQL
CREATE TABLE users (user_id text PRIMARY KEY, visits int8, score float8, ltv numeric(12,2), active bool, signup date,
    last_seen timestamptz, tags text[], member uuid, country text);
INSERT INTO users SELECT 'user-' || lpad(i::text, 9, '0'), (i * 7919) % 100000,
    ((i * 104729) % 1000003)::float8 / 1000003, ((i * 31) % 1000000)::numeric / 100, i % 3 = 0,
    date '2020-01-01' + (i % 2000)::int, timestamptz '2026-01-01 00:00:00+00' + make_interval(secs => (i * 37) % 25000000),
    CASE WHEN i % 5 = 0 THEN '{}'::text[] ELSE ARRAY['sport', 'tech-' || (i % 100), 'travel'] END, md5(i::text)::uuid,
    (ARRAY['Germany','France','Japan','Brazil','United States'])[(1 + i % 5)::int]
FROM generate_series(1::bigint, $rows::bigint) i;
SQL
    unchanged_project "$project" "$query"
    seconds_of 0 "$headrace" run --project "$project" --baseline --output json > /dev/null
    same "rows recorded" "$(from_json queried)" "$rows"

    : > "$work/psql.seconds"
    : > "$work/run.seconds"
    : > "$work/run.kilobytes"
    for ((round = 0; round < rounds; round++)); do
        seconds_of 0 psql_as reader bench -c "\\copy ($query) to /dev/null" >> "$work/psql.seconds"
        seconds_of 0 /usr/bin/time -f %M -o "$work/memory" "$headrace" run --project "$project" --output json \
            >> "$work/run.seconds"
        cat "$work/memory" >> "$work/run.kilobytes"
        same "rows unchanged" "$(from_json unchanged)" "$rows"
    done
    local copy run memory
    copy=$(median < "$work/psql.seconds")
    run=$(median < "$work/run.seconds")
    memory=$(sort -g "$work/run.kilobytes" | tail -n 1)
    row "unchanged run, rows/s" "$(calc "$rows / $run" 0)" "psql \\copy $(calc "$rows / $copy" 0)" "$(calc "$copy / $run")"
    row "  its peak memory, MB" "$(calc "$memory / 1024" 0)" "" ""
}

unchanged_project() {
    mkdir -p "$1/models"
    cat > "$1/headrace.yml" << YAML
version: 1
name: unchanged
sources:
  warehouse: {type: postgres, url: "postgresql://reader@127.0.0.1:$postgres_port/bench"}
destinations:
  personalize:
    type: contentstack_personalize
    region: na
    project_uid: "6400000000000000000000ab"
    auth: {method: none}
    edge_url: http://127.0.0.1:9
state: {url: "sqlite:.headrace/state.db"}
YAML
    printf '%s\n' "$2" > "$1/models/users.sql"
    cat > "$1/models/users.yml" << YAML
model:
  source: warehouse
  primary_key: user_id
syncs:
  - name: users
    destination: personalize
    mode: update
    match: {column: user_id, field: user_uid}
    mappings:
      - {column: visits, attribute: visits}
      - {column: score, attribute: score}
      - {column: ltv, attribute: ltv}
      - {column: active, attribute: active}
      - {column: signup, attribute: signup}
      - {column: last_seen, attribute: last_seen}
      - {column: tags, attribute: tags}
      - {column: member, attribute: member, cast: string}
      - {column: country, attribute: country}
YAML
    cat > "$1/models/attributes.yml" << YAML
attributes:
  visits: {type: integer}
  score: {type: number}
  ltv: {type: number}
  active: {type: boolean}
  signup: {type: date}
  last_seen: {type: timestamp}
  tags: {type: string_list}
  member: {type: string}
  country: {type: string}
YAML
}
