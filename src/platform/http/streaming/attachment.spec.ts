import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { attachmentDisposition } from './attachment.ts';

describe('attachmentDisposition', () => {
  it.each([
    ['users.csv', 'attachment; filename="users.csv"'],
    ['a b;c.csv', 'attachment; filename="a b;c.csv"'],
    ['a"b\\c.csv', `attachment; filename="a_b_c.csv"; filename*=UTF-8''a%22b%5Cc.csv`],
    ['../etc/x', `attachment; filename=".._etc_x"; filename*=UTF-8''..%2Fetc%2Fx`],
    ['100%.csv', `attachment; filename="100_.csv"; filename*=UTF-8''100%25.csv`],
    ["Zoë's (1)*.csv", `attachment; filename="Zo_'s (1)*.csv"; filename*=UTF-8''Zo%C3%AB%27s%20%281%29%2A.csv`],
    ['a\r\nSet-Cookie: b', `attachment; filename="a__Set-Cookie: b"; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20b`],
    ['𝄞.csv', `attachment; filename="_.csv"; filename*=UTF-8''%F0%9D%84%9E.csv`],
  ])('names %j', (filename, header) => {
    expect(attachmentDisposition(filename)).toBe(header);
  });

  it('is grammatical and preserves the name for any name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (filename) => {
        const header = attachmentDisposition(filename);
        const found = /^attachment; filename="([ !#-.0-[\]-~]*)"(?:; filename\*=UTF-8''([\w!#$&+\-.^`|~%]+))?$/.exec(
          header,
        );
        expect(found).not.toBeNull();
        expect(found?.[2] === undefined ? found?.[1] : decodeURIComponent(found[2])).toBe(filename.toWellFormed());
      }),
    );
  });
});
