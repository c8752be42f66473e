# Where Java is. Sourced by bin/gufo, and by the scripts of a checkout so that both decide alike.

# The feature release of the Java in folder $1, read from its release file: no process is started. 0 if there is none.
java_release() {
    local line version=0
    if [[ -n "$1" && -x "$1/bin/java" && -r "$1/release" ]]; then
        while IFS= read -r line; do
            if [[ "$line" == JAVA_VERSION=* ]]; then
                version="${line#*\"}"
                version="${version%%[!0-9]*}"
            fi
        done < "$1/release"
    fi
    printf '%s' "${version:-0}"
}

# Sets JAVA_HOME to a Java of at least 25, with the program bin/$1 in it. Fails if the usual places hold none.
find_java() {
    local program="$1" candidate on_path=""
    if on_path="$(command -v java)"; then
        on_path="$(readlink -f "$on_path")"
        on_path="${on_path%/bin/java}"
    fi
    for candidate in "${JAVA_HOME:-}" "$on_path" /usr/lib/jvm/* /opt/java* /opt/jdk* "${HOME:-/root}"/.sdkman/candidates/java/*; do
        if [[ -n "$candidate" && -x "$candidate/bin/$program" ]] && (( $(java_release "$candidate") >= 25 )); then
            JAVA_HOME="$candidate"
            export JAVA_HOME
            return 0
        fi
    done
    return 1
}

# One word that names the Java in JAVA_HOME: version and vendor's build.
java_identity() {
    local line identity=""
    while IFS= read -r line; do
        case "$line" in JAVA_RUNTIME_VERSION=* | IMPLEMENTOR=*) identity+="${line#*=}" ;; esac
    done < "$JAVA_HOME/release"
    printf '%s' "${identity//[!A-Za-z0-9.+-]/_}"
}

# What tells the jars in folder $1 from those of another build: names and sizes of all, and the content of Gufo's own, whose names stay.
jars_identity() {
    (cd "$1" && find . -name '*.jar' -printf '%f %s\n' | sort && cksum gufo*.jar)
}
