import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CursorCodec } from './cursor.ts';

const codec = new CursorCodec([Buffer.alloc(32, 1)]);

describe('CursorCodec', () => {
  it('decodes what it encoded', () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.string({ unit: 'grapheme', maxLength: 60 })), { maxLength: 3 }),
        fc.constantFrom('next' as const, 'prev' as const),
        (keys, direction) => {
          expect(codec.decode(codec.encode({ keys, direction }, 'scope'), 'scope')).toEqual({ keys, direction });
        },
      ),
    );
  });

  it('rejects another scope, another key and arbitrary text', () => {
    const cursor = codec.encode({ keys: ['a'], direction: 'next' }, 'scope');

    expect(codec.decode(cursor, 'other')).toBeUndefined();
    expect(new CursorCodec([Buffer.alloc(32, 2)]).decode(cursor, 'scope')).toBeUndefined();
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        expect(codec.decode(text, 'scope')).toBeUndefined();
      }),
    );
  });

  it('rejects another encoding of the same bytes', () => {
    const cursor = codec.encode({ keys: ['ab'], direction: 'next' }, 'scope');

    expect(codec.decode(`${cursor}=`, 'scope')).toBeUndefined();
  });

  it('accepts the cursors of a previous key, and signs with the current one', () => {
    const position = { keys: ['a'], direction: 'next' } as const;
    const rotated = new CursorCodec([Buffer.alloc(32, 2), Buffer.alloc(32, 1)]);

    expect(rotated.decode(codec.encode(position, 'scope'), 'scope')).toEqual(position);
    expect(codec.decode(rotated.encode(position, 'scope'), 'scope')).toBeUndefined();
  });
});
