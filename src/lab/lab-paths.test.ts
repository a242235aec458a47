import { expect, test } from 'vitest';
import { cacheFolder, hostNamespace, labPaths } from './lab-paths.ts';

test.each(['', 'A', 'a/b', '../x', 'a.b', '-a', 'a'.repeat(21)])('%j cannot name a lab', (name) => {
  expect(() => labPaths(name)).toThrow('cannot name a lab');
});

test('what belongs to one lab never begins like what belongs to another', () => {
  expect(hostNamespace(labPaths('a'), 'cp1', 1).startsWith(`${labPaths('a').namespace}.`)).toBe(true);
  expect(hostNamespace(labPaths('a-b'), 'cp1', 1).startsWith(`${labPaths('a').namespace}.`)).toBe(false);
});

test('KONVOY_CACHE names the cache', () => {
  expect(cacheFolder({ KONVOY_CACHE: '/somewhere' })).toBe('/somewhere');
  expect(cacheFolder({})).toMatch(/\.cache\/konvoy$/);
});
