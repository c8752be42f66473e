# What the scripts of this folder share. Sourced, from any working directory.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
log_dir="$root/target/log"
dist="$root/server/target/gufo"
child=""

# shellcheck source=../server/src/main/dist/bin/java-home.sh
source "$root/server/src/main/dist/bin/java-home.sh"

say() { printf '%s\n' "$*" >&2; }
fail() { say "gufo: $*"; exit 1; }

# Ctrl-C and SIGTERM end what is running here too: every program of run() is a process group of its own.
stop_child() {
    if [[ -n "$child" ]]; then kill -TERM -- "-$child" 2> /dev/null || true; fi
    exit "$1"
}
trap 'stop_child 130' INT
trap 'stop_child 143' TERM

# Runs a program in the background, so that a signal is handled at once, and returns its exit status.
run() {
    local status=0
    set -m
    "$@" < /dev/null &
    child=$!
    set +m
    wait "$child" || status=$?
    child=""
    return "$status"
}

logged() {
    local log="$1"
    shift
    run "$@" > "$log" 2>&1
}

need_jdk() {
    find_java javac || fail "JDK 25 is missing: install one (apt install openjdk-25-jdk-headless, or https://adoptium.net) or point JAVA_HOME to it."
}

need_maven() {
    command -v mvn > /dev/null || fail "Maven is missing: install it (apt install maven)."
}

# Says in one sentence why npm or Maven ended badly: the network, or what its log tells.
explain() {
    local what="$1" log="$2"
    if grep -qE 'npm (error|ERR!).*(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH)' "$log" \
        || grep -qE '\[(ERROR|FATAL)\].*(Could not transfer|Unknown host|Non-resolvable|could not be resolved)' "$log"; then
        fail "$what failed because a download did: check the network connection or the proxy settings and start again (details: $log)."
    fi
    fail "$what failed: see $log."
}

# What a folder's package-lock.json pins, in its node_modules. A copy of the lock file beside them says which versions they are.
install_pinned() {
    local folder="$1" what="$2" size="$3" log="$log_dir/$4.log"
    if cmp -s "$folder/package-lock.json" "$folder/node_modules/.installed-lock.json"; then return; fi
    command -v npm > /dev/null || fail "npm is missing: install Node.js with npm (apt install npm, or https://nodejs.org)."
    say "Installing $what ($size download) ..."
    mkdir -p "$log_dir"
    logged "$log" npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund || explain "Installing $what" "$log"
    cp "$folder/package-lock.json" "$folder/node_modules/.installed-lock.json"
}

install_natives() { install_pinned "$root/natives" "the llama.cpp libraries" "10 MB" natives; }

# The clients from npm that tests drive the server with.
install_clients() { install_pinned "$root/server/src/test/clients" "the clients of the tests" "65 MB" clients; }

# Whether any source is newer than the distribution. Folders count, so that a deleted file is noticed.
distribution_is_current() {
    [[ -e "$dist/.built" && -r "$dist/lib/gufo.jar" && -r "$root/models/target/all-minilm-l6-v2.gguf" ]] || return 1
    [[ -z "$(find "$root/pom.xml" "$root/.mvn" "$root"/{tokenizer,models,engine,server}/pom.xml \
        "$root"/{tokenizer,models,engine,server}/src/main -newer "$dist/.built" -print -quit 2> /dev/null)" ]]
}

build_distribution() {
    local log="$log_dir/build.log"
    if distribution_is_current; then return; fi
    need_maven
    say "Building Gufo (minutes the first time, while Maven downloads its parts; progress in $log) ..."
    mkdir -p "$log_dir"
    touch "$log_dir/build-started"
    rm -rf "$dist"
    logged "$log" mvn -B -ntp -DskipTests -pl server -am -f "$root/pom.xml" package || explain "The build" "$log"
    touch -r "$log_dir/build-started" "$dist/.built"
}
