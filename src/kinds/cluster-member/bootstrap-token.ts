import { createHash, randomInt, X509Certificate } from 'node:crypto';
import type { ApiHost } from '../kubectl.ts';
import { Secret } from '../../core/secret.ts';

/** How long a token lets anybody in who has it, should nobody come to take it away. kubeadm's own default is a day. */
export const TOKEN_LIFE = '15m0s';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

function letters(count: number): string {
  return Array.from({ length: count }, () => LETTERS[randomInt(LETTERS.length)]).join('');
}

/** A token that lets a host join: `id` may be known, the whole may not. */
export interface BootstrapToken {
  readonly id: string;
  readonly whole: Secret;
}

/** Makes up a token; no cluster knows it yet. */
export function newToken(): BootstrapToken {
  const id = letters(6);
  return { id, whole: new Secret(`${id}.${letters(16)}`) };
}

/** The Secret object that makes a token valid (kubernetes.io, "Authenticating with Bootstrap Tokens"). */
function tokenManifest({ id, whole }: BootstrapToken, expiration: string): Secret {
  const secret = whole.reveal().slice(id.length + 1);
  return new Secret(
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'bootstrap.kubernetes.io/token',
      metadata: { name: `bootstrap-token-${id}`, namespace: 'kube-system' },
      stringData: {
        'token-id': id,
        'token-secret': secret,
        description: 'konvoy: lets one host join',
        expiration,
        'usage-bootstrap-authentication': 'true',
        'usage-bootstrap-signing': 'true',
        'auth-extra-groups': 'system:bootstrappers:kubeadm:default-node-token',
      },
    }),
  );
}

/** Lets a token in for a quarter of an hour, by the clock of the control plane; it travels by standard input. */
export async function createToken({ writer, kubectl }: ApiHost): Promise<BootstrapToken> {
  const token = newToken();
  const { stdout } = await writer.run(['date', '--utc', '--date=+15 minutes', '+%Y-%m-%dT%H:%M:%SZ']);
  await writer.run(kubectl('create', '--filename=-'), { stdin: tokenManifest(token, stdout.trim()) });
  return token;
}

/** Takes a token away again. One that cannot be taken away ends by itself. */
export async function deleteToken({ writer, kubectl }: ApiHost, { id }: BootstrapToken): Promise<void> {
  const args = ['--namespace=kube-system', 'delete', 'secret', `bootstrap-token-${id}`, '--ignore-not-found'];
  await writer.run(kubectl(...args), { expect: 'any' }).catch(() => undefined);
}

/** What kubeadm compares with the certificate that it is shown: SHA-256 of the public key, as SPKI (RFC 7469, 2.4). */
export function hashOfCa(pem: string): string {
  const key = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' });
  return `sha256:${createHash('sha256').update(key).digest('hex')}`;
}
