import { describe, expect, it } from '@jest/globals';
import { unprivilegedUserIn } from './server-user.ts';

describe('the user of a server that root starts', () => {
  it('is the system user for that purpose, with the ids of this machine', () => {
    expect(unprivilegedUserIn('root:x:0:0::/root:/bin/sh\nnobody:x:99:98::/:/sbin/nologin\n')).toEqual({
      uid: 99,
      gid: 98,
    });
  });

  it.each(['', 'nobody:x:0:0::/:/bin/sh\n', 'nobody:x:-2:-2::/:/bin/sh\n'])('is 65534 for %j', (passwd) => {
    expect(unprivilegedUserIn(passwd)).toEqual({ uid: 65_534, gid: 65_534 });
  });
});
