#!/bin/sh
# Runs once inside the base image, behind debootstrap. What differs from host to host (name, keys) is written at `lab up`.
set -eu

# Each host makes its own machine-id at its first boot; debootstrap bakes one in.
: >/etc/machine-id
rm -f /var/lib/dbus/machine-id /etc/ssh/ssh_host_*
: >/etc/fstab
: >/etc/resolv.conf

# Hosts have no way out: packages come from the bundle or not at all.
rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/* /var/lib/apt/lists/* /var/cache/apt/archives/*.deb
: >/etc/apt/sources.list
install -d -m 0755 /var/lib/apt/lists/partial

useradd --create-home --shell /bin/bash --groups sudo konvoy
install -d -m 0700 -o konvoy -g konvoy /home/konvoy/.ssh
printf 'konvoy ALL=(ALL) NOPASSWD: ALL\n' >/etc/sudoers.d/konvoy
chmod 0440 /etc/sudoers.d/konvoy

cat >/etc/ssh/sshd_config.d/lab.conf <<'EOF'
HostKey /etc/ssh/ssh_host_ed25519_key
UseDNS no
# Benchmarks and tests open many connections at once from one address.
MaxStartups 200
EOF

# Non-root users are turned away while /run/nologin exists, so sshd waits until it is gone.
install -d /etc/systemd/system/ssh.service.d
cat >/etc/systemd/system/ssh.service.d/lab.conf <<'EOF'
[Unit]
After=systemd-user-sessions.service
EOF

install -d /etc/systemd/system.conf.d /etc/systemd/journald.conf.d /var/log/journal
cat >/etc/systemd/system.conf.d/lab.conf <<'EOF'
[Manager]
DefaultTimeoutStopSec=10s
EOF
# /dev/kmsg is the machine's own, shared by all hosts.
cat >/etc/systemd/journald.conf.d/lab.conf <<'EOF'
[Journal]
ReadKMsg=no
SystemMaxUse=64M
EOF

# Pods, at every boot: systemd-nspawn mounts the controllers of cgroup v1 read-only, and kubelet makes groups in them;
# volumes of pods want mounts that reach into their containers. At the end containers go first, in one second: many do not
# mind SIGTERM, and systemd would wait for them until its time is up.
cat >/usr/local/sbin/lab-pods <<'EOF'
#!/bin/sh
set -eu
groups=/sys/fs/cgroup
if [ -d $groups/pids ]; then groups=$groups/pids; fi
processes() { find $groups -path '*/kubepods*/cgroup.procs' -exec cat {} + 2>/dev/null || true; }
signal() { for pid in $(processes); do kill "-$1" "$pid" 2>/dev/null || true; done; }
case $1 in
start)
  mount --make-rshared /
  while read -r _ folder type options _; do
    case $type,$options in cgroup,ro* | cgroup2,ro*) mount -o remount,rw,bind "$folder" ;; esac
  done </proc/mounts
  ;;
stop)
  signal TERM
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    [ -n "$(processes)" ] || exit 0
    sleep 0.1
  done
  signal KILL
  ;;
esac
EOF
chmod 0755 /usr/local/sbin/lab-pods
cat >/etc/systemd/system/lab-pods.service <<'EOF'
[Unit]
Description=Control groups and mounts for pods
DefaultDependencies=no
Before=basic.target containerd.service kubelet.service shutdown.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/sbin/lab-pods start
ExecStop=/usr/local/sbin/lab-pods stop

[Install]
WantedBy=multi-user.target
EOF

# Hosts are thrown away: dpkg need not wait for the disk after each file.
echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/lab

systemctl enable --quiet lab-pods.service
systemctl mask --quiet apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
  fstrim.timer console-getty.service getty.target
# pid_max belongs to the whole machine, not to a host.
rm -f /usr/lib/sysctl.d/50-pid-max.conf

# systemd-tmpfiles would make btrfs subvolumes of these, which a snapshot of the host would leave out.
install -d -m 0700 /var/lib/machines /var/lib/portables
