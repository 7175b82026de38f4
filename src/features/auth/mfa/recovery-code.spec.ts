import { describe, expect, it } from '@jest/globals';
import { newRecoveryCode, normalizedRecoveryCode } from './recovery-code.ts';

describe('newRecoveryCode', () => {
  it("has 24 characters of Crockford's Base32", () => {
    const codes = Array.from({ length: 50 }, newRecoveryCode);

    for (const code of codes) expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{24}$/);
    expect(new Set(codes).size).toBe(50);
  });
});

describe('normalizedRecoveryCode', () => {
  it('ignores case, separators and characters that look alike', () => {
    expect(normalizedRecoveryCode(' abcd-efgh 0o1i-lL00')).toBe('ABCDEFGH00111100');
  });
});
