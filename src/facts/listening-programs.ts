import { type Fact, FactUnreadable } from '../core/fact.ts';

/** A TCP port and the program that listens on it. */
export interface ListeningProgram {
  readonly port: number;
  /** The first 15 characters of its name; undefined where `ss` does not say it. */
  readonly program: string | undefined;
}

/** Which programs listen on TCP ports. Looks through all processes: dear, so to be asked only where it matters. */
export const listeningPrograms: Fact<undefined, readonly ListeningProgram[]> = {
  name: 'programs that listen',
  command: () => ['ss', '-Hltnp'],
  parse(output) {
    if (output.exit !== 0) throw new FactUnreadable(`\`ss -Hltnp\` ended with exit code ${output.exit}`);
    return output.stdout.split('\n').flatMap((line): ListeningProgram[] => {
      const words = line.trim().split(/\s+/);
      const port = /:(\d+)$/.exec(words[3] ?? '')?.[1];
      if (words[0] !== 'LISTEN' || port === undefined) return [];
      return [{ port: Number(port), program: /users:\(\("([^"]*)"/.exec(line)?.[1] }];
    });
  },
};
