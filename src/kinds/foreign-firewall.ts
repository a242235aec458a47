import { CommandFailed } from '../core/errors.ts';
import { FIREWALL_PROGRAM_PATH } from '../core/firewall-program.ts';
import type { FieldChange } from '../core/plan.ts';
import type { ForeignFirewallResource } from '../core/resource.ts';
import {
  askFirewallServices,
  type FirewallServices,
  FOREIGN_FIREWALL_RECORD,
  type ForeignFirewallName,
  readFirewallServices,
} from '../facts/firewall-services.ts';
import { MEMORY_FOLDER } from './host-memory.ts';
import type { Kind } from './kind.ts';

/**
 * Notes first, root-only, then stops: a run that is killed between leaves the note, and putting back what still runs
 * changes nothing. ufw is turned off in its own way, which also takes its chains out of iptables. firewalld with its old
 * iptables backend flushes every rule when it stops, so ours are put back at once.
 */
const STOP = `set -eu
umask 077
record=$1 folder=$2 rules=$3; shift 3
mkdir -p "$folder"
for name; do
  grep -qsx "$name.*" "$record" && continue
  case $name in
  firewalld) echo "firewalld $(systemctl is-enabled firewalld.service || true) $(systemctl is-active firewalld.service || true)" >>"$record" ;;
  *) echo "$name" >>"$record" ;;
  esac
done
for name; do
  case $name in
  firewalld) systemctl disable --now firewalld.service ;;
  ufw) ufw disable ;;
  esac
done >/dev/null
/bin/sh "$rules" boot
`;

const PUT_BACK = `set -eu
record=$1 folder=$2
test -e "$record" || exit 0
while read -r name enabled active; do
  case $name in
  firewalld)
    if test "$enabled" = enabled; then systemctl enable firewalld.service; fi
    if test "$active" = active; then systemctl start firewalld.service; fi ;;
  ufw) ufw --force enable ;;
  esac </dev/null
done <"$record" >/dev/null
rm -f "$record"
rmdir --ignore-fail-on-non-empty "$folder"
`;

/** Firewalls to stop or to put back, empty when all is as wanted. */
function toChange(wanted: ForeignFirewallResource, seen: FirewallServices): readonly ForeignFirewallName[] {
  return wanted.stopped ? seen.active : seen.stoppedByKonvoy;
}

/**
 * firewalld and ufw: stopped and disabled while our rules govern the host, put back afterwards. Not guarded: stopping one
 * closes nothing, and one that returns lets in whom it let in before.
 */
export const foreignFirewallKind: Kind<ForeignFirewallResource, FirewallServices> = {
  rollout: 'parallel',
  asks: (wanted) => askFirewallServices(wanted.host),
  seen(wanted, facts) {
    const answer = readFirewallServices(wanted.host, facts);
    return answer.ok ? { is: 'present', state: answer.value } : { is: 'unreadable', why: answer.why };
  },
  diff(wanted, seen): readonly FieldChange[] {
    if (seen.is !== 'present') return [];
    return toChange(wanted, seen.state).map((name) =>
      wanted.stopped
        ? { field: name, before: 'active', after: 'stopped and disabled' }
        : { field: name, before: 'stopped by konvoy', after: 'as it was before' },
    );
  },
  verb: (wanted) => (wanted.stopped ? 'delete' : 'create'),
  hazards(wanted, seen) {
    if (!wanted.stopped || seen.is !== 'present' || seen.state.active.length === 0) return [];
    const names = seen.state.active.join(' and ');
    return [
      {
        id: 'disables-foreign-firewall',
        address: wanted.address,
        message: `${wanted.host}: ${names} would be stopped and disabled, and with it what it protects; \`konvoy reset\` puts it back`,
      },
    ];
  },
  async write(change, writers) {
    const wanted = change.resource;
    const host = await writers.hosts.writer(wanted.host);
    const names = change.fields.map(({ field }) => field);
    writers.step(`${wanted.stopped ? 'stop' : 'put back'} ${names.join(', ')}`);
    const program = wanted.stopped ? STOP : PUT_BACK;
    const output = await host.run(
      [
        'sh',
        '-c',
        program,
        'foreign-firewall',
        FOREIGN_FIREWALL_RECORD,
        MEMORY_FOLDER,
        ...(wanted.stopped ? [FIREWALL_PROGRAM_PATH, ...names] : []),
      ],
      { expect: 'any' },
    );
    if (output.exit !== 0) {
      const what = `${wanted.stopped ? 'stop' : 'start'} ${names.join(', ')}`;
      throw new CommandFailed(wanted.host, what, output.exit, output.stderr);
    }
  },
};
