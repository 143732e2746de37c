# Sourced by ../run: how a first run meets a destination that is slow, that limits, or that is down. Its peer is what the
# destination would take at best.

simulator() { curl -sf "http://127.0.0.1:$simulator_port/__simulator/$1" "${@:2}"; }
refusals_so_far() { simulator stats | grep -o '"503":[0-9]*' | cut -d: -f2 || echo 0; }
requests_so_far() { simulator stats | grep -o '"requests":[0-9]*' | cut -d: -f2; }
delay_rule() { echo "{\"rules\":[{\"effect\":{\"type\":\"delay\",\"delay_ms\":$1}}]}"; }

# Every answer takes 50 ms: 256 requests in flight are 5,120 users a second, and never more.
measure_latency() {
    local users=${USERS:-300000} project=$work/latency ideal=5120 run deliver
    echo "latency: $users users at 50 ms, max_in_flight 256"
    start_late_server 50
    sink_port=$simulator_port
    first_project "$project" "$users" 256
    run=$(seconds_of 0 "$headrace" run --project "$project" --output json)
    same "users confirmed" "$(from_json confirmed)" "$users"
    deliver=$(calc "$users / $(from_json deliver)" 0)
    run=$(calc "$users / $run" 0)
    row "first run at 50 ms, max_in_flight 256, users/s" "$run" "256 in flight at 50 ms: $ideal" "$(calc "$run / $ideal")"
    row "  its delivery alone" "$deliver" "" "$(calc "$deliver / $ideal")"
    stop_simulator
    rm -rf "$project" "$XDG_STATE_HOME"
}

# nginx lets 500 requests a second through to the late server, 50 more at once after a rest, and answers 429 to the others.
measure_limit() {
    local users=${USERS:-60000} project=$work/limit rate=500 gate_pid gate_port deliver
    echo "limit: $users users, $rate requests/s allowed, 429 above"
    start_late_server 50
    gate_port=$(free_port)
    mkdir -p "$work/gate"
    cat > "$work/gate/nginx.conf" << CONF
worker_processes 1;
daemon off;
pid $work/gate/nginx.pid;
error_log $work/gate/error.log crit;
events { worker_connections 4096; }
http {
    log_format answers '\$msec \$status';
    access_log $work/gate/answers.log answers;
    client_body_temp_path $work/gate/body; proxy_temp_path $work/gate/proxy; fastcgi_temp_path $work/gate/fastcgi;
    uwsgi_temp_path $work/gate/uwsgi; scgi_temp_path $work/gate/scgi;
    keepalive_requests 1000000000;
    keepalive_timeout 600s;
    limit_req_zone \$server_port zone=all:1m rate=${rate}r/s;
    limit_req_status 429;
    upstream late { server 127.0.0.1:$simulator_port; keepalive 256; keepalive_requests 1000000000; }
    server {
        listen 127.0.0.1:$gate_port backlog=1024;
        location / {
            limit_req zone=all burst=50 nodelay;
            proxy_pass http://late;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }
    }
}
CONF
    nginx -p "$work/gate" -c "$work/gate/nginx.conf" 2> "$work/gate/start.log" &
    gate_pid=$!
    wait_for_port "$gate_port" "$gate_pid" "$work/gate/start.log"
    sink_port=$gate_port
    first_project "$project" "$users" 256
    seconds_of 0 "$headrace" run --project "$project" --output json > /dev/null || { kill "$gate_pid"; return 1; }
    kill "$gate_pid"
    same "users confirmed" "$(from_json confirmed)" "$users"
    deliver=$(calc "$users / $(from_json deliver)" 1)
    row "first run at $rate requests/s allowed, users/s" "$deliver" "the limit: $rate" "$(calc "$deliver / $rate")"
    row "  of its answers 429, %" "$(share_of_429 0)" "" ""
    row "  after the first ten seconds, %" "$(share_of_429 10)" "" ""
    stop_simulator
    rm -rf "$project" "$XDG_STATE_HOME"
}

# share_of_429 SECONDS: of the answers later than so many seconds after the first, in per cent.
share_of_429() {
    awk -v after="$1" 'NR == 1 { start = $1 } $1 >= start + after { all++; if ($2 == 429) throttled++ }
        END { printf "%.2f", all ? 100 * throttled / all : 0 }' "$work/gate/answers.log"
}

# Every answer is 503 for a while, then all is well again. The 503s are as late as the other answers: as many as may be are
# in flight when the first one comes.
measure_outage() {
    local users=${USERS:-250000} outage=${OUTAGE:-120} project=$work/outage pid before during second=0 last now pace back=
    echo "outage: $users users at 100 ms, 503 to all for $outage s, max_in_flight 256"
    start_simulator "$(delay_rule 100)"
    sink_port=$simulator_port
    first_project "$project" "$users" 256
    "$headrace" run --project "$project" --output json > "$work/last.out" 2> "$work/last.err" < /dev/null &
    pid=$!
    until [ "$(requests_so_far)" -gt 5000 ]; do sleep 0.2; done
    last=$(requests_so_far)
    sleep 3
    before=$(requests_so_far)
    pace=$(calc "($before - $last) / 3" 0)
    simulator faults -X PUT -d '{"rules":[{"effect":{"type":"status","status":503,"delay_ms":100}}]}' > /dev/null
    sleep "$outage"
    during=$(refusals_so_far)
    simulator faults -X PUT -d "$(delay_rule 100)" > /dev/null
    last=$(requests_so_far)
    while [ -z "$back" ] && [ "$second" -lt 90 ] && kill -0 "$pid" 2> /dev/null; do
        sleep 1
        second=$((second + 1))
        now=$(requests_so_far)
        if [ $((now - last)) -ge $((pace * 9 / 10)) ]; then back=$second; fi
        last=$now
    done
    wait "$pid" || true
    row "requests answered 503 in $outage s, max_in_flight 256" "$during" "window + 60: 572" "$(calc "$during / 572")"
    row "  seconds after it until 0.9 of the pace before" "${back:-never}" "60" ""
    row "  users confirmed, of $users" "$(from_json confirmed)" "" ""
    row "  users unknown or deferred at the end" "$(($(from_json unknown) + $(from_json deferred)))" "" ""
    stop_simulator
    rm -rf "$project" "$XDG_STATE_HOME"
}
