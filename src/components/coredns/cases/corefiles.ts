/** The text of kubeadm 1.36 for the domain cluster.local (kubernetes, cmd/kubeadm/app/phases/addons/dns/manifests.go). */
export const KUBEADM_COREFILE = `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30 {
       disable success cluster.local
       disable denial cluster.local
    }
    loop
    reload
    loadbalance
}
`;

/** The text that Konvoy's documentation shows as the one it ships with. */
export const SEED_COREFILE = `.:53 {
    errors
    health
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       upstream
       fallthrough in-addr.arpa ip6.arpa
    }
    prometheus :9153
    forward . /etc/resolv.conf
    loop
    reload
    loadbalance
}
`;

/** What a cluster of Kubernetes 1.11 had, with stub domains and a comment of its user. */
export const OLD_COREFILE = `.:53 {
    errors
    log {
        class denial error
    }
    health
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        resyncperiod 5m
        pods insecure
        upstream /etc/resolv.conf
        endpoint https://10.0.0.1:6443 https://10.0.0.2:6443
        transfer to 10.0.0.9 10.0.0.10
        fallthrough in-addr.arpa ip6.arpa
    }
    federation cluster.local {
        prod prod.example.org
    }
    prometheus :9153
    # the office asks the office
    proxy example.org 10.9.9.9 {
        policy first # never both
        protocol dns force_tcp
        fail_timeout 5s
    }
    proxy . /etc/resolv.conf
    file /etc/coredns/zone.db office.example.org {
        no_reload
    }
    cache 30
    reload
}
`;
