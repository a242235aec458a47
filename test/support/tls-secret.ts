import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '../../src/core/json.ts';

/** A certificate that a user has made for a host, signed by itself, and the Secret that an Ingress names. */
export function tlsSecret(name: string, host: string): { readonly certificate: string; readonly secret: JsonObject } {
  const folder = mkdtempSync(join(tmpdir(), 'konvoy-tls-'));
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  try {
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
        '-keyout',
        key,
        '-out',
        certificate,
        '-subj',
        `/CN=${host}`,
        '-addext',
        `subjectAltName=DNS:${host}`,
      ],
      { stdio: 'ignore' },
    );
    const texts = { 'tls.crt': readFileSync(certificate, 'utf8'), 'tls.key': readFileSync(key, 'utf8') };
    const metadata = { name, namespace: 'default' };
    return {
      certificate: texts['tls.crt'],
      secret: { apiVersion: 'v1', kind: 'Secret', metadata, type: 'kubernetes.io/tls', stringData: texts },
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
