import { expect, it } from 'vitest';
import { stepTo } from './version-step.ts';

it('a patch, or one minor, is a step', () => {
  expect(stepTo('1.36.3', ['v1.36.2'])).toEqual({ is: 'step', from: '1.36.2' });
  expect(stepTo('1.36.3', ['v1.36.0-rc.1'])).toEqual({ is: 'step', from: '1.36.0' });
  expect(stepTo('1.37.0', ['v1.36.9'])).toEqual({ is: 'step', from: '1.36.9' });
});

it('over a minor it is a jump, which names what lies between', () => {
  expect(stepTo('1.37.0', ['v1.35.4'])).toEqual({ is: 'jump', from: '1.35.4', between: '1.36' });
  expect(stepTo('2.0.0', ['v1.36.0'])).toMatchObject({ is: 'jump' });
});

it('back is a downgrade, by a patch as by a minor', () => {
  expect(stepTo('1.36.2', ['v1.36.3'])).toEqual({ is: 'downgrade', from: '1.36.3' });
  expect(stepTo('1.35.9', ['v1.36.0'])).toEqual({ is: 'downgrade', from: '1.36.0' });
});

it('an upgrade that has not come to its end goes on, and neither jumps nor turns back', () => {
  expect(stepTo('1.36.3', ['v1.36.3', 'v1.36.3', 'v1.36.2'])).toEqual({ is: 'step', from: '1.36.2' });
  expect(stepTo('1.36.2', ['v1.36.2', 'v1.36.3'])).toEqual({ is: 'downgrade', from: '1.36.3' });
  expect(stepTo('1.37.0', ['v1.36.3', 'v1.35.4'])).toMatchObject({ is: 'jump', from: '1.35.4' });
});

it('what is as wanted, or says no release, wants nothing', () => {
  expect(stepTo('1.36.3', ['v1.36.3', 'v1.36.3+k3s1'])).toEqual({ is: 'none' });
  expect(stepTo('1.36.3', ['latest', ''])).toEqual({ is: 'none' });
  expect(stepTo('1.36.3', [])).toEqual({ is: 'none' });
});
