/** What CoreDNS itself makes of a text: the words of each plugin with their lines, braces among them. */
export interface ReadByCoreDns {
  readonly text: string;
  /** Undefined: it refuses the text. */
  readonly blocks?: readonly {
    readonly keys: readonly string[];
    readonly plugins: Readonly<Record<string, readonly (readonly [number, string])[]>>;
  }[];
}

/** The variables that were set meanwhile. */
export const VARIABLES: ReadonlyMap<string, string> = new Map([
  ['ZONE', 'my.'],
  ['TO', '9.9.9.9'],
  ['MISSING', ''],
]);

/** Recorded from `caddyfile.Parse` of github.com/coredns/caddy v1.1.4-0.20250930002214-15135a999495, which CoreDNS 1.14.2 is built with. */
export const READ_BY_COREDNS: readonly ReadByCoreDns[] = [
  { text: '.:53 {\n    errors\n}\n', blocks: [{ keys: ['.:53'], plugins: { errors: [[2, 'errors']] } }] },
  {
    text: 'a.org, b.org,\nc.org {\n  whoami\n}\n',
    blocks: [{ keys: ['a.org', 'b.org', 'c.org'], plugins: { whoami: [[3, 'whoami']] } }],
  },
  {
    text: 'a.org b.org\nerrors\nlog\n',
    blocks: [{ keys: ['a.org', 'b.org'], plugins: { errors: [[2, 'errors']], log: [[3, 'log']] } }],
  },
  {
    text: '. {\n  forward . 1.1.1.1 { # up\n    max_fails 3\n  }\n}',
    blocks: [
      {
        keys: ['.'],
        plugins: {
          forward: [
            [2, 'forward'],
            [2, '.'],
            [2, '1.1.1.1'],
            [2, '{'],
            [3, 'max_fails'],
            [3, '3'],
            [4, '}'],
          ],
        },
      },
    ],
  },
  {
    text: '# only a comment\n. {\n  errors#stuck comment\n  log # another\n}\n',
    blocks: [
      {
        keys: ['.'],
        plugins: {
          errors: [
            [3, 'errors'],
            [3, 'comment'],
          ],
          log: [[4, 'log']],
        },
      },
    ],
  },
  {
    text: '. {\n  template IN A {\n    answer "{{ .Name }} 60 IN A \\"1.2.3.4\\""\n  }\n}\n',
    blocks: [
      {
        keys: ['.'],
        plugins: {
          template: [
            [2, 'template'],
            [2, 'IN'],
            [2, 'A'],
            [2, '{'],
            [3, 'answer'],
            [3, '{{ .Name }} 60 IN A "1.2.3.4"'],
            [4, '}'],
          ],
        },
      },
    ],
  },
  {
    text: '. {\n  log . "{remote} \\d \\\\ x"\n}\n',
    blocks: [
      {
        keys: ['.'],
        plugins: {
          log: [
            [2, 'log'],
            [2, '.'],
            [2, '{remote} \\d \\\\ x'],
          ],
        },
      },
    ],
  },
  {
    text: '(common) {\n  errors\n  log\n}\n. {\n  import common\n  reload\n}\n',
    blocks: [{ keys: ['.'], plugins: { errors: [[2, 'errors']], log: [[3, 'log']], reload: [[7, 'reload']] } }],
  },
  {
    text: '(opts) {\n  pods insecure\n}\n. {\n  kubernetes cluster.local {\n    import opts\n    ttl 30\n  }\n}\n',
    blocks: [
      {
        keys: ['.'],
        plugins: {
          kubernetes: [
            [5, 'kubernetes'],
            [5, 'cluster.local'],
            [5, '{'],
            [2, 'pods'],
            [2, 'insecure'],
            [7, 'ttl'],
            [7, '30'],
            [8, '}'],
          ],
        },
      },
    ],
  },
  { text: '(one) { errors }\n. {\n  import one\n}\n', blocks: [{ keys: ['.'], plugins: { errors: [[1, 'errors']] } }] },
  {
    text: '(b) {\n  log\n}\n(a) {\n  errors\n  import b\n}\n. {\n  import a\n}\n',
    blocks: [{ keys: ['.'], plugins: { errors: [[5, 'errors']], log: [[2, 'log']] } }],
  },
  {
    text: '. {\n  forward {$ZONE} {%TO%} {$MISSING}x\n}\n',
    blocks: [
      {
        keys: ['.'],
        plugins: {
          forward: [
            [2, 'forward'],
            [2, 'my.'],
            [2, '9.9.9.9'],
            [2, 'x'],
          ],
        },
      },
    ],
  },
  {
    text: '{$ZONE}example.org {\n  whoami\n}\n',
    blocks: [{ keys: ['my.example.org'], plugins: { whoami: [[2, 'whoami']] } }],
  },
  { text: 'a.org\n{\n  errors\n}\n', blocks: [{ keys: ['a.org'], plugins: { errors: [[3, 'errors']] } }] },
  { text: '\ufeff. {\r\n  errors\r\n}\r\n', blocks: [{ keys: ['.'], plugins: { errors: [[2, 'errors']] } }] },
  {
    text: '. {\n  log "two\nlines" more\n  errors\n}\n',
    blocks: [
      {
        keys: ['.'],
        plugins: {
          errors: [[4, 'errors']],
          log: [
            [2, 'log'],
            [2, 'two\nlines'],
            [3, 'more'],
          ],
        },
      },
    ],
  },
  { text: '{\n  errors\n}\n', blocks: [] },
  {
    text: '. {\n  health {\n    lameduck 5s\n  }',
    blocks: [
      {
        keys: ['.'],
        plugins: {
          health: [
            [2, 'health'],
            [2, '{'],
            [3, 'lameduck'],
            [3, '5s'],
            [4, '}'],
          ],
        },
      },
    ],
  },
  { text: '. {\n  a\\\n  b\n}\n', blocks: [{ keys: ['.'], plugins: { 'a\\': [[2, 'a\\']], b: [[3, 'b']] } }] },
  {
    text: '. {\n  say\u00a0it "" end\n}\n',
    blocks: [
      {
        keys: ['.'],
        plugins: {
          say: [
            [2, 'say'],
            [2, 'it'],
            [2, ''],
            [2, 'end'],
          ],
        },
      },
    ],
  },
  {
    text: '. {\n  health { }\n}\n',
    blocks: [
      {
        keys: ['.'],
        plugins: {
          health: [
            [2, 'health'],
            [2, '{'],
            [2, '}'],
          ],
        },
      },
    ],
  },
  {
    text: 'a { whoami\n}\nb {\n}\n',
    blocks: [
      { keys: ['a'], plugins: { whoami: [[1, 'whoami']] } },
      { keys: ['b'], plugins: {} },
    ],
  },
  { text: '. {\n  errors\n' },
  { text: '. {\n  errors }\n' },
  { text: 'a.org,\n' },
  { text: 'a.org, {\n}\n' },
  { text: '(s) {\n}\n(s) {\n}\n' },
  { text: '(s)\nerrors\n' },
  { text: '. {\n  import\n}\n' },
  { text: '. {\n  import a b\n}\n' },
  { text: '(s) {\n  import s\n}\n' },
  { text: '(s) {\n  errors\n' },
];
