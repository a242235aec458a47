import type { Command } from 'commander';
import type { CliContext } from './context.ts';

type MakeCommand = (context: CliContext) => Command;

/** A command by name. It is loaded when it is called, or when somebody asks for help: starting must stay quick. */
export interface CommandEntry {
  readonly name: string;
  readonly aliases?: readonly string[];
  load(): Promise<MakeCommand>;
}

/** Every command that works, in the order of `konvoy help`. */
export const COMMANDS: readonly CommandEntry[] = [
  { name: 'init', load: async () => (await import('./commands/init.ts')).initCommand },
  { name: 'validate', load: async () => (await import('./commands/validate.ts')).validateCommand },
  { name: 'schema', load: async () => (await import('./commands/schema.ts')).schemaCommand },
  { name: 'plan', aliases: ['diff'], load: async () => (await import('./commands/plan.ts')).planCommand },
  { name: 'provision', load: async () => (await import('./commands/provision.ts')).provisionCommand },
  { name: 'up', load: async () => (await import('./commands/up.ts')).upCommand },
  { name: 'deploy', load: async () => (await import('./commands/deploy.ts')).deployCommand },
  { name: 'check', load: async () => (await import('./commands/check.ts')).checkCommand },
  { name: 'status', load: async () => (await import('./commands/status.ts')).statusCommand },
  { name: 'explain', load: async () => (await import('./commands/explain.ts')).explainCommand },
  { name: 'verify', load: async () => (await import('./commands/verify.ts')).verifyCommand },
  { name: 'diagnose', load: async () => (await import('./commands/diagnose.ts')).diagnoseCommand },
  { name: 'apply', load: async () => (await import('./commands/apply.ts')).applyCommand },
  { name: 'etcd', load: async () => (await import('./commands/etcd.ts')).etcdCommand },
  { name: 'renew', load: async () => (await import('./commands/renew.ts')).renewCommand },
  { name: 'migrate', load: async () => (await import('./commands/migrate.ts')).migrateCommand },
  { name: 'reset', load: async () => (await import('./commands/reset.ts')).resetCommand },
  { name: 'down', load: async () => (await import('./commands/down.ts')).downCommand },
  { name: 'render', load: async () => (await import('./commands/render.ts')).renderCommand },
  { name: 'bundle', load: async () => (await import('./commands/bundle.ts')).bundleCommand },
  { name: 'lab', load: async () => (await import('./commands/lab.ts')).labCommand },
  { name: 'completion', load: async () => (await import('./commands/completion.ts')).completionCommand },
  { name: 'version', load: async () => (await import('./commands/version.ts')).versionCommand },
];
