import { expect, test } from 'vitest';
import { explainOpensshError } from './explain-openssh-error.ts';

// Recorded from OpenSSH 9.2.
test.each([
  ['ssh: connect to host 10.0.50.11 port 22: Connection refused', 'refused'],
  ['ssh: connect to host 10.0.50.11 port 22: Connection timed out', 'timeout'],
  ['ssh: connect to host 10.0.50.11 port 22: No route to host', 'unreachable'],
  ['ssh: Could not resolve hostname nowhere.invalid: Name or service not known', 'unreachable'],
  ['konvoy@10.0.50.11: Permission denied (publickey).', 'authentication'],
  [
    'No ED25519 host key is known for 10.0.50.11 and you have requested strict checking.\nHost key verification failed.',
    'host-key-unknown',
  ],
  ['kex_exchange_identification: Connection closed by remote host', 'refused'],
])('%s', (printed, failure) => {
  const error = explainOpensshError('10.0.50.11', printed, 255);
  expect(error.failure).toBe(failure);
  expect(error.hint).toBeDefined();
});

test('a changed key names its line, without the page of text around it', () => {
  const printed = [
    '@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@',
    '@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @',
    '@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@',
    'IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!',
    'The fingerprint for the ED25519 key sent by the remote host is',
    'SHA256:abc.',
    'Offending ED25519 key in /root/.ssh/known_hosts:7',
    'Host key for 10.0.50.11 has changed and you have requested strict checking.',
    'Host key verification failed.',
  ].join('\n');
  const error = explainOpensshError('10.0.50.11', printed, 255);
  expect(error.failure).toBe('host-key-changed');
  expect(error.message).toContain('/root/.ssh/known_hosts:7');
  expect(error.message).not.toContain('NASTY');
});
