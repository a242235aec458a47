/** Lines as /proc/net/tcp has them for sockets that listen on an IPv4 address and a port each. */
export function printProcNetTcp(sockets: readonly (readonly [address: string, port: number])[]): string {
  const byte = (value: string | number) => Number(value).toString(16).toUpperCase().padStart(2, '0');
  const lines = sockets.map(([address, port], index) => {
    const host = address.split('.').reverse().map(byte).join('');
    const local = `${host}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
    return `   ${index}: ${local} 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 ${4000 + index} 1\n`;
  });
  return `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n${lines.join('')}`;
}
