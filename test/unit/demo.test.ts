import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { probeImage } from '../../src/core/probe-image.ts';
import { printImageName } from '../../src/core/resource.ts';

it('the application of the demo has an image that every host of a cluster has', () => {
  const text = readFileSync(join(import.meta.dirname, '../../lab/demo/shop.yaml'), 'utf8');
  expect(/^ *image: (.*)$/m.exec(text)?.[1]).toBe(printImageName(probeImage()));
});
