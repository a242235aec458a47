/** What the process ends with. Documented in docs/reference/exit-codes.md. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  invalidConfig: 3,
  planHasChanges: 4,
  verificationFailed: 5,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
