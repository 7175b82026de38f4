/* Tables of rules that hold for the API and for GraphQL: the tests of both import them. */

type Change = Readonly<Record<string, unknown>>;

/** Invalid changes of a user by an administrator: a name, the change and the pointer of a violation. */
export const invalidUserChanges: readonly (readonly [string, Change, string])[] = [
  ['an unknown role', { roles: ['root'] }, '#/roles'],
  ['a repeated role', { roles: ['user', 'user'] }, '#/roles'],
  ['roles that are not a list', { roles: 'admin' }, '#/roles'],
  ['null roles', { roles: null }, '#/roles'],
  ['an empty name', { displayName: '' }, '#/displayName'],
  ['a name of 81 characters', { displayName: 'a'.repeat(81) }, '#/displayName'],
  ['an unknown field', { email: 'new@example.com' }, '#/email'],
  ['the password hash', { passwordHash: 'x' }, '#/passwordHash'],
];

/** Invalid changes of the caller. */
export const invalidOwnChanges: readonly (readonly [string, Change, string])[] = [
  ['an unknown time zone', { timezone: 'Mars/Olympus' }, '#/timezone'],
  ['an invalid language', { locale: 'en_GB' }, '#/locale'],
  ['a language in another spelling', { locale: 'EN-gb' }, '#/locale'],
  ['roles', { roles: ['admin'] }, '#/roles'],
  ['an email address', { email: 'other@example.com' }, '#/email'],
  ['null for a required value', { locale: null }, '#/locale'],
];

/** A job that all users can create. */
export const steps = { type: 'test.steps', payload: { steps: 1 } };

/** Jobs that cannot be created, with the pointers of all violations, sorted. `owner` is the id of another user. */
export function invalidJobs(owner: string): readonly (readonly [string, Change, readonly string[]])[] {
  return [
    ['an unknown type', { ...steps, type: 'no.such' }, ['#/type']],
    ['an internal type', { type: 'test.effect', payload: { key: 'a' } }, ['#/type']],
    ['a type that is not a string', { ...steps, type: { toString: 1 } }, ['#/type']],
    ['a missing payload', { type: 'test.steps' }, ['#/payload']],
    ['a payload that is not an object', { ...steps, payload: [1] }, ['#/payload']],
    [
      'wrong members of the payload',
      { ...steps, payload: { steps: 'two', 'a/b': 1 } },
      ['#/payload/a~1b', '#/payload/steps'],
    ],
    ['digits as text', { ...steps, payload: { steps: '2' } }, ['#/payload/steps']],
    ['a payload above 64 KiB', { ...steps, payload: { steps: 1, note: 'x'.repeat(65_536) } }, ['#/payload']],
    ['a time in the past', { ...steps, runAt: '2020-01-01T00:00:00Z' }, ['#/runAt']],
    ['a time beyond a year', { ...steps, runAt: '2099-01-01T00:00:00Z' }, ['#/runAt']],
    ['a leap second', { ...steps, runAt: '2026-12-31T23:59:60Z' }, ['#/runAt']],
    ['everything at once', { type: 'no.such', payload: {}, runAt: '2020-01-01T00:00:00Z' }, ['#/runAt', '#/type']],
    [
      'invalid fields, a payload that does not match the type and a time in the past',
      { ...steps, payload: { steps: '2' }, runAt: '2020-01-01T00:00:00Z', priority: 101, owner },
      ['#/owner', '#/payload/steps', '#/priority', '#/runAt'],
    ],
    ['an invalid field and an unknown type', { type: 'no.such', payload: 1 }, ['#/payload', '#/type']],
    [
      'an invalid type and a time in the past',
      { type: 1, runAt: '2020-01-01T00:00:00Z' },
      ['#/payload', '#/runAt', '#/type'],
    ],
    [
      'an invalid member of a payload above 64 KiB',
      { ...steps, payload: { steps: '1', note: 'x'.repeat(65_536) } },
      ['#/payload', '#/payload/steps'],
    ],
    ['a priority out of range', { ...steps, priority: 101 }, ['#/priority']],
    ['an unknown member', { ...steps, owner }, ['#/owner']],
  ];
}

/** Invalid filters of the list of jobs. */
export const invalidJobFilters = ['sort=type', 'state=lost', 'owner=me', 'createdAfter=yesterday', 'queue=default'];

/** Invalid filters of the audit log. */
export const invalidAuditFilters = ['since=yesterday', 'until=1', 'actorId=me', 'outcome=maybe', 'unknownParameter=1'];

/** Entity tags of the caller that the API never sent. */
export const etagsNeverSent = ['"1"', '"1-00000000"', 'W/"1"', '"x"'];

/** Values that are no idempotency key. */
export const invalidKeys: readonly (readonly [string, string])[] = [
  ['that is empty', ''],
  ['that is an empty string', '""'],
  ['that does not end', '"k'],
  ['beyond ASCII', 'caf\u00e9'],
  ['beyond ASCII between quotes', '"caf\u00e9"'],
  ['with a space', 'a b'],
];

/** Revokes the sessions of a user. */
export const revokeSessions = 'UPDATE sessions SET revoked_at = now() WHERE user_id = $1';

/** Statements that end the access of a user. */
export const endsOfAccess = [
  ['its revocation', revokeSessions],
  ['its expiry', `UPDATE sessions SET expires_at = now() WHERE user_id = $1`],
  ['a disabled user', 'UPDATE users SET disabled_at = now() WHERE id = $1'],
  ['a deleted user', 'UPDATE users SET deleted_at = now() WHERE id = $1'],
  ['a removed user row', 'DELETE FROM users WHERE id = $1'],
] as const;

/** Members that no client may set, as those of a user with this id. */
export function forgedMembers(id: string): Change {
  return {
    id,
    userId: id,
    ownerId: id,
    roles: ['user', 'admin'],
    permissions: ['users:write'],
    isAdmin: true,
    email: 'forged@example.com',
    emailVerifiedAt: '2026-01-01T00:00:00Z',
    passwordHash: 'forged',
    version: 1,
    disabledAt: null,
    deletedAt: null,
    createdAt: '2026-01-01T00:00:00Z',
  };
}
