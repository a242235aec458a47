import type { HostAddress } from '../../core/address.ts';
import { KonvoyError } from '../../core/errors.ts';
import { etcdHealth } from '../../facts/etcd-health.ts';
import { etcdctl, etcdEndpoint } from '../../facts/etcdctl.ts';
import type { ApiHost } from '../kubectl.ts';

/**
 * Takes a host out of etcd's members; does nothing where it is none. Throws where those that stay would not be a healthy
 * majority: etcd would stop, and with it the API.
 */
export async function removeEtcdMember({ writer }: ApiHost, host: HostAddress): Promise<void> {
  const { stdout } = await writer.run(etcdctl('member', 'list'));
  // `ID, started, NAME, https://HOST:2380, https://HOST:2379, false`
  const lines = stdout.split('\n').filter((line) => line.includes(','));
  const own = lines.filter((line) => line.includes(`https://${host}:2380`));
  if (own.length === 0) return;
  const [output] = await writer.query([etcdHealth.command(undefined)]);
  const healthy = output === undefined ? [] : etcdHealth.parse(output, undefined).filter((member) => member.healthy);
  const staying = healthy.filter(({ endpoint }) => endpoint !== etcdEndpoint(host)).length;
  const needed = Math.floor((lines.length - own.length) / 2) + 1;
  if (staying < needed) {
    throw new KonvoyError(
      `${host} cannot be taken out of etcd: of the members that stay ${staying} ${staying === 1 ? 'is' : 'are'} healthy, and ${needed} are needed`,
      { hint: 'mend the other control planes first; konvoy check kubernetes says what is wrong with them' },
    );
  }
  for (const line of own) await writer.run(etcdctl('member', 'remove', line.slice(0, line.indexOf(','))));
}
