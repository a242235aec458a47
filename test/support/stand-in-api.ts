import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assertOk, type Lab, runCommand } from './lab.ts';

export const STAND_IN_API = 'stand-in-api.service';

const PROGRAM_PATH = '/usr/local/lib/stand-in-api.py';
const CERTIFICATE_PATH = '/etc/stand-in-api.pem';
/** It starts again with its host, as a real API server does. */
const UNIT = `[Service]
ExecStart=/usr/bin/python3 ${PROGRAM_PATH} 6443 ${CERTIFICATE_PATH}
KillMode=process
TimeoutStopSec=1
[Install]
WantedBy=multi-user.target
`;

/** Starts a server on port 6443 of each host that answers /livez over HTTPS as an API server does. */
export async function startStandInApis(lab: Lab, hosts: readonly string[]): Promise<void> {
  const program = await readFile(join(import.meta.dirname, 'stand-in-api.py'), 'utf8');
  const options = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=stand-in'];
  const pair = await runCommand(['openssl', 'req', ...options, '-keyout', '-', '-out', '-']);
  const put = async (host: string, path: string, input: string) =>
    assertOk(await lab.host(host, ['sh', '-c', 'umask 077; cat >"$0"', path], { input }));
  await Promise.all(
    hosts.map(async (host) => {
      await put(host, PROGRAM_PATH, program);
      await put(host, CERTIFICATE_PATH, assertOk(pair).stdout);
      await put(host, `/etc/systemd/system/${STAND_IN_API}`, UNIT);
      // As kubeadm leaves it: konvoy then knows that the port is not taken by a stranger.
      await lab.onHost(host, 'install', '-D', '-m', '600', '/dev/null', '/etc/kubernetes/kubelet.conf');
      await lab.onHost(host, 'systemctl', 'enable', '--now', STAND_IN_API);
    }),
  );
}
