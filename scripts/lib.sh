# What the scripts of this folder share. Sourced, from any working directory.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
log_dir="$root/target/log"
dist="$root/server/target/gufo"
child=""
problem=""

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

# Maven from version 3.9.2 on compares what it uses with .mvn/checksums, if these options say so; an older one does not read the variable.
# Where there is none, or an older one, this one is fetched. Only for phases from "package" on: before, Gufo's own parts are folders,
# which Maven can't compare.
maven_version=3.9.16
maven_sha256=80ffca22aed9e8b9713a232f3394fd81d7f20322df75efdb2b047dbd3e3a23bb

need_maven() {
    local found home
    MAVEN_ARGS="$(tr '\n' ' ' < "$root/.mvn/checksums/options")"
    export MAVEN_ARGS
    found="$(mvn -v 2> /dev/null | sed -nE '1s/.*Apache Maven ([0-9.]+).*/\1/p')" || true
    if [[ -n "$found" ]] && printf '3.9.2\n%s\n' "$found" | sort -VC; then return; fi
    home="${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/gufo/apache-maven-$maven_version"
    if [[ -x "$home/bin/mvn" ]] || fetch_maven "$home"; then
        export PATH="$home/bin:$PATH"
    elif [[ -n "$found" ]]; then
        say "Maven $maven_version can't be fetched. Maven $found builds Gufo and does not compare with .mvn/checksums what it uses."
    else
        fail "Maven is missing and can't be fetched: install it (apt install maven)."
    fi
}

