import { expect, test } from 'vitest';
import { shortLicenceNames } from './debian-licence.ts';

test('a machine-readable copyright file gives the short names once each', () => {
  const text =
    'Format: https://example.org/1.0/\n\nFiles: *\nLicense: GPL-2+\n\nFiles: a\nLicense: Expat\n text\n\nLicense: GPL-2+\n text\n';
  expect(shortLicenceNames(text)).toBe('GPL-2+, Expat');
});

test('a free text gives none, whatever it says about licences', () => {
  expect(shortLicenceNames('This is free software.\nLicense: see below\n')).toBeUndefined();
});
