import { API_LEAVES_PATH, API_STATE_PATH, LONGEST_LEAVE_MINUTES } from '../../core/api-address.ts';
import { OWNERSHIP_COMMENT } from '../../core/resource.ts';

export const WATCH_PROGRAM_PATH = '/usr/local/lib/konvoy/api-watch';
export const WATCH_UNIT = 'konvoy-api-watch.service';
export const WATCH_UNIT_PATH = `/etc/systemd/system/${WATCH_UNIT}`;

/**
 * Asks the API server on this host, and no other, four times a second. An answer is life: 401 and 403 are given by a
 * server that wants to know who asks. Two failures in a row are death: stopped shows after half a second, hung after
 * two and a half. keepalived's own scripts know whole seconds only (2.2.7 refuses `interval 0.5`).
 * The state file is replaced, never rewritten: keepalived must not read it empty. An API server that is about to be
 * restarted on purpose counts as dead before it is.
 */
export const WATCH_PROGRAM = `#!/bin/sh
${OWNERSHIP_COMMENT}# usage: api-watch PORT STATE-FILE
port=$1
file=$2
state=
failures=0

write_state() {
  [ "$state" = "$1" ] && return
  printf '%s\\n' "$1" >"$file.new" && mv -f "$file.new" "$file" && state=$1
}

if command -v curl >/dev/null 2>&1; then
  ask() {
    curl --insecure --silent --noproxy '*' --max-time 1 --output /dev/null --write-out '%{http_code}' \\
      "https://127.0.0.1:$port/livez"
  }
else
  ask() {
    printf 'GET /livez HTTP/1.0\\r\\nHost: 127.0.0.1\\r\\n\\r\\n' |
      timeout 1 openssl s_client -quiet -ign_eof -connect "127.0.0.1:$port" 2>/dev/null |
      sed -n '1s/^HTTP[^ ]* \\([0-9]*\\).*/\\1/p'
  }
fi

leaves() {
  [ -d ${API_LEAVES_PATH} ] && [ -n "$(find ${API_LEAVES_PATH} -maxdepth 0 -mmin -${LONGEST_LEAVE_MINUTES})" ]
}

while :; do
  if leaves; then
    write_state 1
    sleep 0.25
    continue
  fi
  case $(ask) in
    200 | 401 | 403)
      failures=0
      write_state 0
      ;;
    *)
      failures=$((failures + 1))
      [ "$failures" -ge 2 ] && write_state 1
      ;;
  esac
  sleep 0.25
done
`;

/** The unit of the watch, under a user of its own that exists only while it runs. `port` is 1–65535. */
export function printWatchUnit(port: number): string {
  return `${OWNERSHIP_COMMENT}[Unit]
Description=Konvoy: tells keepalived whether the Kubernetes API server of this host answers
Before=keepalived.service
StartLimitIntervalSec=0

[Service]
ExecStart=${WATCH_PROGRAM_PATH} ${port} ${API_STATE_PATH}
DynamicUser=yes
RuntimeDirectory=konvoy-vip
RuntimeDirectoryMode=0755
RuntimeDirectoryPreserve=restart
Restart=always
RestartSec=1
ProtectSystem=strict
ProtectHome=yes
NoNewPrivileges=yes

[Install]
WantedBy=multi-user.target
`;
}
