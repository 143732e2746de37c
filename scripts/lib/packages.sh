# Sourced by the scripts: `need PACKAGE…` installs the Debian packages that are missing.
need() {
    local missing=() package
    for package in "$@"; do
        if ! dpkg-query --show --showformat='${db:Status-Status}\n' "$package" 2> /dev/null | grep -qx installed; then
            missing+=("$package")
        fi
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    if ! command -v apt-get > /dev/null; then
        echo "missing packages, and this is no Debian to install them on: ${missing[*]}" >&2
        return 1
    fi
    local root=()
    if [ "$(id -u)" -ne 0 ]; then root=(sudo); fi
    echo "installing ${missing[*]}"
    "${root[@]}" apt-get update -qq < /dev/null
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
        < /dev/null > /dev/null
}

# A Swift toolchain is not a Debian package; say so instead of failing in the middle.
need_swift() {
    if ! command -v swift > /dev/null; then
        echo "swift is missing; install the 6.3 toolchain from https://www.swift.org/install/linux/" >&2
        return 1
    fi
}
