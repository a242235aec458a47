import { describe, expect, it } from 'vitest';
import { withEndpoint } from './write-endpoint.ts';

const NEW = 'x.elb.us-west-2.amazonaws.com:6443';

describe('the address of the API in an inventory', () => {
  it.each([
    ['old:6443', 'old'],
    ['"old:6443"   # of last year', 'quoted'],
  ])('takes the place of the former one, to the letter: %s', (value) => {
    const text = `# mine\nall:\n    vars:\n        ansible_user:   me # odd\n        control_plane_endpoint:  ${value}\nnode: {}\n`;
    const expected = text.replace(/"?old:6443"?/, NEW);
    expect(withEndpoint(text, NEW)).toBe(expected);
  });

  it('comes in front of the other variables, with their indentation', () => {
    const text = 'all:\n   vars:\n      # who\n      ansible_user: me\n\nnode: {}   # none\n';
    expect(withEndpoint(text, NEW)).toBe(
      text.replace('      ansible_user', `      control_plane_endpoint: ${NEW}\n      ansible_user`),
    );
  });

  it.each([
    ['node: {} # none\n'],
    ['all: {vars: {ansible_user: me}}\nnode: {} # none\n'],
    ['all:\n  vars: {}\nnode: {} # none\n'],
    ['all:\n  vars:\n    control_plane_endpoint:\nnode: {} # none\n'],
  ])('is written where there is no place for it yet: %j', (text) => {
    const after = withEndpoint(text, NEW);
    expect(after).toContain(`control_plane_endpoint: ${NEW}`);
    expect(after).toContain('# none');
  });
});
