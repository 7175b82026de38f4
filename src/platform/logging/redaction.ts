const secretMembers = [
  'accessToken',
  'apiKey',
  'authorization',
  'cookie',
  'csrfToken',
  'currentPassword',
  'mfaToken',
  'newPassword',
  'otpauthUri',
  'password',
  'passwordHash',
  'recoveryCodes',
  'refreshToken',
  'secret',
  'token',
];

/** Paths whose values are never logged, at the top level of the logged object and up to two levels below. */
export const redactedPaths: string[] = [
  ...secretMembers.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
  'req.headers["x-api-key"]',
  'req.headers["x-csrf-token"]',
  'res.headers["set-cookie"]',
  // Errors of ioredis have the command that failed, AUTH for example.
  'err.command.args',
  // PostgreSQL's error detail quotes whole rows.
  'err.detail',
  'err.meta.driverAdapterError.cause.detail',
];
