import { Global, Module } from '@nestjs/common';
import { Feature } from '../../../platform/feature/feature.ts';
import { ApiKeyFailures } from '../../../platform/http/auth/api-key.strategy.ts';
import { TooManyRequests } from '../../../platform/http/overload/rate-limit.errors.ts';
import { MailModule } from '../../mail/index.ts';
import { UsersModule } from '../../users/index.ts';
import { LoginThrottle, LoginThrottlingModule, TooManyAttempts } from '../login-throttling/index.ts';
import { SessionsModule } from '../sessions/index.ts';
import { ApiKeysController } from './api-keys.controller.ts';
import { apiKeysExport, ApiKeysRepository } from './api-keys.repository.ts';
import { ApiKeysService } from './api-keys.service.ts';
import { UserApiKeysController } from './user-api-keys.controller.ts';

/** API keys, with which programs act for a user. Global: the authentication of requests counts invalid keys with it. */
@Global()
@Module({
  imports: [
    LoginThrottlingModule,
    MailModule,
    SessionsModule,
    UsersModule,
    Feature.declare({
      auditEvents: ['api_key_created', 'api_key_revoked', 'api_key_rotated'],
      accountExport: { apiKeys: apiKeysExport },
      retention: [
        {
          table: 'api_keys',
          expired: "LEAST(expires_at, revoked_at) < now() - interval '30 days'",
          orderBy: 'LEAST(expires_at, revoked_at)',
        },
      ],
    }),
  ],
  controllers: [ApiKeysController, UserApiKeysController],
  providers: [
    ApiKeysRepository,
    ApiKeysService,
    {
      provide: ApiKeyFailures,
      inject: [LoginThrottle],
      useFactory: (throttle: LoginThrottle): ApiKeyFailures => ({
        count: async (ip) => {
          await countFailure(throttle, ip);
        },
      }),
    },
  ],
  exports: [ApiKeyFailures],
})
export class ApiKeysModule {}

/** Any operation that accepts API keys can exceed this limit: it returns the problem that all operations declare. */
async function countFailure(throttle: LoginThrottle, ip: string): Promise<void> {
  try {
    await throttle.count(throttle.buckets.apiKey(ip));
  } catch (error) {
    throw error instanceof TooManyAttempts
      ? new TooManyRequests({ headers: error.options.headers ?? {}, cause: error })
      : error;
  }
}
