import { describe, expect, it } from '@jest/globals';
import { describedError } from './described-error.ts';

function named(name: unknown, message: unknown): Error {
  return Object.defineProperties(new Error(), { name: { value: name }, message: { value: message } });
}

describe('describedError', () => {
  it.each([
    ['an error', new TypeError('no such thing'), { name: 'TypeError', message: 'no such thing' }],
    ['text', 'just text', { name: 'Error', message: 'The handler threw just text.' }],
    ['nothing', undefined, { name: 'Error', message: 'The handler threw a value that is no error.' }],
    ['null', null, { name: 'Error', message: 'The handler threw a value that is no error.' }],
    ['a NUL', new Error('bad \0 byte'), { name: 'Error', message: 'bad  byte' }],
    ['an error without a message', named('Odd', undefined), { name: 'Odd', message: '' }],
    ['an error without a name', named(undefined, 'odd'), { name: 'Error', message: 'odd' }],
  ])('describes %s', (_, thrown, described) => {
    expect(describedError(thrown)).toEqual(described);
  });

  it('cuts no character in half, and no name goes on for ever', () => {
    const { name, message } = describedError(named('N'.repeat(100_000), `${'a'.repeat(999)}\u{1F600}`));

    expect(name).toHaveLength(256);
    expect(message).toHaveLength(1000);
    expect(message.isWellFormed()).toBe(true);
  });

  it('survives an error that throws when it is read', () => {
    const trap = new Proxy(new Error(), {
      get: () => {
        throw new Error('trap');
      },
    });

    expect(describedError(trap).message).toBe('The handler threw a value that is no error.');
  });
});
