import { type Fact, FactUnreadable, type Joint } from '../core/fact.ts';
import { joinLastWords, lastWords } from './joint-words.ts';

/**
 * Modules that are built in and have no parameters are not below /sys/module, and in containers there is neither modprobe
 * nor /lib/modules: then a file system shows in /proc/filesystems, and other modules by what they bring.
 */
const PROGRAM = `builtin() { tr - _ <"/lib/modules/$(uname -r)/modules.builtin" | grep -qF "/$1.ko"; }
for name; do
  case $name in
  br_netfilter) brings=/proc/sys/net/bridge ;;
  nf_conntrack) brings=/proc/sys/net/netfilter/nf_conntrack_max ;;
  ip_vs) brings=/proc/net/ip_vs ;;
  *) brings=/sys/module/$name ;;
  esac
  if test -e "/sys/module/$name" || test -e "$brings" || grep -qwF -e "$name" /proc/filesystems || builtin "$name"; then
    echo "$name there"
  else
    echo "$name missing"
  fi
done 2>/dev/null`;

const joint: Joint = {
  join: joinLastWords,
  split(output, questions) {
    const lines = output.stdout.split('\n');
    return lastWords(questions).map((name) => {
      const line = lines.find((each) => each.startsWith(`${name} `));
      return { ...output, stdout: line === undefined ? '' : `${line}\n` };
    });
  },
};

/** Whether the kernel has what a module brings: loaded, or built in. Dashes and underscores in the name are the same. */
export const kernelModule: Fact<{ readonly module: string }, boolean> = {
  name: 'kernel module',
  joint,
  command: ({ module }) => ['sh', '-c', PROGRAM, 'kernel-module', module.replaceAll('-', '_')],
  parse({ stdout, stderr }, { module }) {
    const word = /^\S+ (there|missing)$/m.exec(stdout)?.[1];
    if (word === undefined) throw new FactUnreadable(stderr.trim() || `the shell said nothing of ${module}`);
    return word === 'there';
  },
};
