import { describe, expect, it } from '@jest/globals';
import { parseEnv } from 'node:util';
import { parseEnvFile } from './env-file.ts';

const isRead = (name: string): boolean => ['PORT', 'LOG_LEVEL', 'APP_SECRET'].includes(name);
const read = (text: string): ReturnType<typeof parseEnvFile> => parseEnvFile(text, isRead);

describe('A line of .env', () => {
  it.each([
    'PORT=1',
    'export PORT=1\nexport LOG_LEVEL = info',
    '  PORT = 1  \n\t# a comment\n\n#PORT=2\nLOG_LEVEL=',
    'APP_SECRET="a b#c" # a comment\nPORT=\'1\'# another\nLOG_LEVEL=`info`',
    "APP_SECRET=it's\nLOG_LEVEL=a=b=c",
    'APP_SECRET="first\nsecond\\nthird"\nPORT=1',
    "APP_SECRET='a\\nb'\nPORT=3 # three # four",
    'SOME_OTHER=tool\nits.name=x\nPORT=1',
  ])('is parsed as Node parses it: %j', (text) => {
    const { values, problems } = read(text);

    expect(problems).toEqual([]);
    // Node parses an indented comment as a variable.
    expect(values).toEqual(parseEnv(text.replace(/^[ \t]+#.*$/gm, '')));
  });

  it.each([
    ['PORT: 1', '.env:1: is not NAME=value'],
    ['LOG_LEVEL=info\nPORT', '.env:2: is not NAME=value'],
    ['=1', '.env:1: is not NAME=value'],
    ['1PORT=1', '.env:1: is not NAME=value'],
    ['set PORT=1', '.env:1: is not NAME=value'],
    ['\n\nPORT="1\nLOG_LEVEL=info', '.env:3: has a quote that is not closed, or text after the closing one'],
    ['PORT="1\nLOG_LEVEL="info"', '.env:1: has a quote that is not closed, or text after the closing one'],
    ['APP_SECRET="a\nPORT=1\nX="', '.env:1: has a quote that is not closed, or text after the closing one'],
    ['APP_SECRET="a\\"b"', '.env:1: has a quote that is not closed, or text after the closing one'],
    ['APP_SECRET="a" b', '.env:1: has a quote that is not closed, or text after the closing one'],
    ['APP_SECRET=a#b', '.env:1: has a # in the value: quote it, or put a space before a comment'],
    ['APP_SECRET=#b', '.env:1: has a # in the value: quote it, or put a space before a comment'],
    ['PORT=1\n\nPORT=2', '.env:3: PORT is already set in line 1'],
    ['port=1', '.env:1: port must be written PORT'],
  ])('is reported when a part of it would be lost: %j', (text, problem) => {
    expect(read(text).problems).toEqual([problem]);
  });

  it('is reported together with all others, and never with its value', () => {
    const { problems } = read('PORT: hunter2\nLOG_LEVEL="hunter2\nAPP_SECRET=hunter2#hunter2');

    expect(problems).toHaveLength(3);
    expect(problems.join()).not.toContain('hunter2');
  });
});
