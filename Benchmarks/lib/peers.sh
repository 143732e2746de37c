# Sourced by ../run: what the same users take with Python, where its libraries are installed.

# measure_peers SCHEME: beside the delivery that was measured last, in `delivered`.
measure_peers() {
    local python=${PYTHON:-python3} drt=${DRT:-drt} library count in_flight rate cost
    for library in aiohttp requests; do
        if ! "$python" -c "import $library" 2> /dev/null; then
            echo "first: $library is not installed for $python"
            continue
        fi
        if [ $library = aiohttp ]; then count=20000 in_flight=64; else count=4000 in_flight=1; fi
        rest
        "$python" "$here/peers/patches.py" $library "$(sink_url "$1")/user-attributes" $count $in_flight \
            "$work/sink/cert.pem" > "$work/peer.out"
        read -r rate cost < "$work/peer.out"
        row "  beside a script" "$delivered" "$library, $in_flight in flight $rate ($cost µs)" "$(calc "$delivered / $rate" 1)"
    done
    if command -v "$drt" > /dev/null; then
        measure_drt "$1" "$drt"
    else
        echo "first: drt is not installed"
    fi
}

# drt sends one request at a time; the users are those of the run before.
measure_drt() {
    local count=4000 project=$work/drt-$1 seconds cost
    mkdir -p "$project/syncs" "$project/home/.drt"
    cat > "$project/drt_project.yml" << 'YAML'
name: first
version: "0.1"
profile: shop
YAML
    cat > "$project/home/.drt/profiles.yml" << YAML
shop:
  type: sqlite
  database: $work/first-$1-64/shop.db
YAML
    cat > "$project/syncs/users.yml" << YAML
name: users
model: SELECT user_id, visits, score, active, last_seen, country, plan FROM users LIMIT $count
destination:
  type: rest_api
  url: $(sink_url "$1")/user-attributes
  method: PATCH
  headers:
    Content-Type: "application/json"
    x-project-uid: "6400000000000000000000ab"
  native_idempotency_header: x-cs-personalize-user-uid
  native_idempotency_key: "{{ row.user_id }}"
  body_template: |
    {"visits": {{ row.visits }}, "score": {{ row.score }}, "active": {{ row.active | tojson }}, "last_seen": {{ row.last_seen | tojson }}, "country": {{ row.country | tojson }}, "plan": {{ row.plan | tojson }}}
sync:
  mode: full
  batch_size: 1000
  rate_limit:
    requests_per_second: 0
  on_error: fail
YAML
    rest
    seconds=$(cd "$project" && HOME=$project/home DO_NOT_TRACK=1 SSL_CERT_FILE=$work/sink/cert.pem \
        REQUESTS_CA_BUNDLE=$work/sink/cert.pem seconds_of 0 /usr/bin/time -f "%U %S" -o "$work/cpu" \
        "$2" run --select users -o json)
    cost=$(awk -v users=$count '{ printf "%.0f", ($1 + $2) * 1e6 / users }' "$work/cpu")
    row "  beside drt" "$delivered" "drt, whole run $(calc "$count / $seconds" 0) ($cost µs)" \
        "$(calc "$delivered * $seconds / $count" 1)"
}
