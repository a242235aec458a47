import { X509Certificate } from 'node:crypto';
import { type Ask, ask } from '../../core/fact.ts';
import { isJsonObject, listAt } from '../../core/json.ts';
import type { ClusterMemberResource } from '../../core/resource.ts';
import { PKI_FOLDER } from '../../facts/etcdctl.ts';
import { fileContent } from '../../facts/file-content.ts';
import { MANIFESTS } from '../../facts/static-pod-versions.ts';
import { readConfiguration } from '../component-configuration.ts';
import { type Flags, flagsIn, type SeenSettings } from './member-settings.ts';

/** Where kubeadm puts the kubelet's configuration. */
export const KUBELET_CONFIG = '/var/lib/kubelet/config.yaml';

function questions({ host, role }: Pick<ClusterMemberResource, 'host' | 'role'>) {
  const file = (path: string) => ask(fileContent, host, { path });
  const kubelet = file(KUBELET_CONFIG);
  if (role === 'worker') return { kubelet };
  return {
    kubelet,
    certificate: file(`${PKI_FOLDER}/apiserver.crt`),
    apiServer: file(`${MANIFESTS}/kube-apiserver.yaml`),
    etcd: file(`${MANIFESTS}/etcd.yaml`),
  };
}

/** Every question of `readSettings`. */
export function askSettings(wanted: Pick<ClusterMemberResource, 'host' | 'role'>): readonly Ask[] {
  return Object.values(questions(wanted));
}

/** `DNS:kubernetes, IP Address:10.0.51.1` */
function namesIn(pem: string): readonly string[] | undefined {
  try {
    const names = new X509Certificate(pem).subjectAltName ?? '';
    return [...new Set(names.split(', ').map((name) => name.replace(/^(DNS|IP Address):/, '')))];
  } catch {
    return undefined;
  }
}

/** The flags of a static pod's one container. */
function flagsOfPod(text: string): Flags | undefined {
  const [container] = listAt(readConfiguration(text), 'spec', 'containers');
  if (!isJsonObject(container)) return undefined;
  const words = listAt(container, 'command').filter((word) => typeof word === 'string');
  return flagsIn(
    words.flatMap((word) => {
      const [, name, value] = /^--([^=]+)=(.*)$/s.exec(word) ?? [];
      return name === undefined || value === undefined ? [] : [{ name, value }];
    }),
  );
}

/** Puts the answers together. */
export function readSettings(
  wanted: Pick<ClusterMemberResource, 'host' | 'role'>,
  get: <T>(question: Ask<T>) => T,
): SeenSettings {
  const { kubelet, certificate, apiServer, etcd } = questions(wanted);
  const read = <T>(question: Ask<string | undefined> | undefined, parse: (text: string) => T): T | undefined => {
    const text = question === undefined ? undefined : get(question);
    return text === undefined ? undefined : parse(text);
  };
  return {
    names: read(certificate, namesIn),
    apiServer: read(apiServer, flagsOfPod),
    etcd: read(etcd, flagsOfPod),
    kubelet: read(kubelet, readConfiguration),
  };
}
