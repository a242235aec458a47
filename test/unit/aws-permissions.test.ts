import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { permissions } from '../support/aws-permissions.ts';

it('docs/aws.md names every permission that konvoy needs, and no other', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/aws.md'), 'utf8');
  const named = [...page.matchAll(/\b(ec2|elasticloadbalancing):[A-Z]\w+/g)].map(([name]) => name);
  expect(named.sort()).toEqual(permissions());
}, 30_000);
