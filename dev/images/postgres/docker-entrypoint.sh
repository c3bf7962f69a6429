#!/bin/sh
# Starts PostgreSQL as the official image's entrypoint does (https://hub.docker.com/_/postgres, "How to extend this image"),
# for the parts of its contract that the shop uses: POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB and POSTGRES_INITDB_ARGS with
# their _FILE forms, POSTGRES_HOST_AUTH_METHOD, PGDATA, /docker-entrypoint-initdb.d. It never runs as root.
set -eu

fail() {
  printf 'docker-entrypoint: %s\n' "$*" >&2
  exit 1
}

# from_file NAME DEFAULT: sets NAME from itself, else from the file that NAME_FILE names, else to DEFAULT.
from_file() {
  eval "own=\${$1:-} file=\${$1_FILE:-}"
  [ -z "$own" ] || [ -z "$file" ] || fail "$1 and $1_FILE exclude each other"
  if [ -n "$file" ]; then own=$(cat "$file"); fi
  : "${own:=$2}"
  eval "$1=\$own"
  export "${1?}"
  unset "$1_FILE"
}

database() {
  psql -v ON_ERROR_STOP=1 --no-psqlrc --no-password --quiet --username="$POSTGRES_USER" "$@"
}

create_cluster() {
  if [ -z "$POSTGRES_PASSWORD" ] && [ "$POSTGRES_HOST_AUTH_METHOD" != trust ]; then
    fail 'give a password in POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE'
  fi
  # shellcheck disable=SC2086 # the arguments are a list
  printf '%s\n' "$POSTGRES_PASSWORD" |
    initdb --username="$POSTGRES_USER" --pwfile=/dev/stdin $POSTGRES_INITDB_ARGS
  printf '\nhost all all all %s\n' "$POSTGRES_HOST_AUTH_METHOD" >>"$PGDATA/pg_hba.conf"
}

run_init_files() {
  for file in /docker-entrypoint-initdb.d/*; do
    printf 'docker-entrypoint: %s\n' "$file"
    case $file in
      *.sh) if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
      *.sql) database --dbname="$POSTGRES_DB" --file="$file" ;;
      *.sql.gz) gunzip -c "$file" | database --dbname="$POSTGRES_DB" ;;
      */\*) ;;
      *) printf 'docker-entrypoint: ignored\n' ;;
    esac
  done
}

# The server answers on its socket only, until everything is there.
fill_cluster() {
  pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start
  if [ "$POSTGRES_DB" != postgres ]; then
    printf 'CREATE DATABASE :"name";\n' | database --dbname=postgres --set=name="$POSTGRES_DB"
  fi
  run_init_files
  pg_ctl -D "$PGDATA" -m fast -w stop
}

case ${1:-postgres} in -*) set -- postgres "$@" ;; esac
if [ "${1:-}" = postgres ]; then
  [ "$(id -u)" != 0 ] || fail 'run me as a user that is not root'
  mkdir -p "$PGDATA"
  chmod 0700 "$PGDATA" 2>/dev/null || :
  if [ ! -s "$PGDATA/PG_VERSION" ]; then
    from_file POSTGRES_PASSWORD ''
    from_file POSTGRES_USER postgres
    from_file POSTGRES_DB "$POSTGRES_USER"
    from_file POSTGRES_INITDB_ARGS ''
    : "${POSTGRES_HOST_AUTH_METHOD:=scram-sha-256}"
    create_cluster
    fill_cluster
    printf 'docker-entrypoint: the database is made, the server starts\n'
  fi
fi
exec "$@"
