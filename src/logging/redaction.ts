const secretMembers = [
  'accessToken',
  'apiKey',
  'authorization',
  'cookie',
  'currentPassword',
  'newPassword',
  'password',
  'passwordHash',
  'refreshToken',
  'secret',
  'token',
];

/** Paths whose values never reach a log line, at the top of what is logged or two levels down. */
export const redactedPaths: string[] = [
  ...secretMembers.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
  'req.headers["x-api-key"]',
  'res.headers["set-cookie"]',
  // PostgreSQL's, which quotes whole rows.
  'err.detail',
  'err.meta.driverAdapterError.cause.detail',
];
