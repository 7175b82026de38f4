import { describe, expect, it } from '@jest/globals';
import type { PresentedToken } from './refresh-decision.ts';
import { decideRefresh } from './refresh-decision.ts';

const fresh: PresentedToken = {
  sessionOver: false,
  expired: false,
  used: false,
  usedWithinReuseInterval: false,
  successorUnused: false,
};
const justUsed: PresentedToken = { ...fresh, used: true, usedWithinReuseInterval: true, successorUnused: true };

describe('decideRefresh', () => {
  it('rotates an unused token', () => {
    expect(decideRefresh(fresh)).toBe('rotate');
  });

  it('refuses an expired token without revoking the session', () => {
    expect(decideRefresh({ ...fresh, expired: true })).toBe('refuse');
  });

  it('repeats the successor of a token that was used within the reuse interval', () => {
    expect(decideRefresh(justUsed)).toBe('repeat');
  });

  it('detects reuse after the reuse interval', () => {
    expect(decideRefresh({ ...justUsed, usedWithinReuseInterval: false })).toBe('reuse');
  });

  it('detects reuse within the reuse interval when the successor has been used', () => {
    expect(decideRefresh({ ...justUsed, successorUnused: false })).toBe('reuse');
  });

  it('refuses every token of an ended session', () => {
    expect(decideRefresh({ ...justUsed, sessionOver: true })).toBe('refuse');
    expect(decideRefresh({ ...fresh, sessionOver: true })).toBe('refuse');
  });
});
