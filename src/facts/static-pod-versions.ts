import { type Fact, FactUnreadable } from '../core/fact.ts';

/** Where the kubelet finds the programs of the control plane that it shall run. */
export const MANIFESTS = '/etc/kubernetes/manifests';

/** The programs of a control plane whose version is that of Kubernetes. */
const PROGRAMS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;

/** `/etc/kubernetes/manifests/NAME.yaml:    image: REGISTRY/NAME:TAG` */
const LINE = /^.*\/([^/]+)\.yaml: *image: *\S+:([^:/\s]+)\s*$/;

/**
 * The tags of the images that a control plane's programs are to run from, `v1.36.3` by program. A program without a file,
 * or whose image has no tag, is not among them.
 */
export const staticPodVersions: Fact<undefined, ReadonlyMap<string, string>> = {
  name: 'versions of the control plane',
  command: () => [
    'grep',
    '--with-filename',
    '--no-messages',
    '--max-count=1',
    '^ *image:',
    ...PROGRAMS.map((name) => `${MANIFESTS}/${name}.yaml`),
  ],
  parse({ exit, stdout, stderr }) {
    // 1: no such line; 2: some file is not there.
    if (exit > 2) throw new FactUnreadable(stderr.trim() || `grep ended with exit code ${exit}`);
    return new Map(
      stdout.split('\n').flatMap((line) => {
        const [, program, tag] = LINE.exec(line) ?? [];
        return program === undefined || tag === undefined ? [] : [[program, tag] as const];
      }),
    );
  },
};
