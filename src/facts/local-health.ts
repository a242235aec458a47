import { type Fact, FactUnreadable } from '../core/fact.ts';

/** A health endpoint of a program on the host itself. */
export interface HealthEndpoint {
  readonly scheme: 'http' | 'https';
  /** 1–65535. */
  readonly port: number;
  /** `/healthz`. */
  readonly path: string;
}

/**
 * Where the programs of Kubernetes on a host say that they are well, by their own defaults. `apiPort` is the API server's,
 * 1–65535.
 */
export function healthEndpoints(apiPort: number) {
  return {
    'kube-apiserver': { scheme: 'https', port: apiPort, path: '/readyz' },
    etcd: { scheme: 'http', port: 2381, path: '/health' },
    'kube-controller-manager': { scheme: 'https', port: 10257, path: '/healthz' },
    'kube-scheduler': { scheme: 'https', port: 10259, path: '/healthz' },
    kubelet: { scheme: 'http', port: 10248, path: '/healthz' },
    'kube-proxy': { scheme: 'http', port: 10256, path: '/healthz' },
  } as const satisfies Readonly<Record<string, HealthEndpoint>>;
}

export type HealthyProgram = keyof ReturnType<typeof healthEndpoints>;

/** curl is on most hosts; bash and openssl are enough. Prints the HTTP status, `000` where nobody answers. */
const PROGRAM = `
if command -v curl >/dev/null 2>&1; then
  curl --insecure --silent --noproxy '*' --max-time 3 --output /dev/null --write-out '%{http_code}' "$1://127.0.0.1:$2$3"
  exit 0
fi
ask() { printf 'GET %s HTTP/1.0\\r\\nHost: 127.0.0.1\\r\\n\\r\\n' "$1"; }
if [ "$1" = https ]; then
  answer=$(ask "$3" | timeout 3 openssl s_client -quiet -ign_eof -connect "127.0.0.1:$2" 2>/dev/null | head -n 1)
elif exec 3<>"/dev/tcp/127.0.0.1/$2"; then
  ask "$3" >&3
  answer=$(timeout 3 head -n 1 <&3)
fi 2>/dev/null
case $answer in
HTTP/*) answer=\${answer#* }; echo "\${answer%% *}" ;;
*) echo 000 ;;
esac
`;

/** The HTTP status that a program on the host answers with, 100–599; 0 where nobody answers. */
export const localHealth: Fact<HealthEndpoint, number> = {
  name: 'health endpoint',
  command: ({ scheme, port, path }) => ['bash', '-c', PROGRAM, 'bash', scheme, String(port), path],
  parse({ stdout, stderr }) {
    const status = /^(\d{3})\s*$/.exec(stdout)?.[1];
    if (status === undefined) throw new FactUnreadable(stderr.trim() || 'no status was printed');
    return Number(status);
  },
};
