# Sourced by ../run: how long a user waits before anything happens.

measure_startup() {
    local project=$work/demo round
    echo "startup: 21 rounds"
    mkdir "$project"
    cp -r "$top/headrace.yml" "$top/models" "$project/"
    "$top/scripts/make-shop" "$project/demo/shop.db" > /dev/null
    : > "$work/version.seconds"
    : > "$work/check.seconds"
    : > "$work/true.seconds"
    for ((round = 0; round < 21; round++)); do
        seconds_of 0 "$headrace" --version >> "$work/version.seconds"
        seconds_of 0 "$headrace" check --project "$project" >> "$work/check.seconds"
        seconds_of 0 /bin/true >> "$work/true.seconds"
    done
    local nothing
    nothing=$(median < "$work/true.seconds")
    row "headrace --version, ms" "$(calc "1000 * $(median < "$work/version.seconds")" 1)" \
        "/bin/true $(calc "1000 * $nothing" 1)" ""
    row "check of the demo, ms" "$(calc "1000 * $(median < "$work/check.seconds")" 1)" "" ""
}
