import { z } from 'zod';

/** So many attempts in so many seconds. */
export interface AttemptWindow {
  readonly attempts: number;
  readonly seconds: number;
}

const windowsShape = /^[1-9]\d{0,8}\/[1-9]\d{0,6}(,[1-9]\d{0,8}\/[1-9]\d{0,6}){0,3}$/;

const windows = z
  .string()
  .regex(windowsShape, 'must be attempts/seconds, such as 30/60, and up to four of them separated by commas')
  .transform((value): readonly AttemptWindow[] =>
    value.split(',').map((window) => {
      const [attempts = 0, seconds = 0] = window.split('/').map(Number);
      return { attempts, seconds };
    }),
  );

/** Three whole numbers, none of them 0. */
const three = (meaning: string): z.ZodType<readonly number[]> =>
  z
    .string()
    .regex(/^[1-9]\d{0,8}(\/[1-9]\d{0,6}){2}$/, `must be ${meaning}`)
    .transform((value) => value.split('/').map(Number));

const count = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, 'must be a whole number from 1 to 999999999')
  .transform(Number);

const section = 'Auth';

/** How many attempts to guess are too many; kept in PostgreSQL, so of all processes together. */
export const limitVariables = {
  AUTH_LIMIT_ADDRESS: {
    section,
    about: 'Failed logins and refreshes of one address (IPv4, or the /64 of IPv6), as failures/seconds.',
    schema: windows,
    default: '30/60,300/3600',
  },
  AUTH_LIMIT_ACCOUNT_ADDRESS: {
    section,
    about:
      'Failed logins to one account from one address before pauses begin, the first pause and the longest one in seconds; each doubles the one before.',
    schema: three('failures/first pause/longest pause, such as 5/60/900'),
    default: '5/60/900',
  },
  AUTH_LIMIT_ACCOUNT: {
    section,
    about:
      'Failed logins to one account from anywhere, in how many seconds, and the seconds between attempts after that.',
    schema: three('failures/seconds/pause, such as 20/3600/60'),
    default: '20/3600/60',
  },
  AUTH_LIMIT_LOCK: {
    section,
    about:
      'Failed logins to one account in a row until its password does not count any more and is to be reset by mail.',
    schema: count,
    default: '100',
  },
  AUTH_LIMIT_REGISTER: {
    section,
    about: 'Registrations from one address, as attempts/seconds.',
    schema: windows,
    default: '10/3600',
  },
  AUTH_LIMIT_TOKEN: {
    section,
    about: 'Mailed tokens that were no good, from one address, as failures/seconds.',
    schema: windows,
    default: '20/300',
  },
  AUTH_LIMIT_MAIL_ACCOUNT: {
    section,
    about: 'Mails that anybody may have sent to one account, as mails/seconds; more are not sent, and nobody is told.',
    schema: windows,
    default: '1/60,5/3600',
  },
  AUTH_LIMIT_MAIL_ADDRESS: {
    section,
    about: 'Mails that one address may ask for, as attempts/seconds.',
    schema: windows,
    default: '10/3600',
  },
};
