import { OWNERSHIP_COMMENT } from '../../core/resource.ts';

export const KUBELET_UNIT_PATH = '/etc/systemd/system/kubelet.service';

/** Where konvoy puts programs of Kubernetes: behind what a distribution may bring, and found by root's PATH. */
export const PROGRAM_FOLDER = '/usr/local/bin';

/**
 * The kubelet as kubeadm wants it: it writes `config.yaml` and `kubeadm-flags.env`, and gives the node its credentials in
 * the two kubeconfigs (kubernetes.io, "The kubelet drop-in file for systemd"). It waits for containerd, which has the
 * containers, and never gives up.
 */
export const KUBELET_UNIT = `${OWNERSHIP_COMMENT}[Unit]
Description=Kubelet: runs the pods of Kubernetes on this host
Wants=network-online.target containerd.service
After=network-online.target containerd.service
StartLimitIntervalSec=0

[Service]
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
EnvironmentFile=-/etc/default/kubelet
ExecStart=${PROGRAM_FOLDER}/kubelet \\
  --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf \\
  --config=/var/lib/kubelet/config.yaml $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
Restart=always
RestartSec=2

[Install]
WantedBy=multi-user.target
`;
