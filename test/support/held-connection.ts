import { writeDnsQuestion } from '../../src/facts/dns-answer.ts';
import { kubectl } from './kubernetes-lab.ts';
import { assertOk, type Lab } from './lab.ts';

/**
 * Asks CoreDNS at `$1` for name `$3` over one TCP connection, `$2` times, once a second; ends with the longest time that an
 * answer took, in milliseconds. A name over TCP begins with its length (RFC 1035, 4.2.2), so the first byte of an answer is
 * a zero: it ends `read -d ""`.
 */
const HELD = [
  'exec 3<>"/dev/tcp/$1/53" || exit 1',
  'longest=0',
  'for i in $(seq "$2"); do',
  '  began=$(date +%s%3N)',
  '  printf "$3" >&3 || { echo "question $i: the connection is gone" >&2; exit 1; }',
  '  read -r -t 20 -n 1 -d "" -u 3 answer || { echo "question $i: no answer for 20 s" >&2; exit 1; }',
  '  took=$(($(date +%s%3N) - began))',
  '  [ "$took" -le "$longest" ] || longest=$took',
  '  sleep 1; timeout 0.1 cat <&3 >/dev/null; :',
  'done',
  'echo "$longest"',
].join('\n');

/** The address of a pod of CoreDNS that is on none of these nodes. */
export async function coreDnsPod(lab: Lab, folder: string, ...avoided: readonly string[]): Promise<string> {
  const system = '--namespace=kube-system';
  await kubectl(lab, folder, system, 'rollout', 'status', 'deployment/coredns', '--timeout=120s');
  const fields = '--output=jsonpath={range .items[*]}{.spec.nodeName} {.status.podIP}{"\\n"}{end}';
  const pods = await kubectl(lab, folder, system, 'get', 'pods', '--selector=k8s-app=kube-dns', fields);
  const found = pods.split('\n').find((line) => line !== '' && !avoided.includes(line.split(' ')[0] ?? ''));
  if (found === undefined) throw new Error(`no pod of CoreDNS on another node: ${pods}`);
  return found.split(' ')[1] ?? '';
}

/**
 * Holds one TCP connection from a host to a pod of CoreDNS and asks a question over it every second, `questions` times.
 * Returns the longest time that an answer took, in milliseconds. Throws where the connection broke, or an answer took 20 s.
 */
export async function holdConnection(lab: Lab, host: string, pod: string, questions: number): Promise<number> {
  const question = writeDnsQuestion('kubernetes.default.svc.cluster.local');
  const bytes = [0, question.length, ...question].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
  return Number(assertOk(await lab.host(host, ['bash', '-c', HELD, 'bash', pod, `${questions}`, bytes])).stdout);
}
