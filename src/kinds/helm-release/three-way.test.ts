import { expect, test } from 'vitest';
import { threeWay } from './three-way.ts';

test('what the manifest says now holds, what only the former said goes, what others added stays', () => {
  const live = { kind: 'A', spec: { a: 1, b: 2, other: 3 }, status: {} };
  expect(threeWay(live, { spec: { a: 1, b: 2 } }, { spec: { a: 9 } })).toEqual({
    kind: 'A',
    spec: { a: 9, other: 3 },
    status: {},
  });
});

test('members of lists are told apart by their names, others’ stay', () => {
  const live = { ports: [{ name: 'web', port: 80, nodePort: 30_080 }, { name: 'gone' }, { name: 'others' }] };
  const before = { ports: [{ name: 'web', port: 80 }, { name: 'gone' }] };
  expect(threeWay(live, before, { ports: [{ name: 'web', port: 8080 }, { name: 'new' }] })).toEqual({
    ports: [{ name: 'web', port: 8080, nodePort: 30_080 }, { name: 'new' }, { name: 'others' }],
  });
});

test('lists without names are replaced, and null is as good as nothing', () => {
  const live = {
    args: ['--a', '--b'],
    mounts: [
      { name: 'x', path: '/a' },
      { name: 'x', path: '/b' },
    ],
    empty: 1,
  };
  const after = { args: ['--c'], mounts: [{ name: 'x', path: '/a' }], empty: null };
  expect(threeWay(live, live, after)).toEqual({ args: ['--c'], mounts: [{ name: 'x', path: '/a' }] });
});
