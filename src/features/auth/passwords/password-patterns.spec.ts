import { describe, expect, it } from '@jest/globals';
import { isPattern } from './password-patterns.ts';

describe('isPattern', () => {
  it.each([
    '1234567890123456',
    '9876543210987654',
    '0123-4567-8901-2345',
    'qwertyuiopasdfgh',
    'QWERTZUIOPÜASDFGHJKL',
    'poiuytrewq lkjhgfdsa',
    'asdfghjkl;asdfghjkl',
    'abcdefghijklmnop',
    'qwertyuiop12345678!',
    'horse horse horse',
    'Horse-Horse-Horse-1',
    'horse1horse2horse3',
    'passphrase passphrase 1',
    'dog cat dog cat dog',
    'один один один один',
  ])('is true for %s', (password) => {
    expect(isPattern(password)).toBe(true);
  });

  it.each([
    '',
    'correct horse battery staple',
    'the dog and the cat and the bird',
    'my qwerty keyboard is broken',
    'kQ7vX2mZ9pL4tR8w',
    '82a61937a46150927',
    '2026 was a year of many storms',
    'were there any property rights',
  ])('is false for %s', (password) => {
    expect(isPattern(password)).toBe(false);
  });
});
