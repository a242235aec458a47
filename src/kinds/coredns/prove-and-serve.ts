import { KonvoyError } from '../../core/errors.ts';
import { withCanary } from './canary.ts';
import { answersRightly, type LiveDns } from './live-dns.ts';
import { serveCorefile } from './serve-corefile.ts';

interface Given {
  readonly report: (text: string) => void;
  /** Throws when the user wants to stop and nothing has been changed. */
  readonly checkStop: () => void;
  /** The same while the new text is being taken into force; the one from before comes back then. */
  readonly checkBack: () => void;
}

/**
 * Tries a text in a canary, then lets CoreDNS serve it. Throws where it does not, with the text from before in place.
 */
export async function proveAndServe(live: LiveDns, corefile: string, given: Given): Promise<void> {
  const { living, state, known } = live;
  const { report, checkStop } = given;
  report('a canary tries the new Corefile');
  const digest = await withCanary(
    living,
    { state, corefile },
    async (canary) => {
      if (await answersRightly(live, canary.address)) return canary.digest;
      throw new KonvoyError(`CoreDNS with the new Corefile does not have the address of ${known.name}`, {
        hint: 'nothing was changed: CoreDNS goes on with the Corefile that it has',
      });
    },
    checkStop,
  );
  report(`the canary is ready and knows ${known.name}`);
  checkStop();
  await serveCorefile(live, { corefile, digest }, { report, checkStop: given.checkBack });
}
