import { defineConfig } from 'vitest/config';

/** Suites on real hosts: one after the other, in one process, because they share one lab. */
const onHosts = {
  hookTimeout: 300_000,
  fileParallelism: false,
  maxWorkers: 1,
  isolate: false,
  sequence: { groupOrder: 1 },
} as const;

/** Those without hosts: what they leave in the folder for temporary files goes with it. */
const onThisMachine = { globalSetup: ['test/support/temp-folder.ts'] };

/** Files that share a process read the program once: alone, each would spend more on that than on its tests. */
const inOneProcess = { isolate: false, setupFiles: ['test/support/forget-secrets.ts'] };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/unit/**/*.test.ts'],
          testTimeout: 10_000,
          ...onThisMachine,
          ...inOneProcess,
        },
      },
      {
        // Against an imitation of AWS on loopback: no root, but a server that is not ours.
        test: {
          name: 'cloud',
          include: ['test/cloud/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 300_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          ...onThisMachine,
        },
      },
      {
        test: {
          name: 'cli',
          include: ['test/cli/**/*.test.ts'],
          testTimeout: 30_000,
          ...onThisMachine,
          ...inOneProcess,
        },
      },
      {
        test: {
          name: 'acceptance',
          include: ['test/acceptance/**/*.test.ts'],
          testTimeout: 120_000,
          ...onHosts,
        },
      },
      {
        // Repetitions and slow faults: `npm run test:long`.
        test: {
          name: 'long',
          include: ['test/long/**/*.test.ts'],
          testTimeout: 1_800_000,
          ...onHosts,
        },
      },
    ],
  },
});
