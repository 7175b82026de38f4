import { randomBytes } from 'node:crypto';
import { SoftwareAuthenticator } from '../../harness/http/software-authenticator.ts';
import { createPasskeyUser, page, passkeyOptions } from './passkey-users.ts';
import type { Comparison, TimedRequest } from './response-times.ts';
import type { TimedService } from './timing-comparisons.ts';

/** Logins by passkey that fail: the passkey is registered or not, and its account can log in or not. */
export async function passkeyLogins({ url, pool, rounds }: TimedService): Promise<readonly Comparison[]> {
  const enabled = await createPasskeyUser(url, pool);
  const disabled = await createPasskeyUser(url, pool);
  await pool.query('UPDATE users SET disabled_at = now() WHERE id = $1', [disabled.id]);
  const unregistered = new SoftwareAuthenticator();
  const otherOrigin = { origin: 'https://other.example' };
  const requests = { first: [] as TimedRequest[], second: [] as TimedRequest[] };
  const requestOf = async (authenticator: SoftwareAuthenticator, circumstances: object): Promise<TimedRequest> => {
    const options = await passkeyOptions(url, 'passkeys/login');
    return { url: `${url}/v1/auth/passkeys/login`, body: { credential: authenticator.get(options, circumstances) } };
  };
  const unknown = { ...page, userHandle: randomBytes(64).toString('base64url') };
  const prepare = (first: () => Promise<TimedRequest>, second: () => Promise<TimedRequest>) => async () => {
    requests.first = [];
    requests.second = [];
    for (let at = 0; at < rounds; at += 1) {
      requests.first.push(await first());
      requests.second.push(await second());
    }
  };
  const warmUp: TimedRequest = { url: `${url}/v1/auth/passkeys/login`, body: { credential: {} } };
  const compared = {
    first: (at: number) => requests.first[at] ?? warmUp,
    second: (at: number) => requests.second[at] ?? warmUp,
    warmUp: () => warmUp,
  };
  return [
    {
      ...compared,
      name: 'passkey, invalid assertion of a disabled against one of an enabled account',
      prepare: prepare(
        async () => await requestOf(disabled.authenticator, otherOrigin),
        async () => await requestOf(enabled.authenticator, otherOrigin),
      ),
    },
    {
      ...compared,
      name: 'passkey, invalid assertion against unknown passkey',
      prepare: prepare(
        async () => await requestOf(enabled.authenticator, otherOrigin),
        async () => await requestOf(unregistered, unknown),
      ),
    },
  ];
}
