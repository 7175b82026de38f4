import { Module } from '@nestjs/common';
import { Feature } from '../../../platform/feature/feature.ts';
import { UsersModule } from '../../users/index.ts';
import { LoginThrottleRepository } from './login-throttle.repository.ts';
import { LoginThrottle } from './login-throttle.ts';
import { ThrottleBuckets } from './throttle-buckets.ts';

/** Rate limits of attempts to guess credentials and tokens, and of emails that clients can request. */
@Module({
  imports: [
    UsersModule,
    Feature.declare({
      auditEvents: ['authn_login_fail', 'excess_rate_limit_exceeded'],
      retention: [{ table: 'rate_limit_buckets', expired: 'expires_at <= now()', orderBy: 'expires_at', key: ['key'] }],
    }),
  ],
  providers: [ThrottleBuckets, LoginThrottleRepository, LoginThrottle],
  exports: [LoginThrottle],
})
export class LoginThrottlingModule {}
