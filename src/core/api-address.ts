/** Where the watch of a host's own API server writes 0 (it lives) or 1 (it does not); keepalived reads it as its track file. */
export const API_STATE_PATH = '/run/konvoy-vip/api';

/** While this folder is there, for `LONGEST_LEAVE_MINUTES` at most, the watch writes 1 whatever the API server does. */
export const API_LEAVES_PATH = `${API_STATE_PATH}-leaves`;

/** A run that is killed must not keep a host from holding the address for ever. kubeadm's upgrade of one takes 1 to 3 minutes. */
export const LONGEST_LEAVE_MINUTES = 10;

/**
 * Functions for the shell of a control plane whose programs are about to restart. `give_address_away` returns when the other
 * hosts have had the time to take the API's virtual address, before a request can fail; `may_hold_address` allows it again.
 * Nothing happens where no watch runs. Backups wait for up to five adverts of 0.15 s.
 */
export const GIVE_ADDRESS_AWAY = `
give_address_away() {
  may_hold_address
  [ -e ${API_STATE_PATH} ] && mkdir ${API_LEAVES_PATH} || return 0
  left=30
  until [ "$(cat ${API_STATE_PATH})" = 1 ] || [ $left -le 0 ]; do left=$((left - 1)); sleep 0.1; done
  sleep 1.5
}
may_hold_address() {
  rmdir ${API_LEAVES_PATH} 2>/dev/null || :
}
`;
