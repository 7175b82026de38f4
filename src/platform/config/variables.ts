import type { z } from 'zod';
import { authVariables } from './variables/auth.ts';
import { credentialVariables } from './variables/credentials.ts';
import { databaseVariables } from './variables/database.ts';
import { httpVariables } from './variables/http.ts';
import { loggingVariables } from './variables/logging.ts';
import { oauthVariables } from './variables/oauth.ts';
import { passkeyVariables } from './variables/passkeys.ts';
import { passwordVariables } from './variables/passwords.ts';
import { rateLimitVariables } from './variables/rate-limits.ts';
import { redisVariables } from './variables/redis.ts';
import { secretStoreVariables } from './variables/secret-store.ts';
import { jobsVariables, mailVariables, serviceVariables } from './variables/service.ts';
import { telemetryVariables } from './variables/telemetry.ts';

/** Every variable that the service reads, in the order of `.env.example`. */
export const variables = {
  ...serviceVariables,
  ...httpVariables,
  ...databaseVariables,
  ...redisVariables,
  ...jobsVariables,
  ...mailVariables,
  ...loggingVariables,
  ...telemetryVariables,
  ...authVariables,
  ...passwordVariables,
  ...credentialVariables,
  ...oauthVariables,
  ...passkeyVariables,
  ...rateLimitVariables,
  ...secretStoreVariables,
};

type VariableName = keyof typeof variables;

/** The variables after parsing: defaults filled in, absent optional ones undefined. */
export type Environment = {
  [Name in VariableName]: (typeof variables)[Name] extends { default: string }
    ? z.output<(typeof variables)[Name]['schema']>
    : z.output<(typeof variables)[Name]['schema']> | undefined;
};
