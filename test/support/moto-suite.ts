import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { Moto, takeTestCredentials } from './moto.ts';

/** Starts AWS's imitation before the tests of a file, gives it to `use`, and ends it behind them. */
export function withMoto(use: (moto: Moto) => void): void {
  let moto: Moto | undefined;
  beforeAll(async () => {
    takeTestCredentials();
    moto = await Moto.start();
    use(moto);
  }, 120_000);
  afterAll(() => moto?.stop());
}

/** The same; nothing is there when a test begins, and every request of it is held against AWS's own model. */
export function withFreshMoto(use: (moto: Moto) => void): void {
  let moto: Moto | undefined;
  withMoto((started) => {
    moto = started;
    use(started);
  });
  beforeEach(() => moto?.reset());
  afterEach(() => expect(moto?.faults).toEqual([]));
}
