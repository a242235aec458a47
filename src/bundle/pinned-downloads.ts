import type { PartName } from '../core/part-name.ts';
import type { PinnedDownload } from './download.ts';
import type { KubernetesRelease } from './pinned-parts.ts';

/** A program that is downloaded where no bundle is named: a file of its makers' release, or one in an archive of it. */
export interface PinnedProgramFile {
  readonly part: PartName;
  readonly download: PinnedDownload;
  /** The program's name in the archive, a tar.gz, that the download is; undefined: the download is the program. */
  readonly member: string | undefined;
}

/** What the programs below run on, in the word of `uname -m`. */
export const DOWNLOADS_MACHINE = 'x86_64';

/**
 * As the release publishes them beside each program, `…/bin/linux/amd64/kubeadm.sha256`, taken from Kubespray's list
 * (kubernetes-sigs/kubespray, roles/kubespray_defaults/vars/main/checksums.yml). To look again:
 * `curl -L https://dl.k8s.io/release/v1.36.3/bin/linux/amd64/kubeadm.sha256`
 */
const KUBERNETES: Readonly<Record<KubernetesRelease, Readonly<Record<'kubeadm' | 'kubelet' | 'kubectl', string>>>> = {
  '1.36.3': {
    kubeadm: 'bba1733c701bf70ec74ba1cc3fd5745404c1134a8a4b0a5f8560cc9832023421',
    kubelet: '46707a53209f826ad0f0d62371ac69cd00e78fd9a8176cf5f6f87f18f7f8b718',
    kubectl: 'ebbd080e7c2e275093b55915722043257eb24004363e20acb3c4d71919f88336',
  },
  '1.36.2': {
    kubeadm: 'f95d1b345f97c673ce1c1347eb96bf2587850975155ae701cdfc629a5b575b70',
    kubelet: '3ba68cb4f0906053c08ab843131d5cec559cf8c718dbd679950a078b306abbb4',
    kubectl: '1e9045ec32bea85da43de85f0065358529ea7c7a152eca78154fba5b58c27d82',
  },
};

/**
 * Of the archive, as the release publishes it in its SHA256SUMS, taken from the same list. To look again:
 * `curl -L https://github.com/etcd-io/etcd/releases/download/v3.6.8/SHA256SUMS`
 */
const ETCD: PinnedDownload = {
  name: 'etcd',
  version: '3.6.8',
  url: 'https://github.com/etcd-io/etcd/releases/download/v3.6.8/etcd-v3.6.8-linux-amd64.tar.gz',
  sha256: 'cf9cfe91a4856cb90eed9c99e6aee4b708db2c7888b88a6f116281f04b0ea693',
};

function programsOf(version: string, digests: Readonly<Record<string, string>>): readonly PinnedProgramFile[] {
  return Object.entries(digests).map(([name, sha256]) => ({
    part: { name, version },
    download: { name, version, url: `https://dl.k8s.io/release/v${version}/bin/linux/amd64/${name}`, sha256 },
    member: undefined,
  }));
}

/**
 * What is downloaded where no bundle is named. Only a digest that the makers published makes an entry: Helm 3.22.0 and
 * calicoctl 3.28.5 are in a bundle alone.
 */
export const PINNED_DOWNLOADS: readonly PinnedProgramFile[] = [
  ...Object.entries(KUBERNETES).flatMap(([version, digests]) => programsOf(version, digests)),
  ...['etcdctl', 'etcdutl'].map((name) => ({
    part: { name, version: ETCD.version },
    download: ETCD,
    member: `etcd-v${ETCD.version}-linux-amd64/${name}`,
  })),
];
