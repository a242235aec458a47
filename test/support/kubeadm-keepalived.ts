import { assertOk, type Lab } from './lab.ts';

/**
 * The settings of kubeadm's document on high availability (kubernetes/kubeadm, docs/ha-considerations.md): VRRPv2 with
 * an advert each second, MASTER 101 and BACKUP 100, a script every 3 s that must fail ten times.
 */
function printConf(vip: string, first: boolean): string {
  return `global_defs {
    router_id LVS_DEVEL
}
vrrp_script check_apiserver {
    script "/usr/bin/curl -sfk --max-time 2 https://localhost:6443/healthz -o /dev/null"
    interval 3
    weight -2
    fall 10
    rise 2
}
vrrp_instance VI_1 {
    state ${first ? 'MASTER' : 'BACKUP'}
    interface eth0
    virtual_router_id 51
    priority ${first ? 101 : 100}
    authentication {
        auth_type PASS
        auth_pass 42
    }
    virtual_ipaddress {
        ${vip}
    }
    track_script {
        check_apiserver
    }
}
`;
}

/**
 * Puts these settings in place of konvoy's. The package and konvoy's drop-in stay, so that a killed holder leaves nothing
 * behind here too; only that it starts again by itself is taken away, as the distribution's unit has it: a MASTER that is
 * back after two seconds would take the address again before anybody else noticed.
 */
export async function useKubeadmSettings(lab: Lab, vip: string, hosts: readonly string[]): Promise<void> {
  const noRestart = '[Service]\\nRestart=no\\n';
  const install = `cat >/etc/keepalived/keepalived.conf &&
    printf '${noRestart}' >/etc/systemd/system/keepalived.service.d/without-restart.conf &&
    systemctl daemon-reload && systemctl restart keepalived`;
  await Promise.all(
    hosts.map(async (host, index) =>
      assertOk(await lab.host(host, ['sh', '-c', install], { input: printConf(vip, index === 0) })),
    ),
  );
}
