import { describe, expect, it } from '@jest/globals';
import { isServerOf, parsePostmasterPid, withPid } from './stale-server.ts';

const text = '4711\n/data/postgres\n1764000000\n40123\n\n127.0.0.1\n  1234 5\nready   \n';

describe('postmaster.pid', () => {
  it('names the process and its port', () => {
    expect(parsePostmasterPid(text)).toEqual({ pid: 4711, port: 40123 });
  });

  it('names no port while the server starts', () => {
    expect(parsePostmasterPid('4711\n/data/postgres\n1764000000\n')).toEqual({ pid: 4711, port: undefined });
  });

  it('names a single-user server with a minus sign', () => {
    expect(parsePostmasterPid('-4711\n/data/postgres\n')).toEqual({ pid: 4711, port: undefined });
  });

  it.each(['', '\n', '0\n', 'x\n', '12345678901\n'])('is ignored when it is %j', (broken) => {
    expect(parsePostmasterPid(broken)).toBeUndefined();
  });

  it('keeps everything but the pid when that is replaced', () => {
    expect(withPid(text, 1)).toBe(text.replace('4711', '1'));
  });
});

describe('a server of a folder', () => {
  it('has the folder on its command line', () => {
    expect(isServerOf('/data/postgres', '/x/bin/postgres -D /data/postgres -p 40123 ')).toBe(true);
  });

  it.each(['/x/bin/postgres -D /data/postgres2 -p 1 ', 'vim /data/postgres ', 'postgres: checkpointer ', ''])(
    'is not %j',
    (commandLine) => {
      expect(isServerOf('/data/postgres', commandLine)).toBe(false);
    },
  );
});
