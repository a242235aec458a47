import { describe, expect, it } from 'vitest';
import { maskSecrets } from './code-frame.ts';

describe('lines of a file that are shown', () => {
  it('hide what stands behind a key that names a secret, in YAML and in the TOML inside of it', () => {
    const text = `imageRegistries:
  - {server: quay.io, auth: aGVsbG8=}
    password: |-
      two
data: |
  [plugins.x.auth]
  password = "never"
  identitytoken="shown"
  username = "me"
httpProxy: http://me:never@proxy:1`;
    expect(maskSecrets(text).join('\n')).toBe(`imageRegistries:
  - {server: quay.io, auth: ••••••
    password: ••••••
      ••••••
data: |
  [plugins.x.auth]
  password = ••••••
  identitytoken= ••••••
  username = "me"
httpProxy: http://••••••@proxy:1`);
  });
});
