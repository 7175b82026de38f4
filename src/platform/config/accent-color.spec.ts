import { describe, expect, it } from '@jest/globals';
import { contrastOf, readableColor, textColorOn } from './accent-color.ts';

const colors = ['#000000', '#ffffff', '#ffff00', '#3b5bdb', '#808080', '#ff0000', '#00ff88', '#123456'];

describe('readableColor', () => {
  it.each(colors)('has a contrast of 4.5 on light and on dark backgrounds for %s', (color) => {
    for (const backgrounds of [
      ['#ffffff', '#f5f6f8'],
      ['#101215', '#191c21'],
    ]) {
      const readable = readableColor(color, backgrounds);
      for (const background of backgrounds) expect(contrastOf(readable, background)).toBeGreaterThanOrEqual(4.5);
    }
  });

  it('returns a color unchanged that is readable already', () => {
    expect(readableColor('#1d3fa8', ['#ffffff'])).toBe('#1d3fa8');
  });
});

describe('contrastOf', () => {
  it('is 21 for black and white, and 1 for equal colors', () => {
    expect(contrastOf('#000000', '#ffffff')).toBeCloseTo(21);
    expect(contrastOf('#3b5bdb', '#3b5bdb')).toBe(1);
  });
});

describe('textColorOn', () => {
  it.each([
    ['#000000', '#ffffff'],
    ['#2457d6', '#ffffff'],
    ['#d32f2f', '#ffffff'],
    ['#ffd400', '#000000'],
    ['#ffffff', '#000000'],
  ])('returns for %s the color %s', (accent, text) => {
    expect(textColorOn(accent)).toBe(text);
  });
});