# Maven's distribution to folder $1, if it is what it should be.
fetch_maven() {
    local home="$1" url part status=0
    url="https://repo.maven.apache.org/maven2/org/apache/maven/apache-maven/$maven_version/apache-maven-$maven_version-bin.tar.gz"
    mkdir -p "${home%/*}" && part="$(mktemp -d "${home%/*}/fetch.XXXXXX")" || return 1
    say "Fetching Maven $maven_version (9 MB download) ..."
    {
        { curl -fsSL --connect-timeout 10 --max-time 300 -o "$part/maven.tar.gz" "$url" || wget -q -T 20 -t 1 -O "$part/maven.tar.gz" "$url"; } 2> /dev/null \
            && sha256sum --status -c <<< "$maven_sha256  $part/maven.tar.gz" \
            && tar -xzf "$part/maven.tar.gz" -C "$part" \
            && { mv -T "$part/apache-maven-$maven_version" "$home" 2> /dev/null || [[ -x "$home/bin/mvn" ]]; }
    } || status=1
    rm -rf "$part"
    return "$status"
}

# Why npm or Maven ended badly, in one sentence: the network, or what its log tells.
reason() {
    local what="$1" log="$2"
    if grep -qE 'npm (error|ERR!).*(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH)' "$log" \
        || grep -qE '\[(ERROR|FATAL)\].*(Could not transfer|Unknown host|Non-resolvable|could not be resolved)' "$log"; then
        printf '%s' "$what failed because a download did: check the network connection or the proxy settings and start again (details: $log)."
    else
        printf '%s' "$what failed: see $log."
    fi
}

explain() { fail "$(reason "$@")"; }

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

# The folder that holds what npm installs for a kind of libraries: those for CPUs lie in natives itself.
natives_folder() {
    case "$1" in
        cpu) printf '%s' "$root/natives" ;;
        cuda | vulkan) printf '%s' "$root/natives/$1" ;;
        *) fail "there are no libraries '$1': the kinds are cpu, cuda and vulkan." ;;
    esac
}

# What a kind of libraries costs to download; packages for other platforms are left out by npm.
natives_size() {
    case "$1" in
        cuda) printf '320 MB' ;;
        vulkan) printf '24 MB' ;;
        *) printf '10 MB' ;;
    esac
}

# The pinned llama.cpp libraries of a kind (cpu if none is named), in its node_modules. A copy of the lock file beside them says
# which ones they are. npm leaves out an optional package that it can't get, so what arrived is looked at.
install_natives() { try_natives "$@" || fail "$problem"; }

# The same, but where it can't be done that is told by the status, and why by the variable "problem".
try_natives() {
    local kind="${1:-cpu}" natives log
    natives="$(natives_folder "$kind")"
    log="$log_dir/natives-$kind.log"
    if [[ -L "$natives/node_modules" ]]; then return; fi   # someone else's folder, which npm would empty
    if cmp -s "$natives/package-lock.json" "$natives/node_modules/.installed-lock.json"; then return; fi
    problem="npm is missing: install Node.js with npm (apt install npm, or https://nodejs.org)."
    command -v npm > /dev/null || return 1
    say "Installing the llama.cpp libraries, $kind ($(natives_size "$kind") download) ..."
    mkdir -p "$log_dir"
    if ! logged "$log" npm ci --prefix "$natives" --ignore-scripts --no-audit --no-fund; then
        problem="$(reason "Installing the llama.cpp libraries" "$log")"
        return 1
    fi
    if ! compgen -G "$natives/node_modules/@node-llama-cpp/*/bins/*/libllama.*" > /dev/null; then
        problem="npm installed no llama.cpp libraries, $kind: either a download failed, or none are pinned for $(uname -s) on $(uname -m) (details: $log)."
        return 1
    fi
    cp "$natives/package-lock.json" "$natives/node_modules/.installed-lock.json"
}

# The clients from npm that tests drive the server with.
install_clients() { install_pinned "$root/server/src/test/clients" "the clients of the tests" "65 MB" clients; }

# The page for people, in web/dist. Where it can't be built that is told by the status, and why by the variable "problem". Its own tests are a part
# of the build.
try_web() {
    local web="$root/web"
    if [[ -e "$web/dist/.built" && -z "$(find "$web" -mindepth 1 \( -name node_modules -o -name dist -o -name e2e \) -prune -o -newer "$web/dist/.built" -print -quit)" ]]; then
        return
    fi
    problem="npm is missing: install Node.js from version 20.19 on with npm (https://nodejs.org)."
    command -v npm > /dev/null || return 1
    if ! [[ -L "$web/node_modules" ]] && ! cmp -s "$web/package-lock.json" "$web/node_modules/.installed-lock.json"; then
        say "Installing what the page is built with (25 MB download) ..."
        mkdir -p "$log_dir"
        if ! logged "$log_dir/web-npm.log" npm ci --prefix "$web" --ignore-scripts --no-audit --no-fund; then
            problem="$(reason "Installing what the page is built with" "$log_dir/web-npm.log")"
            return 1
        fi
        cp "$web/package-lock.json" "$web/node_modules/.installed-lock.json"
    fi
    say "Building the page ..."
    mkdir -p "$log_dir"
    if ! logged "$log_dir/web.log" npm run build --prefix "$web"; then
        problem="The page can't be built: see $log_dir/web.log."
        return 1
    fi
}

# Whether any source is newer than the distribution. Folders count, so that a deleted file is noticed.
distribution_is_current() {
    [[ -e "$dist/.built" && -r "$dist/lib/gufo.jar" && -r "$root/models/target/all-minilm-l6-v2.gguf" ]] || return 1
    [[ -z "$(find "$root/pom.xml" "$root/.mvn" "$root"/{tokenizer,models,fixtures,engine,server}/pom.xml \
        "$root"/{tokenizer,models,fixtures,engine,server}/src/main "$root/web/dist" -newer "$dist/.built" -print -quit 2> /dev/null)" ]]
}

build_distribution() {
    local log="$log_dir/build.log"
    try_web || say "gufo: goes without its page: $problem"
    if distribution_is_current; then return; fi
    need_maven
    say "Building Gufo (minutes the first time, while Maven downloads its parts; progress in $log) ..."
    mkdir -p "$log_dir"
    touch "$log_dir/build-started"
    rm -rf "$dist"
    logged "$log" mvn -B -ntp -DskipTests -pl server -am -f "$root/pom.xml" package || explain "The build" "$log"
    touch -r "$log_dir/build-started" "$dist/.built"
}

# A test class that needs an agent; $2 tells where that is. A class that finds none skips its tests, which counts as a failure here. The phase is
# "test", so that the distribution is not built anew under a server that runs; Maven can't compare what it uses there.
test_with_agent() {
    local class="$1" log="$log_dir/test-$1.log"
    mkdir -p "$log_dir"
    MAVEN_ARGS="" logged "$log" mvn -B -ntp -f "$root/pom.xml" -pl server -am test -Dtest="$class" -Dsurefire.failIfNoSpecifiedTests=false "$2" \
        || explain "$class" "$log"
    grep -qE "Tests run: [1-9].*Skipped: 0,.*\.$class" "$log" || fail "$class ran no test: see $log."
    say "ok: $class"
}
