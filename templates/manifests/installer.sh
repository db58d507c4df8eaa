# Keeps a node's network configurations as they are in its ConfigMaps. For any POSIX shell; no PID, no command
# substitution, since Kubernetes reads both as its own variables.
set -eu
umask 077

target=$NETC_TARGET
list=$target/.netc-$NETC_NAME # names of the files that are ours, one a line
new=$list.new                 # what is not complete yet; no runtime reads this name
sleeper=
newline='
'

clean_up() {
    rm -f "$new"
    [ -z "$sleeper" ] || kill "$sleeper" 2>/dev/null || :
}
trap clean_up EXIT
trap 'exit 0' TERM INT HUP

fail() {
    echo "netc: $1" >&2
    exit 1
}

# has LINES NAME
has() {
    case "$newline$1" in
        *"$newline$2$newline"*) return 0 ;;
        *) return 1 ;;
    esac
}

# replace NAME, by what lies ready in $new: in one step, so that nobody reads half a file.
replace() {
    mv -f "$new" "$target/$1"
}

# write_list LINES
write_list() {
    printf '%s' "$1" >"$new"
    if cmp -s "$new" "$list"; then
        rm -f "$new"
    else
        mv -f "$new" "$list"
    fi
}

# check PREFIX: adds the names of the files below PREFIX to $wanted; refuses to touch what somebody else put there.
check() {
    for file in "$1"*.conflist; do
        [ -f "$file" ] || continue
        name=${file#"$1"}
        if [ -d "$target/$name" ]; then
            fail "$name is a folder"
        fi
        if [ -e "$target/$name" ] || [ -L "$target/$name" ]; then
            has "$old" "$name" || cmp -s "$file" "$target/$name" ||
                fail "$name exists and was not installed by $NETC_NAME: move it away"
        fi
        wanted=$wanted$name$newline
    done
}

# install PREFIX
install() {
    for file in "$1"*.conflist; do
        [ -f "$file" ] || continue
        name=${file#"$1"}
        cmp -s "$file" "$target/$name" && continue
        cat "$file" >"$new"
        replace "$name"
        echo "installed $name"
    done
}

sources() {
    if [ -n "${NETC_ALL-}" ]; then
        [ -d "$NETC_ALL" ] || fail "$NETC_ALL is not mounted"
        "$1" "$NETC_ALL/"
    fi
    if [ -n "${NETC_NODES-}" ]; then
        [ -d "$NETC_NODES" ] || fail "$NETC_NODES is not mounted"
        "$1" "$NETC_NODES/${NODE_NAME:?}_"
    fi
}

keep() {
    old=
    if [ -f "$list" ]; then
        while IFS= read -r name; do
            case $name in
                .* | *[!A-Za-z0-9._-]*) ;;
                *.conflist) old=$old$name$newline ;;
            esac
        done <"$list"
    fi
    wanted=
    sources check

    # A name is on the list before its file is there: whenever this ends, the next run knows what is ours.
    before=$wanted
    for name in $old; do
        has "$wanted" "$name" || before=$before$name$newline
    done
    write_list "$before"

    sources install
    for name in $old; do
        has "$wanted" "$name" && continue
        [ -e "$target/$name" ] || [ -L "$target/$name" ] || continue
        rm -f "$target/$name"
        echo "removed $name"
    done
    write_list "$wanted"
}

while :; do
    keep
    [ "${NETC_INTERVAL-60}" != 0 ] || exit 0
    sleep "${NETC_INTERVAL-60}" &
    sleeper=$!
    wait "$sleeper" || : # unlike sleep itself, this ends when a signal comes
    sleeper=
done
