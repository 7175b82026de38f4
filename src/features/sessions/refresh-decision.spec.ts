import { describe, expect, it } from '@jest/globals';
import type { PresentedToken } from './refresh-decision.ts';
import { decideRefresh } from './refresh-decision.ts';

const fresh: PresentedToken = {
  sessionOver: false,
  expired: false,
  used: false,
  usedWithinGrace: false,
  childUnused: false,
};
const justUsed: PresentedToken = { ...fresh, used: true, usedWithinGrace: true, childUnused: true };

describe('decideRefresh', () => {
  it('rotates an unused token', () => {
    expect(decideRefresh(fresh)).toBe('rotate');
  });

  it('refuses an expired token without ending the session', () => {
    expect(decideRefresh({ ...fresh, expired: true })).toBe('refuse');
  });

  it('repeats the child of a token that was used a moment ago', () => {
    expect(decideRefresh(justUsed)).toBe('repeat');
  });

  it('sees reuse when the grace is over', () => {
    expect(decideRefresh({ ...justUsed, usedWithinGrace: false })).toBe('reuse');
  });

  it('sees reuse when the child has been used, however short the time', () => {
    expect(decideRefresh({ ...justUsed, childUnused: false })).toBe('reuse');
  });

  it('lets the end of a session beat every grace', () => {
    expect(decideRefresh({ ...justUsed, sessionOver: true })).toBe('refuse');
    expect(decideRefresh({ ...fresh, sessionOver: true })).toBe('refuse');
  });
});
