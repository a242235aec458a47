import { lockFile } from '../bundle/lock-file.ts';

/** Outside of the run folder, which goes away with the last lab. */
const LOCK_FILE = '/run/konvoy-lab.lock';

/** Runs the action while no other `lab up` or `lab down` runs on this machine. */
export async function withMachineLock<T>(say: (text: string) => void, action: () => Promise<T>): Promise<T> {
  const patience = setTimeout(() => say('waiting for another lab command on this machine'), 1000);
  const unlock = await lockFile(LOCK_FILE).finally(() => clearTimeout(patience));
  try {
    return await action();
  } finally {
    await unlock();
  }
}
