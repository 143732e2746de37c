# Sourced by ../run: a first run that sends every user to an nginx sink, beside what wrk gets from that sink.

measure_first() {
    local scheme limit
    start_sink
    for scheme in http https; do
        for limit in ${MAX_IN_FLIGHT:-256 64}; do measure_first_at "$scheme" "$limit"; done
        measure_peers "$scheme"
    done
}

# A virtual machine that has just worked hard may be given less for a while: everyone starts from a rest.
rest() { sleep "${REST:-2}"; }

measure_first_at() {
    local scheme=$1 limit=$2 users=${USERS:-60000} rounds=${ROUNDS:-5} project=$work/first-$1-$2 round
    echo "first: $users users to an nginx sink that answers 204, $scheme, max_in_flight $limit, $rounds rounds"
    first_project "$project" "$users" "$limit" "$scheme"
    cat > "$work/patch.lua" << 'LUA'
wrk.method = "PATCH"
wrk.body = '{"active":true,"country":"Germany","last_seen":"2026-11-01T12:00:00Z","plan":"enterprise","score":0.8125,"tags":"|sport|tech-17|travel|","visits":7919}'
wrk.headers["content-type"] = "application/json"
wrk.headers["x-project-uid"] = "6400000000000000000000ab"
wrk.headers["x-cs-personalize-user-uid"] = "user-000000001"
LUA
    for round in wrk.rates first.seconds first.deliver first.cpu; do : > "$work/$round"; done
    for ((round = 0; round < rounds; round++)); do
        rest
        seconds_of 0 wrk -t1 -c64 -d4s -s "$work/patch.lua" "$(sink_url "$scheme")/user-attributes" > /dev/null
        if grep -Eq 'Non-2xx|Socket errors' "$work/last.out"; then
            cat "$work/last.out" >&2
            return 1
        fi
        sink_is_alive
        sed -n 's/^Requests\/sec: *//p' "$work/last.out" >> "$work/wrk.rates"
        rm -rf "$project/.headrace" "$XDG_STATE_HOME"
        rest
        seconds_of 0 /usr/bin/time -f "%U %S" -o "$work/cpu" \
            "$headrace" run --project "$project" --output json >> "$work/first.seconds"
        same "users confirmed" "$(from_json confirmed)" "$users"
        from_json deliver >> "$work/first.deliver"
        awk -v users="$users" '{ print ($1 + $2) * 1e6 / users }' "$work/cpu" >> "$work/first.cpu"
    done
    local peer run
    peer=$(median < "$work/wrk.rates")
    run=$(calc "$users / $(median < "$work/first.seconds")" 0)
    delivered=$(calc "$users / $(median < "$work/first.deliver")" 0)
    row "first run over $scheme, max_in_flight $limit, users/s" "$run" "wrk -t1 -c64 $(calc "$peer" 0)" \
        "$(calc "$run / $peer")"
    row "  its delivery alone, journal included" "$delivered" "" "$(calc "$delivered / $peer")"
    row "  processor time a user, µs" "$(calc "$(median < "$work/first.cpu")" 1)" "" ""
}

# first_project FOLDER USERS MAX_IN_FLIGHT [https]: to the sink.
first_project() {
    local ca=
    mkdir -p "$1/models"
    if [ "${4:-http}" = https ]; then ca="ca_file: $work/sink/cert.pem"; fi
    sqlite3 -batch "$1/shop.db" << SQL
CREATE TABLE users (user_id TEXT PRIMARY KEY, visits INTEGER, score REAL, active INTEGER, last_seen TEXT, tags TEXT,
    country TEXT, plan TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $2)
INSERT INTO users SELECT printf('user-%09d', i), i * 7919 % 100000, i % 10007 / 16.0, i % 2, '2026-11-01T12:00:00Z',
    json_array('sport', 'tech-' || (i % 100), 'travel'), 'Germany', 'enterprise' FROM n;
SQL
    cat > "$1/headrace.yml" << YAML
version: 1
name: first
sources:
  shop: {type: sqlite, path: shop.db}
destinations:
  personalize:
    type: contentstack_personalize
    region: na
    project_uid: "6400000000000000000000ab"
    auth: {method: none}
    edge_url: $(sink_url "${4:-http}")
    max_in_flight: $3
    $ca
state: {url: "sqlite:.headrace/state.db"}
YAML
    echo "SELECT * FROM users" > "$1/models/users.sql"
    cat > "$1/models/users.yml" << YAML
model:
  source: shop
  primary_key: user_id
syncs:
  - name: users
    destination: personalize
    mode: update
    match: {column: user_id, field: user_uid}
    mappings:
      - {column: visits, attribute: visits}
      - {column: score, attribute: score}
      - {column: active, attribute: active}
      - {column: last_seen, attribute: last_seen}
      - {column: tags, attribute: tags}
      - {column: country, attribute: country}
      - {column: plan, attribute: plan}
YAML
    cat > "$1/models/attributes.yml" << YAML
attributes:
  visits: {type: integer}
  score: {type: number}
  active: {type: boolean}
  last_seen: {type: timestamp}
  tags: {type: string_list}
  country: {type: string}
  plan: {type: string}
YAML
}
