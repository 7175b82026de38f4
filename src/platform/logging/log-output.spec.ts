import { describe, expect, it } from '@jest/globals';
import { setImmediate as nextIteration } from 'node:timers/promises';
import { DeferringStream } from './log-output.ts';

function recorded(): { writes: string[]; output: DeferringStream } {
  const writes: string[] = [];
  return { writes, output: new DeferringStream({ write: (lines) => void writes.push(lines) }) };
}

describe('DeferringStream', () => {
  it('writes the deferred lines of an iteration by one write after it', async () => {
    const { writes, output } = recorded();

    output.defer('a\n');
    output.defer('b\n');

    expect(writes).toEqual([]);
    await nextIteration();
    output.defer('c\n');
    await nextIteration();
    expect(writes).toEqual(['a\nb\n', 'c\n']);
  });

  it('keeps the order of deferred lines and of lines that are written at once', async () => {
    const { writes, output } = recorded();

    output.write('a\n');
    output.defer('b\n');
    output.write('c\n');
    output.defer('d\n');
    await nextIteration();

    expect(writes.join('')).toBe('a\nb\nc\nd\n');
  });

  it('writes the deferred lines when the process exits', () => {
    const { writes, output } = recorded();
    output.defer('a\n');

    for (const listener of process.listeners('exit')) if (isOwn(listener)) listener(0);

    expect(writes).toEqual(['a\n']);
  });
});

/** Jest and other modules have listeners too. */
function isOwn(listener: NodeJS.ExitListener): boolean {
  return listener.toString().includes('deferring');
}
