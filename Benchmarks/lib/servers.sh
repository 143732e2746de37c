# Sourced by ../run: PostgreSQL, the nginx sink, and the destinations that are slow or in trouble, on free ports, in the work
# folder, gone with the script.

postgres_port=
sink_pid=
simulator_pid=

# Below the ports that the kernel gives to outgoing connections.
free_port() {
    local port
    while :; do
        port=$((10000 + RANDOM % 20000))
        if ! (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; then
            echo "$port"
            return
        fi
    done
}

# PostgreSQL refuses to run as root.
as_postgres() {
    if [ "$(id -u)" -eq 0 ]; then
        setpriv --reuid=postgres --regid=postgres --clear-groups "$@"
    else
        "$@"
    fi
}

# Once, whatever is measured.
start_postgres() {
    if [ -n "$postgres_port" ]; then return; fi
    postgres_bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
    postgres_port=$(free_port)
    mkdir "$work/postgres"
    if [ "$(id -u)" -eq 0 ]; then chown postgres:postgres "$work/postgres"; fi
    (
        cd "$work/postgres"
        as_postgres "$postgres_bin/initdb" -D data -U postgres -A trust -E UTF8 --locale=C.UTF-8 > init.log
        as_postgres "$postgres_bin/pg_ctl" -D data -s -w -l server.log \
            -o "-p $postgres_port -k $work/postgres -c listen_addresses=127.0.0.1 -c shared_buffers=512MB" start
    )
    psql_as postgres postgres -c "CREATE DATABASE bench"
    psql_as postgres bench -c "CREATE ROLE reader LOGIN"
}

# fill_table NAME: makes it anew by the SQL on stdin, readable and settled.
fill_table() {
    psql_as postgres bench -c "DROP TABLE IF EXISTS $1" 2> /dev/null
    psql_as postgres bench
    psql_as postgres bench -c "GRANT SELECT ON $1 TO reader" -c CHECKPOINT -c "VACUUM ANALYZE $1"
}

# psql_as ROLE DATABASE arguments…
psql_as() {
    local role=$1 database=$2
    shift 2
    "$postgres_bin/psql" -XqAt -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$postgres_port" -U "$role" -d "$database" "$@"
}

# Answers 204 to everything at once, on keep-alive connections, with one worker, over http and https.
start_sink() {
    sink_port=$(free_port)
    sink_tls_port=$(free_port)
    mkdir "$work/sink"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
        -addext subjectAltName=IP:127.0.0.1 -keyout "$work/sink/key.pem" -out "$work/sink/cert.pem" 2> /dev/null
    cat > "$work/sink/nginx.conf" <<CONF
worker_processes 1;
daemon off;
pid $work/sink/nginx.pid;
error_log $work/sink/error.log warn;
events { worker_connections 4096; }
http {
    access_log off;
    client_body_temp_path $work/sink/body; proxy_temp_path $work/sink/proxy; fastcgi_temp_path $work/sink/fastcgi;
    uwsgi_temp_path $work/sink/uwsgi; scgi_temp_path $work/sink/scgi;
    keepalive_requests 1000000000;
    keepalive_timeout 600s;
    client_body_buffer_size 16k;
    server {
        listen 127.0.0.1:$sink_port backlog=1024;
        listen 127.0.0.1:$sink_tls_port ssl backlog=1024;
        ssl_certificate $work/sink/cert.pem;
        ssl_certificate_key $work/sink/key.pem;
        location /user-attributes { return 204; }
        location /count { stub_status; }
    }
}
CONF
    nginx -p "$work/sink" -c "$work/sink/nginx.conf" 2> "$work/sink/start.log" &
    sink_pid=$!
    wait_for_port "$sink_port" "$sink_pid" "$work/sink/start.log"
}

# sink_url http|https
sink_url() { if [ "$1" = https ]; then echo "https://127.0.0.1:$sink_tls_port"; else echo "http://127.0.0.1:$sink_port"; fi; }

# A benchmark against a sink that is gone would measure something else.
sink_is_alive() {
    kill -0 "$sink_pid" 2> /dev/null && return
    echo "the sink ended in the middle:" >&2
    cat "$work/sink/start.log" "$work/sink/error.log" >&2
    return 1
}

# start_simulator FAULTS: on a free port, in simulator_port.
start_simulator() {
    stop_simulator
    simulator_port=$(free_port)
    echo "$1" > "$work/faults.json"
    "$headrace" simulate --listen "127.0.0.1:$simulator_port" --faults "$work/faults.json" > "$work/simulator.log" 2>&1 &
    simulator_pid=$!
    wait_for_port "$simulator_port" "$simulator_pid" "$work/simulator.log"
}

# start_late_server MILLISECONDS: answers 204 that late, in simulator_port.
start_late_server() {
    stop_simulator
    simulator_port=$(free_port)
    "$latency_server" "$simulator_port" "$1" > "$work/simulator.log" 2>&1 &
    simulator_pid=$!
    wait_for_port "$simulator_port" "$simulator_pid" "$work/simulator.log"
}

stop_simulator() {
    if [ -n "$simulator_pid" ]; then kill "$simulator_pid" 2> /dev/null || true; fi
    simulator_pid=
}

# wait_for_port PORT PROCESS LOG
wait_for_port() {
    local tries=0
    until (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; do
        tries=$((tries + 1))
        if [ "$tries" -gt 100 ] || ! kill -0 "$2" 2> /dev/null; then
            cat "$3" >&2
            return 1
        fi
        sleep 0.05
    done
}

stop_servers() {
    stop_simulator
    if [ -n "$sink_pid" ]; then kill "$sink_pid" 2> /dev/null || true; fi
    if [ -n "$postgres_port" ]; then
        (cd / && as_postgres "$postgres_bin/pg_ctl" -D "$work/postgres/data" -s -m immediate stop) || true
    fi
}
