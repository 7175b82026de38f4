import createClient from 'openapi-fetch';
import {
  changeEmail,
  changePassword,
  confirmEmailChange,
  endOtherSessions,
  forgotPassword,
  logInByLink,
  register,
  requestMagicLink,
  resendVerification,
  resetPassword,
  revertEmailChange,
  sessions,
  verifyEmail,
} from './account.ts';
import type { paths } from './api.d.ts';
import type { SessionOptions } from './session.ts';
import { Session } from './session.ts';

/** What a walk needs that is not the service: where it is, and somebody who reads mails. */
export interface Surroundings extends SessionOptions {
  /** The `token` of the newest mailed link to this address. */
  readonly tokenFrom: (email: string) => Promise<string>;
  /** What an administrator does so that this address gets a mail. */
  readonly invite: (email: string) => Promise<void>;
}

/** What came of it, for whoever checks the walk. */
export interface Walked {
  readonly steps: Readonly<Record<string, unknown>>;
}

const email = 'grace@example.com';
const password = 'nine lives of a compiler';

/** Every flow of docs/guides/front-end-auth.md, in its order. */
export async function walk({ tokenFrom, invite, ...options }: Surroundings): Promise<Walked> {
  const { baseUrl, fetch = globalThis.fetch } = options;
  const anybody = createClient<paths>({ baseUrl, fetch });

  const weak = await register(anybody, { email, password: 'too short' });
  const registered = await register(anybody, { email, password, displayName: 'Grace' });

  const session = new Session(options);
  const early = await session.logIn(email, password);
  await resendVerification(anybody, email);
  await verifyEmail(anybody, await tokenFrom(email));

  const refused = await session.logIn(email, 'not the password, I think');
  await session.logIn(email, password);
  const me = await session.api.GET('/v1/users/me');

  const elsewhere = new Session(options);
  await elsewhere.logIn(email, password);
  const devices = await sessions(session);
  await endOtherSessions(session);
  const ended = await elsewhere.api.GET('/v1/users/me');

  const mistaken = await changePassword(session, { currentPassword: 'what was it', newPassword: password });
  await changePassword(session, { currentPassword: password, newPassword: 'ten lives of a compiler' });

  await forgotPassword(anybody, email);
  await resetPassword(anybody, await tokenFrom(email), 'eleven lives of a compiler');
  const lost = await session.api.GET('/v1/users/me');
  await session.logIn(email, 'eleven lives of a compiler');

  await changeEmail(session, 'grace.hopper@example.com');
  await confirmEmailChange(anybody, await tokenFrom('grace.hopper@example.com'));
  const moved = await session.api.GET('/v1/users/me');

  await revertEmailChange(anybody, await tokenFrom(email));
  await resetPassword(anybody, await tokenFrom(email), 'twelve lives of a compiler');
  await session.logIn(email, 'twelve lives of a compiler');
  const back = await session.api.GET('/v1/users/me');

  const linked = new Session(options);
  await requestMagicLink(anybody, email);
  await logInByLink(anybody, linked, await tokenFrom(email));
  const byLink = await linked.api.GET('/v1/users/me');

  await invite('ada@example.com');
  await resetPassword(anybody, await tokenFrom('ada@example.com'), 'notes upon the memoir');
  const guest = new Session(options);
  await guest.logIn('ada@example.com', 'notes upon the memoir');
  const invited = await guest.api.GET('/v1/users/me');

  await session.logOut();
  const out = await session.api.GET('/v1/users/me');

  return {
    steps: {
      weak: weak?.code,
      registered,
      early: early?.code,
      refused: refused?.code,
      me: me.data?.displayName,
      devices: devices.map(({ current }) => current),
      ended: ended.response.status,
      mistaken: mistaken?.code,
      lost: lost.response.status,
      moved: moved.data?.email,
      back: back.data?.email,
      byLink: byLink.data?.email,
      invited: invited.data?.emailVerified,
      out: out.response.status,
    },
  };
}
